import { float16ToNumber } from "./float16.js";
import { sliceRows } from "./row-ranges.js";
import { isRagged, rowSize, type RowsTensor, type TensorData } from "./tensor-data.js";

/**
 * One row of a tensor as plain values: a scalar for rank 1, else nested arrays. float16 is a number, bool a boolean.
 */
export type NestedValue = number | bigint | boolean | string | readonly NestedValue[];

/** Returns a function that reads one row of a tensor by its number. */
export function rowReader(tensor: TensorData): (row: number) => NestedValue {
  const { dtype, dims, data } = tensor;
  const read = elementReader(tensor);
  if (dims.length <= 1) return read;
  const size = rowSize(dims);
  // Fast path: most ports are lists of plain numbers, which need no call per element.
  if (dims.length === 2 && dtype !== "bool" && dtype !== "float16") {
    return (row) => {
      const out = new Array<NestedValue>(size);
      for (let i = 0, at = row * size; i < size; i++, at++) out[i] = data[at] ?? 0;
      return out;
    };
  }
  const build = (axis: number, from: number, span: number): NestedValue[] => {
    const length = dims[axis] ?? 0;
    const step = length === 0 ? 0 : span / length;
    const last = axis === dims.length - 1;
    const out = new Array<NestedValue>(length);
    for (let i = 0; i < length; i++) out[i] = last ? read(from + i) : build(axis + 1, from + i * step, step);
    return out;
  };
  return (row) => build(1, row * size, size);
}

/** All rows of a column as plain values. */
export function nestedRows(column: RowsTensor): NestedValue[] {
  if (isRagged(column)) return column.shapes.map((_, row) => rowReader(sliceRows(column, row, row + 1))(0));
  const read = rowReader(column);
  return Array.from({ length: column.dims[0] ?? 0 }, (_, row) => read(row));
}

function elementReader({ dtype, data }: TensorData): (index: number) => NestedValue {
  if (dtype === "bool") return (index) => data[index] === 1;
  if (dtype === "float16") return (index) => float16ToNumber(Number(data[index]));
  return (index) => data[index] ?? 0;
}
