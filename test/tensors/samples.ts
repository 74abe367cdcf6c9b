import type { DType } from "../../dsl/tensor.js";
import { allocate } from "../../src/tensors/dtypes.js";
import type { TensorData, TensorElements } from "../../src/tensors/tensor-data.js";

/** Values that storage and formats are most likely to change. */
const edges: Readonly<Record<DType, readonly (number | bigint | string)[]>> = {
  // Bits of 1, -0, infinity, the smallest and the largest number, -2.
  float16: [0x3c00, 0x8000, 0x7c00, 0x0001, 0x7bff, 0xc000],
  float32: [Math.fround(0.1), -0, Infinity, Math.fround(3.4028234663852886e38), Math.fround(1e-45), -Infinity],
  float64: [0.1, Number.MAX_SAFE_INTEGER, 5e-324, -Infinity, 1.7976931348623157e308],
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
  int64: [-9223372036854775808n, 9223372036854775807n, 9007199254740993n],
  uint8: [255],
  uint16: [65535],
  uint32: [4294967295],
  uint64: [18446744073709551615n, 9007199254740993n],
  bool: [0, 1, 1, 0, 1],
  string: [
    "",
    "żółć",
    "🙂",
    "quote \" and ' and \\",
    "line\nbreak",
    "a text that is longer than the twelve bytes kept in place",
  ],
};

/** A tensor that starts with the edge values of its dtype and then counts up. */
export function sample(dtype: DType, dims: readonly number[], from = 0): TensorData {
  const length = dims.reduce((product, dim) => product * dim, 1);
  const data = allocate(dtype, length) as unknown as (number | bigint | string)[];
  for (let i = 0; i < length; i++) data[i] = edges[dtype][i + from] ?? plain(dtype, i + from + 1);
  return { dtype, dims, data: data as unknown as TensorElements };
}

function plain(dtype: DType, i: number): number | bigint | string {
  if (dtype === "string") return `text ${i}`;
  if (dtype === "int64" || dtype === "uint64") return BigInt(i);
  if (dtype === "bool") return i % 2;
  if (dtype === "float16") return 0x3c00 + (i % 0x3ff);
  return i % 120;
}
