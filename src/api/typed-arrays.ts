import { isDictionary } from "../util/objects.js";

const classes = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
} as const;

type TypedArrayName = keyof typeof classes;
export type TypedArray = InstanceType<(typeof classes)[TypedArrayName]>;

/** A typed array as JSON: its class, and the base64 text of its elements in little-endian order. */
export interface WrittenArray {
  readonly array: TypedArrayName;
  readonly base64: string;
}

/** The class that a value travels as; null if it is no typed array. A Float16Array travels as its bits. */
export function typedArrayName(value: object): TypedArrayName | null {
  if (!ArrayBuffer.isView(value)) return null;
  const name = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (name === "Float16Array") return "Uint16Array";
  return Object.hasOwn(classes, name) ? (name as TypedArrayName) : null;
}

export function writeTypedArray(value: TypedArray): WrittenArray {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return { array: typedArrayName(value) ?? "Uint8Array", base64: toBase64(bytes) };
}

/** Whether a JSON value has the form of a typed array. */
export function isWrittenArray(value: unknown): value is { readonly array: unknown; readonly base64: unknown } {
  return isDictionary(value) && "array" in value && "base64" in value;
}

/** The typed array of a JSON value; null if the class is unknown, or the text is not base64 of whole elements. */
export function readTypedArray({ array, base64 }: { readonly array: unknown; readonly base64: unknown }) {
  if (typeof array !== "string" || !Object.hasOwn(classes, array) || typeof base64 !== "string") return null;
  const elements = classes[array as TypedArrayName];
  const bytes = fromBase64(base64);
  if (bytes === null || bytes.length % elements.BYTES_PER_ELEMENT !== 0) return null;
  return new elements(bytes.buffer, 0, bytes.length / elements.BYTES_PER_ELEMENT);
}

/** Arguments of one call of `String.fromCharCode`. */
const atOnce = 8192;

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += atOnce) text += String.fromCharCode(...bytes.subarray(at, at + atOnce));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch {
    return null;
  }
}
