/**
 * A finite number in the output of Rust's JSON writer: `1.0`, `-0.0`, `0.00001`, `1e-6`, `1000000000000000.0`, `1e16`.
 */
export function formatRustNumber(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const sign = value < 0 ? "-" : "";
  const [mantissa = "", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  const point = exponent + 1;
  if (point > 16 || point <= -5) return `${sign}${mantissa}e${exponent}`;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const whole = digits.slice(0, point).padEnd(point, "0");
  return `${sign}${whole}.${digits.slice(point) || "0"}`;
}

/**
 * The number that polars' JSON reader parses from such a text. It rounds twice, once for the digits and once for the
 * multiplication or division by a power of ten, so some numbers of 16 and 17 digits are off by one ulp.
 */
export function parsePolarsNumber(text: string): number {
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(text) ?? [];
  let exponent = Number(exponentText) - fraction.length;
  // So few digits and so small a power of ten are exact doubles, and one operation on them rounds once.
  if (whole.length + fraction.length <= 15 && exponent >= -22 && exponent <= 22) return Number(text);
  let value = Number(BigInt(whole + fraction));
  // Powers of ten go up to 1e308. Smaller numbers are divided twice.
  if (exponent < -308) {
    value /= 1e308;
    exponent += 308;
  }
  // The engine's powers of ten are the nearest doubles. `10 ** 41` is not.
  value = exponent < 0 ? value / Number(`1e${-exponent}`) : value * Number(`1e${exponent}`);
  return sign === "-" ? -value : value;
}
