import { isRagged, rowSize, type RowsTensor, type TensorData, type TensorElements } from "./tensor-data.js";

/** Consecutive rows that have one shape in every column: from, to. */
export type RowRange = readonly [from: number, to: number];

/** The ranges in which all columns are uniform. */
export function uniformRanges(columns: Iterable<RowsTensor>, rows: number): readonly RowRange[] {
  const starts = new Set([0]);
  for (const column of columns) {
    if (!isRagged(column)) continue;
    for (let row = 1; row < rows; row++)
      if (!isSameShape(column.shapes[row] ?? [], column.shapes[row - 1] ?? [])) starts.add(row);
  }
  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.map((from, i): RowRange => [from, sorted[i + 1] ?? rows]);
}

/** The rows of a column in a range that is uniform. Numbers are not copied. */
export function sliceRows(column: RowsTensor, from: number, to: number): TensorData {
  const dims = [to - from, ...rowDimsOf(column, from)];
  return { dtype: column.dtype, dims, data: elementsOf(column.data, rowStart(column, from), rowStart(column, to)) };
}

/** The dimensions of one row of a column. */
export function rowDimsOf(column: RowsTensor, row: number): readonly number[] {
  return isRagged(column) ? (column.shapes[row] ?? []) : column.dims.slice(1);
}

/** Where a row's elements are: from, to. A column of one row has that one for all rows of a request. */
export function rowRange(column: RowsTensor, row: number): readonly [from: number, to: number] {
  const at = !isRagged(column) && column.dims[0] === 1 ? 0 : row;
  return [rowStart(column, at), rowStart(column, at + 1)];
}

function rowStart(column: RowsTensor, row: number): number {
  return isRagged(column) ? (column.offsets[row] ?? 0) : row * rowSize(column.dims);
}

/** The elements from `from` to `to`: a view where the array has views. */
export function elementsOf(data: TensorElements, from: number, to: number): TensorElements {
  if (from === 0 && to === data.length) return data;
  return ArrayBuffer.isView(data) ? data.subarray(from, to) : data.slice(from, to);
}

export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}
