/** Whether a value is an object of named values: no list, and nothing of the language's own, such as a Map, a Date or a URL. */
export function isRecord(value: unknown): value is object {
  return (
    typeof value === "object" && !Array.isArray(value) && Object.prototype.toString.call(value) === "[object Object]"
  );
}
