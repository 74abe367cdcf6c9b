export { isRecord } from "../../dsl/value-kind.js";

/** True for an object of named values, a class's instance included; false for a built-in such as a Map, Date or URL. */
export function isDictionary(value: unknown): value is object {
  return (
    typeof value === "object" && !Array.isArray(value) && Object.prototype.toString.call(value) === "[object Object]"
  );
}

/** Sets an own property of any name. A plain assignment to `__proto__` would set the prototype instead. */
export function setOwnProperty(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__")
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}
