/**
 * Converts rows and results to JSON. Values that JSON cannot represent become strings: NaN and infinities as `"NaN"`,
 * `"Infinity"`, integers beyond 2^53 as their digits.
 */
export function toJson(value: unknown, indent: 0 | 2 = 2): string {
  return JSON.stringify(value, (_, v: unknown) => jsonSafe(v), indent);
}

function jsonSafe(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value;
}
