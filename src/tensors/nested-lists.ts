import { float16ToNumber } from "./float16.js";
import { isRagged, rowCount, rowSize, type RaggedTensor, type RowsTensor } from "./tensor-data.js";

/**
 * One row of a tensor as plain values: a scalar for rank 1, else nested arrays. float16 is a number, bool a boolean.
 */
export type NestedValue = number | bigint | boolean | string | readonly NestedValue[];

/** Returns a function that reads one row of a tensor by its number. */
export function rowReader(tensor: RowsTensor): (row: number) => NestedValue {
  if (isRagged(tensor)) return raggedRowReader(tensor);
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
  return (row) => nest(read, dims, 1, row * size, size);
}

function raggedRowReader(tensor: RaggedTensor): (row: number) => NestedValue {
  const { shapes, offsets } = tensor;
  const read = elementReader(tensor);
  return (row) => {
    const from = offsets[row] ?? 0;
    return nest(read, shapes[row] ?? [], 0, from, (offsets[row + 1] ?? 0) - from);
  };
}

/** Nests the `span` elements from `from` on in lists, as the dimensions from `axis` on say. */
function nest(
  read: (index: number) => NestedValue,
  dims: readonly number[],
  axis: number,
  from: number,
  span: number,
): NestedValue[] {
  const length = dims[axis] ?? 0;
  const step = length === 0 ? 0 : span / length;
  const last = axis === dims.length - 1;
  const out = new Array<NestedValue>(length);
  for (let i = 0; i < length; i++) out[i] = last ? read(from + i) : nest(read, dims, axis + 1, from + i * step, step);
  return out;
}

/** All rows of a tensor as plain values. */
export function nestedRows(tensor: RowsTensor): NestedValue[] {
  const read = rowReader(tensor);
  return Array.from({ length: rowCount(tensor) }, (_, row) => read(row));
}

function elementReader({ dtype, data }: RowsTensor): (index: number) => NestedValue {
  if (dtype === "bool") return (index) => data[index] === 1;
  if (dtype === "float16") return (index) => float16ToNumber(Number(data[index]));
  return (index) => data[index] ?? 0;
}
