import { InputError } from "../../../dsl/errors.js";
import type { DType } from "../../../dsl/tensor.js";
import { elementArrays } from "../../tensors/dtypes.js";
import type { TensorElements } from "../../tensors/tensor-data.js";

/**
 * The elements of a tensor's bytes: little-endian, row-major; a text is its length as a 32-bit number, then UTF-8.
 * Bytes that are aligned for their dtype are not copied.
 *
 * @throws InputError SL5015 for bytes that are not as many as the shape says, SL5020 for a text that is not UTF-8
 */
export function binaryElements(input: string, dtype: DType, shape: readonly number[], bytes: Buffer): TensorElements {
  let count = 1;
  for (const size of shape) count *= size;
  if (dtype === "string") return texts(input, shape, count, bytes);
  const array = elementArrays[dtype];
  const { BYTES_PER_ELEMENT: size } = array;
  if (bytes.length !== count * size)
    throw new InputError(
      "SL5015",
      `input '${input}': ${dtype}[${shape.join(", ")}] takes ${describeBytes(count * size)}, got ${bytes.length}`,
      { input },
    );
  if (bytes.byteOffset % size === 0) return new array(bytes.buffer, bytes.byteOffset, count);
  const { buffer } = new Uint8Array(bytes);
  return new array(buffer, 0, count);
}

const describeBytes = (count: number): string =>
  Number.isSafeInteger(count) ? `${count} bytes` : "more than 2^53 bytes";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function texts(input: string, shape: readonly number[], count: number, bytes: Buffer): readonly string[] {
  const found: string[] = [];
  const refuse = (text: string) => new InputError("SL5015", `input '${input}': ${text}`, { input });
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 4) throw refuse(`${bytes.length - at} bytes are left where a text's length has 4`);
    const length = bytes.readUInt32LE(at);
    at += 4;
    if (length > bytes.length - at)
      throw refuse(`text ${found.length} has ${length} bytes by its length, and ${bytes.length - at} are left`);
    found.push(decodeText(input, found.length, bytes.subarray(at, at + length)));
    at += length;
  }
  if (found.length !== count)
    throw refuse(
      `'shape' [${shape.join(", ")}] is ${count === 1 ? "1 element" : `${count} elements`}, the bytes hold ${found.length}`,
    );
  return found;
}

/**
 * A text of a tensor.
 *
 * @throws InputError SL5020 for bytes that are not UTF-8
 */
export function decodeText(input: string, place: number, bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new InputError("SL5020", `input '${input}', element [${place}]: the text is not UTF-8; encode it as UTF-8`, {
      input,
    });
  }
}

/** The bytes of elements, as `binaryElements` reads them. Numbers are not copied. */
export function elementBytes(data: TensorElements): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let size = 0;
  for (const text of data) size += 4 + Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const text of data) {
    const length = bytes.write(text, at + 4);
    bytes.writeUInt32LE(length, at);
    at += 4 + length;
  }
  return bytes;
}
