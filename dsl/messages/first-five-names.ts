/** Up to five names, quoted, in code-unit order. */
export type FirstFiveNames<Names extends readonly string[]> = Names extends readonly [
  infer A extends string,
  ...infer R,
]
  ? R extends readonly string[]
    ? RestOfNames<R, `'${A}'`, [0]>
    : never
  : "none";
type RestOfNames<
  Names extends readonly string[],
  Text extends string,
  Count extends readonly 0[],
> = Names extends readonly [infer A extends string, ...infer R extends readonly string[]]
  ? Count["length"] extends 5
    ? `${Text}, …`
    : RestOfNames<R, `${Text}, '${A}'`, [...Count, 0]>
  : Text;
export function firstFiveNames(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const first = [...names].sort(byCodeUnit).slice(0, 5);
  return first.map((name) => `'${name}'`).join(", ") + (names.length > 5 ? ", …" : "");
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
