import type { DType } from "../../../dsl/tensor.js";
import { float16ToNumber } from "../../tensors/float16.js";
import type { RowsTensor } from "../../tensors/tensor-data.js";
import { rowDimsOf, rowRange } from "../../tensors/row-ranges.js";

/**
 * How far two answers of one row may be apart, relative to the largest number of the row: kernels add up in another
 * order for other numbers of rows. Other dtypes are compared exactly.
 */
const tolerances: Partial<Record<DType, number>> = { float16: 1e-2, float32: 1e-4, float64: 1e-9 };

/** Whether a row has the same shape and values in two columns. NaN equals NaN. */
export function isSameRow(a: RowsTensor, b: RowsTensor, row: number): boolean {
  const [dims, others] = [rowDimsOf(a, row), rowDimsOf(b, row)];
  if (dims.length !== others.length || dims.some((dim, axis) => dim !== others[axis])) return false;
  const [from, to] = rowRange(a, row);
  const [start] = rowRange(b, row);
  const tolerance = tolerances[a.dtype];
  if (tolerance === undefined) {
    for (let i = from; i < to; i++) if (a.data[i] !== b.data[start + i - from]) return false;
    return true;
  }
  const numberAt = (tensor: RowsTensor, at: number): number =>
    tensor.dtype === "float16" ? float16ToNumber(Number(tensor.data[at])) : Number(tensor.data[at]);
  let largest = 0;
  for (let i = from; i < to; i++) {
    const size = Math.abs(numberAt(a, i));
    if (size > largest && size !== Infinity) largest = size;
  }
  for (let i = from; i < to; i++) {
    const [x, y] = [numberAt(a, i), numberAt(b, start + i - from)];
    if (!Object.is(x, y) && x !== y && !(Math.abs(x - y) <= tolerance * largest)) return false;
  }
  return true;
}
