/**
 * Joins names for a sentence; names after the eighth are counted.
 *
 * @example
 * joinNames(["a", "b", "c"]); // "'a', 'b' and 'c'"
 */
export function joinNames(names: readonly string[]): string {
  const quoted = names.slice(0, 8).map((name) => `'${name}'`);
  if (names.length > 8) return `${quoted.join(", ")} and ${names.length - 8} more`;
  const last = quoted.pop() ?? "none";
  return quoted.length === 0 ? last : `${quoted.join(", ")} and ${last}`;
}
