import {
  Bool,
  type DataType,
  Float16,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from "apache-arrow";
import type { DType } from "../../dsl/tensor.js";
import type { TensorElements } from "./tensor-data.js";

/** The Arrow type of one element. */
export const arrowTypes: Readonly<Record<DType, DataType>> = {
  float16: new Float16(),
  float32: new Float32(),
  float64: new Float64(),
  int8: new Int8(),
  int16: new Int16(),
  int32: new Int32(),
  int64: new Int64(),
  uint8: new Uint8(),
  uint16: new Uint16(),
  uint32: new Uint32(),
  uint64: new Uint64(),
  bool: new Bool(),
  string: new Utf8(),
};

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
