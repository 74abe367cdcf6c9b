/** Hostile inputs: random JSON, and valid rows with one change. The same seed yields the same inputs. */
export function* hostileRows(count: number, seed: number, good: Readonly<Record<string, unknown>>): Generator<unknown> {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const scalars: readonly unknown[] = [
    0,
    -0,
    1.5,
    NaN,
    Infinity,
    -Infinity,
    1e308,
    -1e308,
    5e-324,
    2 ** 53,
    2 ** 63,
    -(2 ** 63),
    1e39,
    2n ** 64n,
    -1n,
    9007199254740993n,
    "",
    "NaN",
    "Infinity",
    "9223372036854775807",
    "9223372036854775808",
    "1e400",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff",
    "é".repeat(1000),
    "__proto__",
    "constructor",
    true,
    false,
    null,
    undefined,
    Symbol.iterator,
    () => 1,
    new Date(NaN),
    /x/,
    new Map(),
    new Uint8Array(3),
    new Float64Array([NaN, 1, 2]),
    new DataView(new ArrayBuffer(8)),
    Promise.resolve(1),
  ];
  const keys = [
    ...Object.keys(good),
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "then",
    "length",
    "",
    "\0",
    "a ",
    "A",
  ];
  const deep = (levels: number): unknown => {
    let value: unknown = pick(scalars);
    for (let i = 0; i < levels; i++) value = random(3) === 0 ? { [pick(keys)]: value } : [value];
    return value;
  };
  const value = (levels: number): unknown => {
    const kind = random(8);
    if (levels === 0 || kind < 4) return pick(scalars);
    if (kind === 4) return deep(random(40) === 0 ? 5000 : random(6));
    if (kind === 5) return Object.fromEntries(Array.from({ length: random(4) }, () => [pick(keys), value(levels - 1)]));
    if (kind === 6) return JSON.parse(`{"__proto__": {"polluted": ${random(9)}}, "a": [1, 2, 3]}`) as unknown;
    return Array.from({ length: random(5) }, () => value(levels - 1));
  };
  const changedRow = (): unknown => {
    const row: Record<string, unknown> = { ...good };
    const key = pick(keys);
    const kind = random(6);
    if (kind === 0) delete row[key];
    else if (kind === 1)
      Object.defineProperty(row, key, { value: value(2), enumerable: true, configurable: true, writable: true });
    else if (kind === 2) row[pick(Object.keys(good))] = Array.from({ length: random(4) }, () => pick(scalars));
    else if (kind === 3) row[pick(Object.keys(good))] = value(3);
    else if (kind === 4)
      return Object.assign(
        Object.create(pick([null, { inherited: 1 }, Array.prototype]) as object | null) as object,
        row,
      );
    return row;
  };
  for (let i = 0; i < count; i++) {
    const kind = random(10);
    if (kind === 0) yield value(3);
    else if (kind === 1) yield changedRow();
    else yield Array.from({ length: 1 + random(2) }, () => (random(5) === 0 ? value(3) : changedRow()));
  }
}
