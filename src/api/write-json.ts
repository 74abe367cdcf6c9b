import { type TypedArray, typedArrayName, writeTypedArray } from "./typed-arrays.js";

/** Deeper values come from nobody's tensors. */
const maxDepth = 100;

/**
 * Writes a value as JSON without loss: integers of any length as digits, NaN and infinities as the texts "NaN",
 * "Infinity" and "-Infinity", -0 as -0, dates as ISO 8601, typed arrays as `{ "array": "Float32Array", "base64": … }`.
 *
 * @throws TypeError for a value that is nested without end
 * @example writeJson({ n: 2n ** 60n, x: NaN }); // '{"n":1152921504606846976,"x":"NaN"}'
 */
export function writeJson(value: unknown): string {
  return write(value, 0) ?? "null";
}

/** Undefined for values that JSON leaves out. */
function write(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return writeNumber(value);
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return value.toString();
    case "object":
      return value === null ? "null" : writeObject(value, depth);
    default:
      return undefined;
  }
}

function writeNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  return `"${value}"`;
}

function writeObject(value: object, depth: number): string {
  if (depth > maxDepth) throw new TypeError(`the value has more than ${maxDepth} levels`);
  if (Array.isArray(value)) {
    let text = "";
    for (let i = 0; i < value.length; i++) text += `${i === 0 ? "" : ","}${write(value[i], depth + 1) ?? "null"}`;
    return `[${text}]`;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '"Invalid Date"' : `"${value.toISOString()}"`;
  if (typedArrayName(value) !== null) return writeObject(writeTypedArray(value as TypedArray), depth);
  let text = "";
  for (const [key, each] of Object.entries(value)) {
    const written = write(each, depth + 1);
    if (written !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${written}`;
  }
  return `{${text}}`;
}
