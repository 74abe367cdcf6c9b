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
      return isList(value) ? `a list of ${value.length}` : value.constructor === Object || value.constructor === undefined ? "an object" : `an object (${value.constructor.name})`;
    default:
      return `a ${typeof value}`;
  }
}

/** An array or a typed array: what may stand for one dimension of a tensor. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
