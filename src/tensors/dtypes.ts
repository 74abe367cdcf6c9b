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

const allocators: Readonly<Record<DType, (length: number) => TensorElements>> = {
  float16: (length) => new Uint16Array(length),
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  int8: (length) => new Int8Array(length),
  int16: (length) => new Int16Array(length),
  int32: (length) => new Int32Array(length),
  int64: (length) => new BigInt64Array(length),
  uint8: (length) => new Uint8Array(length),
  uint16: (length) => new Uint16Array(length),
  uint32: (length) => new Uint32Array(length),
  uint64: (length) => new BigUint64Array(length),
  bool: (length) => new Uint8Array(length),
  string: (length) => new Array<string>(length).fill(""),
};

/** Zeroed elements of one dtype: what `TensorData.data` holds. */
export function allocate(dtype: DType, length: number): TensorElements {
  return allocators[dtype](length);
}
