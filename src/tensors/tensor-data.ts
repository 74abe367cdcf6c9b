import type { DType } from "../../dsl/tensor.js";

/** The elements of a tensor. bool is one byte of 0 or 1, float16 its bits, string a plain array. */
export type TensorElements =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | readonly string[];

/** A batch of one tensor: row-major elements. `dims[0]` is the number of rows. */
export interface TensorData {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data: TensorElements;
}

/** A column whose rows differ in shape: row-major elements, one row after the other. All rows have one rank. */
export interface RaggedTensor {
  readonly dtype: DType;
  /** The dimensions of each row, without the row axis. */
  readonly shapes: readonly (readonly number[])[];
  /** Row `i` has the elements from `offsets[i]` to `offsets[i + 1]`. */
  readonly offsets: readonly number[];
  readonly data: TensorElements;
}

/** One value per row: rows of one shape, or of different shapes. */
export type RowsTensor = TensorData | RaggedTensor;

export function isRagged(tensor: RowsTensor): tensor is RaggedTensor {
  return "shapes" in tensor;
}

/** The number of rows of a column. */
export function rowCount(tensor: RowsTensor): number {
  return isRagged(tensor) ? tensor.shapes.length : (tensor.dims[0] ?? 0);
}

/** The number of dimensions of a column, with the rows. */
export function columnRank(tensor: RowsTensor): number {
  return isRagged(tensor) ? (tensor.shapes[0]?.length ?? 0) + 1 : tensor.dims.length;
}

/** The number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  let size = 1;
  for (const dim of shape) size *= dim;
  return size;
}

/** The number of elements of one row: the product of all dimensions except the first. */
export function rowSize(dims: readonly number[]): number {
  let size = 1;
  for (let axis = 1; axis < dims.length; axis++) size *= dims[axis] ?? 1;
  return size;
}
