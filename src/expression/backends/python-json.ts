/** A string in the output of Python's `json.dumps`: ASCII only. */
export function pythonString(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A finite number in the output of Python's `json.dumps`: `5.0`, `1e+16`, `1e-05`. */
export function pythonFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const size = Math.abs(Number(exponent));
  if (Number(exponent) < -4 || Number(exponent) >= 16)
    return `${mantissa}e${exponent.startsWith("-") ? "-" : "+"}${String(size).padStart(2, "0")}`;
  const text = Math.abs(value) < 1 ? value.toFixed(mantissa.replace(/[-.]/g, "").length + size - 1) : String(value);
  return text.includes(".") ? text : `${text}.0`;
}
