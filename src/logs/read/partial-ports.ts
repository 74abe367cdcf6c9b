import type { Port } from "../../../dsl/tensor.js";
import { allocate } from "../../tensors/dtypes.js";
import type { PartialPort } from "../../tensors/result.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { rowShapeOf } from "../schema/withheld.js";
import type { RowIndex } from "./row-index.js";
import { numbersAt } from "./row-values.js";

/** The columns of a port in a query result that stand for the values of long rows. */
export interface LongColumns {
  readonly shape: number;
  readonly digest: number;
}

/** A tensor for a port whose values are not stored: its rank is right, and it has no elements unless it is scalar. */
export function placeholder(port: Port, rows: number): TensorData {
  const dims = [rows, ...(rowShapeOf(port)?.map(() => 0) ?? [0])];
  return { dtype: port.dtype, dims, data: allocate(port.dtype, dims.length === 1 ? rows : 0) };
}

/** Which rows of a port have values, and what stands for the others. */
export function partialPort(rowIndex: RowIndex, long: LongColumns | null): PartialPort {
  const valid = new Uint8Array(rowIndex.length);
  if (long === null) return { valid, long: null };
  const shapes = new Array<readonly number[] | null>(rowIndex.length).fill(null);
  const digests = new Array<string | null>(rowIndex.length).fill(null);
  rowIndex.forEach((chunk, index, row) => {
    const digest = chunk.vector(long.digest).getItem(index);
    if (typeof digest === "string" && digest !== "") {
      digests[row] = digest;
      shapes[row] = numbersAt(chunk, index, long.shape);
    } else valid[row] = 1;
  });
  return { valid, long: { shapes, digests } };
}
