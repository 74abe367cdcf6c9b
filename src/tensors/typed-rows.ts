import { isRagged, rowCount, rowSize, type RowsTensor, type TensorElements } from "./tensor-data.js";

/** One row as row-major elements and their dimensions; float16 is bits, bool is 0 and 1. */
export interface TypedValue {
  readonly data: TensorElements;
  readonly shape: readonly number[];
}

/** The rows of a column, each with memory of its own. The only row of a buffer is not copied. */
export function typedRows(column: RowsTensor): TypedValue[] {
  const { data } = column;
  const size = isRagged(column) ? 0 : rowSize(column.dims);
  const rowDims = isRagged(column) ? [] : column.dims.slice(1);
  return Array.from({ length: rowCount(column) }, (_, row) => {
    const [from, to] = isRagged(column)
      ? [column.offsets[row] ?? 0, column.offsets[row + 1] ?? 0]
      : [row * size, (row + 1) * size];
    const ownsBuffer =
      ArrayBuffer.isView(data) && from === 0 && to === data.length && data.byteLength === data.buffer.byteLength;
    return {
      data: ownsBuffer ? data : data.slice(from, to),
      shape: isRagged(column) ? (column.shapes[row] ?? []) : rowDims,
    };
  });
}
