import { TargetError } from "../../../dsl/errors.js";
import { allocate } from "../../tensors/dtypes.js";
import { elementsOf, rowDimsOf, rowRange } from "../../tensors/row-ranges.js";
import type { RowsTensor, TensorData, TensorElements } from "../../tensors/tensor-data.js";

function product(dims: readonly number[], from = 0, to = dims.length): number {
  let size = 1;
  for (let axis = from; axis < to; axis++) size *= dims[axis] ?? 1;
  return size;
}

/** One row as a tensor of its own, without a row axis. Numbers are not copied. */
export function oneRow(tensor: RowsTensor, row: number): TensorData {
  const [from, to] = rowRange(tensor, row);
  return { dtype: tensor.dtype, dims: rowDimsOf(tensor, row), data: elementsOf(tensor.data, from, to) };
}

/**
 * Stacks rows of one shape along an axis. Copies only if the rows are not consecutive, are padded, or change their
 * place in memory.
 *
 * @param rows the column's rows in the run, ascending
 * @param count the rows of the run; the last row is repeated up to it
 */
export function stackRows(tensor: RowsTensor, rows: readonly number[], axis: number, count: number): TensorData {
  const [first = 0, last = 0] = [rows[0], rows.at(-1)];
  const dims = rowDimsOf(tensor, first);
  if (axis > dims.length)
    throw new TargetError("SL6003", `rows of ${dims.length} dimensions cannot be stacked along axis ${axis}`);
  const outer = product(dims, 0, axis);
  const inner = product(dims, axis);
  const stacked = [...dims.slice(0, axis), count, ...dims.slice(axis)];
  const { dtype, data } = tensor;
  if (count === rows.length && last - first === rows.length - 1 && (outer === 1 || count === 1))
    return { dtype, dims: stacked, data: elementsOf(data, rowRange(tensor, first)[0], rowRange(tensor, last)[1]) };
  const into = allocate(dtype, outer * count * inner);
  for (let place = 0; place < count; place++) {
    const [from] = rowRange(tensor, rows[Math.min(place, rows.length - 1)] ?? 0);
    for (let block = 0; block < outer; block++)
      copyElements(data, from + block * inner, into, (block * count + place) * inner, inner);
  }
  return { dtype, dims: stacked, data: into };
}

/**
 * Puts the rows of a run's output first: the inverse of `stackRows`. Copies only if the rows change their place in
 * memory.
 *
 * @param axis the axis that stacks the rows
 * @param count the rows to keep; the others are padding
 */
export function unstackRows({ dtype, dims, data }: TensorData, axis: number, count: number): TensorData {
  const stacked = dims[axis] ?? 1;
  const outer = product(dims, 0, axis);
  const inner = product(dims, axis + 1);
  const rowsFirst = [count, ...dims.slice(0, axis), ...dims.slice(axis + 1)];
  if (outer === 1 || stacked === 1) return { dtype, dims: rowsFirst, data: elementsOf(data, 0, count * outer * inner) };
  const into = allocate(dtype, outer * count * inner);
  for (let row = 0; row < count; row++)
    for (let block = 0; block < outer; block++)
      copyElements(data, (block * stacked + row) * inner, into, (row * outer + block) * inner, inner);
  return { dtype, dims: rowsFirst, data: into };
}

/** Rows of one run, rows first, and their places in the request. */
export interface RowsPart {
  readonly rows: readonly number[];
  readonly tensor: TensorData;
}

/** Merges the rows of several runs in the order of the request. Rows of different shapes become a ragged column. */
export function mergeRows(parts: readonly RowsPart[], rows: number): RowsTensor {
  const [first] = parts;
  if (first === undefined) throw new TargetError("SL6003", "a request without rows has no outputs");
  if (parts.length === 1) return first.tensor;
  const { dtype, dims } = first.tensor;
  const rank = dims.length;
  const other = parts.find(({ tensor }) => tensor.dims.length !== rank)?.tensor.dims;
  if (other !== undefined)
    throw new TargetError("SL6003", `some rows have ${rank - 1} dimensions and others ${other.length - 1}`);
  const same = parts.every(({ tensor }) => tensor.dims.every((dim, axis) => axis === 0 || dim === dims[axis]));
  return same ? mergeEqual(parts, dtype, dims, rows) : mergeRagged(parts, dtype, rows);
}

function mergeEqual(
  parts: readonly RowsPart[],
  dtype: TensorData["dtype"],
  dims: readonly number[],
  rows: number,
): TensorData {
  const size = product(dims, 1);
  const data = allocate(dtype, rows * size);
  for (const { rows: places, tensor } of parts)
    for (let i = 0; i < places.length; i++) copyElements(tensor.data, i * size, data, (places[i] ?? 0) * size, size);
  return { dtype, dims: [rows, ...dims.slice(1)], data };
}

function mergeRagged(parts: readonly RowsPart[], dtype: TensorData["dtype"], rows: number): RowsTensor {
  const shapes = new Array<readonly number[]>(rows).fill([]);
  for (const { rows: places, tensor } of parts) {
    const shape = tensor.dims.slice(1);
    for (const place of places) shapes[place] = shape;
  }
  const offsets = new Array<number>(rows + 1).fill(0);
  for (let row = 0; row < rows; row++) offsets[row + 1] = (offsets[row] ?? 0) + product(shapes[row] ?? []);
  const data = allocate(dtype, offsets[rows] ?? 0);
  for (const { rows: places, tensor } of parts) {
    const size = product(tensor.dims, 1);
    for (let i = 0; i < places.length; i++)
      copyElements(tensor.data, i * size, data, offsets[places[i] ?? 0] ?? 0, size);
  }
  return { dtype, shapes, offsets, data };
}

/** Few elements are copied in a loop: a view costs more than the copy. */
const loopElements = 32;

function copyElements(source: TensorElements, from: number, target: TensorElements, at: number, count: number): void {
  if (count > loopElements && ArrayBuffer.isView(source)) {
    (target as Float64Array).set(source.subarray(from, from + count) as Float64Array, at);
    return;
  }
  const writable = target as string[];
  for (let i = 0; i < count; i++) writable[at + i] = source[from + i] as string;
}
