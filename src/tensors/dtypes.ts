import type { DType } from "../../dsl/tensor.js";
import type { TensorElements } from "./tensor-data.js";

export type NumericElements = Exclude<TensorElements, readonly string[]>;

/** A class of typed arrays. */
export interface ElementArray {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): NumericElements;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumericElements;
}

/** The typed array for the elements of each dtype. Strings are in plain arrays. */
export const elementArrays: Readonly<Record<Exclude<DType, "string">, ElementArray>> = {
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** Allocates zeroed elements for `TensorData.data`. */
export function allocate(dtype: DType, length: number): TensorElements {
  return dtype === "string" ? new Array<string>(length).fill("") : new elementArrays[dtype](length);
}
