export { isRecord } from "../../dsl/value-kind.js";

/** True for an object of named values, a class's instance included; false for a built-in such as a Map, Date or URL. */
export function isDictionary(value: unknown): value is object {
  return (
    typeof value === "object" && !Array.isArray(value) && Object.prototype.toString.call(value) === "[object Object]"
  );
}
