import { escapeUnsafe } from "./escape-text.js";
import { typedArrayName } from "./typed-array.js";

/**
 * Describes a value in a few words, for the end of "expected …, got …".
 *
 * @example
 * describeValue("abc"); // 'the string "abc"'
 */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case "string":
      return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
    case "boolean":
      return `the boolean ${value}`;
    case "number":
      return `the number ${value}`;
    case "bigint":
      return `the bigint ${value}n`;
    case "object":
      return isArrayOrTypedArray(value) ? `a list of ${value.length}` : describeObject(value);
    default:
      return `a ${typeof value}`;
  }
}

/** Reads the class from the prototype: the object's own `constructor` property may be anything. */
function describeObject(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { readonly constructor?: unknown } | null;
  const constructor = prototype?.constructor;
  return typeof constructor !== "function" || constructor === Object ? "an object" : `an object (${constructor.name})`;
}

/**
 * Formats an option's value for a message: as it is written in code where possible, else described.
 *
 * @example
 * formatValue("x"); // '"x"'
 */
export function formatValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : describeValue(value);
}

/** Formats JSON data on one line of at most 58 characters, without invisible ones; `nothing` for undefined. */
export function formatJson(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = escapeUnsafe(typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? typeof value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** True for arrays and typed arrays: the values that can hold one dimension of a tensor. */
export function isArrayOrTypedArray(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || typedArrayName(value) !== null;
}
