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

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

/** The number that 16 bits of IEEE half precision stand for. Exact. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The half-precision bits nearest to a number, ties to even; NaN is 0x7e00. */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24);
  single[0] = size;
  // A double just under a power of two may round up in single precision: step back to its own exponent.
  let exponent = ((word[0] ?? 0) >>> 23) - 127;
  if (2 ** exponent > size) exponent -= 1;
  return sign | (((exponent + 15) << 10) + roundToEven((size / 2 ** exponent - 1) * 1024));
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
