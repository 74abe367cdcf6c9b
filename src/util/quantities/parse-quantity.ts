const bytesByUnit: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};
const millisecondsByUnit: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Parses a size in bytes: a number, or text such as "100MB" (units of 1,000,000) or "1.5 GiB" (units of 2^30). Returns
 * null for anything else.
 */
export function parseByteSize(value: unknown): number | null {
  const bytes = parseQuantity(value, bytesByUnit);
  return bytes === null ? null : Math.floor(bytes);
}

/**
 * Parses a duration in milliseconds: a number, or text such as "30d", "12 h" or "5m". Returns null for anything else.
 */
export function parseDuration(value: unknown): number | null {
  return parseQuantity(value, millisecondsByUnit);
}

function parseQuantity(value: unknown, units: Readonly<Record<string, number>>): number | null {
  const [, count, unit] = (typeof value === "string" ? /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(value) : null) ?? [];
  const name = (unit ?? "").toLowerCase();
  const result =
    typeof value === "number" ? value : Object.hasOwn(units, name) ? Number(count ?? NaN) * (units[name] ?? NaN) : NaN;
  return Number.isFinite(result) && result >= 0 ? result : null;
}
