import { InputError } from "../../../dsl/errors.js";
import { isShared } from "../../../dsl/rows.js";
import type { Port } from "../../../dsl/tensor.js";
import { rowSize, isRagged, type RowsTensor, type TensorData } from "../../tensors/tensor-data.js";
import { allocate } from "../../tensors/dtypes.js";

/** The inputs that have one value for all rows of a request. */
export function sharedInputs(ports: readonly Port[]): readonly Port[] {
  return ports.filter((port) => isShared(port, ports));
}

/**
 * Requires every row to have the same value of each shared input.
 *
 * @throws InputError SL5021 with two rows that differ
 */
export function requireSameValues(ports: readonly Port[], columns: readonly RowsTensor[], rows: number): void {
  for (const port of sharedInputs(ports)) {
    const column = columns[ports.indexOf(port)];
    if (column === undefined) continue;
    const row = isRagged(column) ? otherShape(column.shapes) : otherRow(column, rows);
    if (row < 0) continue;
    throw new InputError(
      "SL5021",
      `input '${port.name}' is shared by all rows of a request, but row 0 and row ${row} have different values; send the rows in separate requests`,
      { input: port.name, row },
    );
  }
}

function otherShape(shapes: readonly (readonly number[])[]): number {
  return shapes.findIndex((shape) => shape.join() !== shapes[0]?.join());
}

function otherRow({ dims, data }: TensorData, rows: number): number {
  const size = rowSize(dims);
  for (let at = size; at < rows * size; at++) if (!Object.is(data[at], data[at - size])) return Math.floor(at / size);
  return -1;
}

/** The value of a shared input as a column: repeated for every row. */
export function repeatRow(value: TensorData, rows: number): TensorData {
  if (rows === 1) return value;
  const size = rowSize(value.dims);
  const data = allocate(value.dtype, rows * size);
  for (let row = 0; row < rows; row++) {
    if (ArrayBuffer.isView(data))
      (data as Float64Array).set((value.data as Float64Array).subarray(0, size), row * size);
    else for (let i = 0; i < size; i++) (data as string[])[row * size + i] = String(value.data[i]);
  }
  return { dtype: value.dtype, dims: [rows, ...value.dims.slice(1)], data };
}
