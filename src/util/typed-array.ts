// The getter of the built-in tag: it reads what the array is, which `instanceof` cannot say of another realm (a `vm`
// context, a jsdom test environment) and `Symbol.toStringTag` of an own property may hide.
const tag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);

/**
 * The class of a typed array of any realm; null for other values, a DataView included.
 *
 * @example
 * typedArrayName(Buffer.of(1)); // "Uint8Array"
 */
export function typedArrayName(value: unknown): string | null {
  return ArrayBuffer.isView(value) ? ((tag?.get?.call(value) as string | undefined) ?? null) : null;
}
