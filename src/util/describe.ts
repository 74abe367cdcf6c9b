/** A value in a few words, for the end of "expected …, got …". */
export function describe(value: unknown): string {
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
      return isList(value) ? `a list of ${value.length}` : objectOf(value);
    default:
      return `a ${typeof value}`;
  }
}

/** By what its prototype says: the value's own `constructor` may be anything. */
function objectOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { readonly constructor?: unknown } | null;
  const made = prototype?.constructor;
  return typeof made !== "function" || made === Object ? "an object" : `an object (${made.name})`;
}

/** An array or a typed array: what may stand for one dimension of a tensor. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
