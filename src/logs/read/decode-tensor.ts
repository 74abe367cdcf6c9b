import type { DuckDBListVector, DuckDBValue, DuckDBVector } from "@duckdb/node-api";
import type { DType, Port } from "../../../dsl/tensor.js";
import { allocate, type NumericElements } from "../../tensors/dtypes.js";
import { numberToFloat16 } from "../../tensors/float16.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import type { RowIndex } from "./row-index.js";
import type { RawColumn } from "./raw-column.js";
import type { ChunkReader } from "./chunk-reader.js";

/** Column indexes of a port in a query result; `shape` is null unless the port's rank is unknown. */
export interface PortColumn {
  readonly port: Port;
  readonly column: number;
  readonly depth: number;
  readonly shape: number | null;
}

/** Whether rows of this port may have different shapes, so that one tensor cannot hold all of them. */
export function hasVaryingShape({ port }: PortColumn): boolean {
  return port.shape === null || port.shape.some((dim, axis) => axis > 0 && typeof dim !== "number");
}

/** The dimensions of one row of a port, without the batch dimension. */
export function rowDims({ port, column, depth, shape }: PortColumn, chunk: ChunkReader, index: number): number[] {
  if (shape !== null) return listOf(chunk.vector(shape).getItem(index)).map(Number);
  const fixed = port.shape?.slice(1) ?? [];
  const dims: number[] = [];
  let vector = chunk.vector(column);
  let at = index;
  for (let level = 0; level < depth; level++) {
    const list = vector as DuckDBListVector;
    const size = at < 0 ? knownSize(fixed[level]) : list.getEntryLength(at);
    dims.push(size);
    at = at < 0 || size === 0 ? -1 : list.getEntryOffset(at);
    vector = list.childVector;
  }
  return dims;
}

/** The dimensions used if no row has a value. */
function defaultDims({ port }: PortColumn): number[] {
  return (port.shape?.slice(1) ?? []).map(knownSize);
}

/** The indexed rows of a port as one tensor; all have the shape of the first. Absent rows stay zero. */
export function readTensor(port: PortColumn, rowIndex: RowIndex): TensorData {
  const first = rowIndex.first;
  const dims = first === null ? defaultDims(port) : rowDims(port, first.chunk, first.index);
  const { dtype } = port.port;
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = allocate(dtype, rowIndex.length * size);
  if (size > 0) {
    if (dtype === "string") copyTexts(port, rowIndex, data as string[], size);
    else copyElements(port, dtype, rowIndex, data as NumericElements, size);
  }
  return { dtype, dims: [rowIndex.length, ...dims], data };
}

function copyElements(
  { column, depth }: PortColumn,
  dtype: Exclude<DType, "string">,
  rowIndex: RowIndex,
  data: NumericElements,
  size: number,
): void {
  // Columns store the same elements as tensors, except float16. The casts to Float32Array stand for all element types.
  const copy = dtype === "float16" ? copyHalves : copyRange;
  const into = data as Float32Array;
  const copyList = (raw: RawColumn, level: number, index: number, at: number): number => {
    const { levels, values } = raw;
    const lists = levels[level];
    const from = lists === undefined ? index : lists.from(index);
    const length = lists === undefined ? 1 : lists.length(index);
    if (level >= levels.length - 1) return copy(values as Float32Array, from, length, into, at);
    let next = at;
    for (let i = from; i < from + length; i++) next = copyList(raw, level + 1, i, next);
    return next;
  };
  rowIndex.forEach((chunk, index, row) => copyList(chunk.raw(column, dtype, depth), 0, index, row * size));
}

function copyRange(values: Float32Array, from: number, length: number, data: Float32Array, at: number): number {
  for (let i = 0; i < length; i++) data[at + i] = values[from + i] as number;
  return at + length;
}

function copyHalves(values: Float32Array, from: number, length: number, data: Float32Array, at: number): number {
  for (let i = 0; i < length; i++) data[at + i] = numberToFloat16(values[from + i] as number);
  return at + length;
}

function copyTexts({ column, depth }: PortColumn, rowIndex: RowIndex, data: string[], size: number): void {
  const copy = (vector: DuckDBVector, index: number, level: number, at: number): number => {
    if (level === depth) {
      data[at] = String(vector.getItem(index));
      return at + 1;
    }
    const list = vector as DuckDBListVector;
    const from = list.getEntryOffset(index);
    const to = from + list.getEntryLength(index);
    let next = at;
    for (let i = from; i < to; i++) next = copy(list.childVector, i, level + 1, next);
    return next;
  };
  rowIndex.forEach((chunk, index, row) => copy(chunk.vector(column), index, 0, row * size));
}

function listOf(value: DuckDBValue): readonly DuckDBValue[] {
  return (value as { items: readonly DuckDBValue[] } | null)?.items ?? [];
}

function knownSize(dim: unknown): number {
  return typeof dim === "number" ? dim : 0;
}
