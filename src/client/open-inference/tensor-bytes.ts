import type { DType } from "../../../dsl/tensor.js";
import { elementArrays } from "../../tensors/dtypes.js";
import type { TensorElements } from "../../tensors/tensor-data.js";

// The bytes of tensors in the binary tensor extension: little-endian elements in row-major order; a text is its length
// in four bytes and then its UTF-8.

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The elements as bytes. Numbers are not copied on a little-endian machine. */
export function toBytes(data: TensorElements): Uint8Array {
  if (!ArrayBuffer.isView(data)) return textBytes(data);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return isLittleEndian ? bytes : swapped(bytes, data.BYTES_PER_ELEMENT);
}

function textBytes(texts: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const encoded = texts.map((text) => encoder.encode(text));
  const bytes = new Uint8Array(encoded.reduce((size, text) => size + 4 + text.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const text of encoded) {
    view.setUint32(at, text.length, true);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  return bytes;
}

/**
 * Reads `count` elements.
 *
 * @returns the elements, which own their memory; or what is wrong with the bytes, as the end of a sentence
 */
export function fromBytes(dtype: DType, bytes: Uint8Array, count: number): TensorElements | { readonly flaw: string } {
  if (dtype === "string") return readTexts(bytes, count);
  const array = elementArrays[dtype];
  const expected = count * array.BYTES_PER_ELEMENT;
  if (bytes.length !== expected) return { flaw: `has ${bytes.length} bytes where its shape needs ${expected}` };
  const at = dtype === "bool" ? bytes.findIndex((byte) => byte > 1) : -1;
  if (at >= 0) return { flaw: `has the byte ${bytes[at]} at element ${at}, and BOOL is 0 or 1` };
  // A copy starts at a multiple of the element size, which a typed array needs.
  const own = isLittleEndian ? bytes.slice() : swapped(bytes, array.BYTES_PER_ELEMENT);
  return new array(own.buffer, 0, count);
}

function readTexts(bytes: Uint8Array, count: number): readonly string[] | { readonly flaw: string } {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Infinity;
    if (at + 4 + length > bytes.length) return { flaw: `ends inside the text ${texts.length}` };
    try {
      texts.push(decoder.decode(bytes.subarray(at + 4, at + 4 + length)));
    } catch {
      return { flaw: `has bytes at element ${texts.length} that are no UTF-8, and a text is` };
    }
    at += 4 + length;
  }
  return texts.length === count ? texts : { flaw: `has ${texts.length} texts where its shape needs ${count}` };
}

/** A copy with the bytes of each element reversed. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const copy = bytes.slice();
  for (let at = 0; at < copy.length; at += size) copy.subarray(at, at + size).reverse();
  return copy;
}
