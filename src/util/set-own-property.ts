/** Sets an own property of any name. A plain assignment to `__proto__` would set the prototype instead. */
export function setOwnProperty(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__")
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}
