import { createHash } from "node:crypto";
import { allocate } from "../../tensors/dtypes.js";
import { isRagged, rowSize, type RowsTensor, type TensorData, type TensorElements } from "../../tensors/tensor-data.js";
import { redactedText, rowShapeOf } from "../schema/withheld.js";
import type { Port } from "../../../dsl/tensor.js";

/** The same shapes, with `redactedText` in every element. */
export function redact(tensor: TensorData): TensorData;
export function redact(tensor: RowsTensor): RowsTensor;
export function redact(tensor: RowsTensor): RowsTensor {
  return { ...tensor, data: new Array<string>(tensor.data.length).fill(redactedText) };
}

/**
 * Removes the elements of rows with more than `maxElements`. Their first open dimension becomes 0, so that the shape
 * still fits the column; readers know such a row by its digest.
 */
export function dropLongRows(tensor: TensorData, port: Port, maxElements: number): TensorData;
export function dropLongRows(tensor: RowsTensor, port: Port, maxElements: number): RowsTensor;
export function dropLongRows(tensor: RowsTensor, port: Port, maxElements: number): RowsTensor {
  const openAxis = Math.max(rowShapeOf(port)?.findIndex((dim) => typeof dim !== "number") ?? 0, 0);
  const emptied = (dims: readonly number[]): number[] => dims.map((dim, axis) => (axis === openAxis ? 0 : dim));
  const { dtype, data } = tensor;
  if (!isRagged(tensor)) {
    if (rowSize(tensor.dims) <= maxElements) return tensor;
    const [rows = 0, ...dims] = tensor.dims;
    return { dtype, dims: [rows, ...emptied(dims)], data: allocate(dtype, 0) };
  }
  const { shapes, offsets } = tensor;
  const sizes = shapes.map((_, row) => (offsets[row + 1] ?? 0) - (offsets[row] ?? 0));
  if (sizes.every((size) => size <= maxElements)) return tensor;
  const kept = sizes.map((size) => (size > maxElements ? 0 : size));
  const nextOffsets = [0];
  for (const size of kept) nextOffsets.push((nextOffsets.at(-1) ?? 0) + size);
  const nextData = allocate(dtype, nextOffsets.at(-1) ?? 0) as unknown[];
  kept.forEach((size, row) => {
    for (let i = 0; i < size; i++) nextData[(nextOffsets[row] ?? 0) + i] = data[(offsets[row] ?? 0) + i];
  });
  return {
    dtype,
    shapes: shapes.map((shape, row) => ((sizes[row] ?? 0) > maxElements ? emptied(shape) : shape)),
    offsets: nextOffsets,
    data: nextData as unknown as TensorElements,
  };
}

/** By row, `sha256:` and the digest of its bytes if it has more than `maxElements` elements; else an empty text. */
export function longRowDigests(tensor: RowsTensor, rows: number, maxElements: number): string[] {
  const size = isRagged(tensor) ? 0 : rowSize(tensor.dims);
  return Array.from({ length: rows }, (_, row) => {
    const from = isRagged(tensor) ? (tensor.offsets[row] ?? 0) : row * size;
    const to = isRagged(tensor) ? (tensor.offsets[row + 1] ?? 0) : from + size;
    return to - from > maxElements ? `sha256:${digest(tensor.data, from, to)}` : "";
  });
}

/** Numbers as they are in memory, row-major; a string as the length of its UTF-8 bytes (32 bits) and these bytes. */
function digest(data: TensorElements, from: number, to: number): string {
  const hash = createHash("sha256");
  if (ArrayBuffer.isView(data)) {
    const { buffer, byteOffset, BYTES_PER_ELEMENT: width } = data;
    hash.update(new Uint8Array(buffer, byteOffset + from * width, (to - from) * width));
  } else
    for (let i = from; i < to; i++) {
      const bytes = Buffer.from(data[i] ?? "", "utf8");
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      hash.update(length).update(bytes);
    }
  return hash.digest("hex");
}
