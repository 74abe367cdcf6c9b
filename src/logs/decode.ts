import type { DuckDBDataChunk, DuckDBListVector, DuckDBTimestampMillisecondsValue, DuckDBValue, DuckDBVector } from "@duckdb/node-api";
import type { DType, Port } from "../../dsl/tensor.js";
import { allocate } from "../tensors/dtypes.js";
import { numberToFloat16 } from "../tensors/float16.js";
import type { TensorData, TensorElements } from "../tensors/tensor-data.js";

/** Where a row of a query's answer lies. */
export interface Place {
  readonly chunk: DuckDBDataChunk;
  readonly index: number;
}

/** A port's columns in the answer; `shape` where the port's rank is unknown. */
export interface PortColumn {
  readonly port: Port;
  readonly column: number;
  readonly depth: number;
  readonly shape: number | null;
}

/** Whether rows of this port may differ in size, so that they do not always fit one tensor. */
export function varies({ port }: PortColumn): boolean {
  return port.shape === null || port.shape.some((dim, axis) => axis > 0 && typeof dim !== "number");
}

/** The dimensions of one row of a port, without the batch. */
export function rowDims({ port, column, depth, shape }: PortColumn, { chunk, index }: Place): number[] {
  if (shape !== null) return listOf(chunk.getColumnVector(shape).getItem(index)).map(Number);
  const fixed = port.shape?.slice(1) ?? [];
  const dims: number[] = [];
  let vector = chunk.getColumnVector(column);
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

/** The dimensions of rows that no column says anything about. */
export function defaultDims({ port }: PortColumn): number[] {
  return (port.shape?.slice(1) ?? []).map(knownSize);
}

/** The rows of a port at these places as one tensor; null places stay zero. All rows have the dimensions `dims`. */
export function readTensor({ port: { dtype }, column, depth }: PortColumn, dims: readonly number[], places: readonly (Place | null)[]): TensorData {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = allocate(dtype, places.length * size);
  const write = writerOf(dtype, data);
  places.forEach((place, row) => {
    if (place !== null && size > 0) copy(place.chunk.getColumnVector(column), place.index, depth, write, row * size);
  });
  return { dtype, dims: [places.length, ...dims], data };
}

/** Copies the elements under one entry; returns where the next one goes. */
function copy(vector: DuckDBVector, index: number, depth: number, write: (at: number, value: DuckDBValue) => void, at: number): number {
  if (depth === 0) {
    write(at, vector.getItem(index));
    return at + 1;
  }
  const list = vector as DuckDBListVector;
  const child = list.childVector;
  const from = list.getEntryOffset(index);
  const to = from + list.getEntryLength(index);
  let next = at;
  if (depth > 1) for (let i = from; i < to; i++) next = copy(child, i, depth - 1, write, next);
  else for (let i = from; i < to; i++) write(next++, child.getItem(i));
  return next;
}

function writerOf(dtype: DType, data: TensorElements): (at: number, value: DuckDBValue) => void {
  if (dtype === "bool") return (at, value) => void ((data as Uint8Array)[at] = value === true ? 1 : 0);
  if (dtype === "float16") return (at, value) => void ((data as Uint16Array)[at] = numberToFloat16(Number(value)));
  if (dtype === "string") return (at, value) => void ((data as string[])[at] = String(value));
  // The column's type is the dtype's own, so the values are numbers or bigints as the array takes them.
  return (at, value) => void ((data as Float64Array)[at] = value as number);
}

export function listOf(value: DuckDBValue): readonly DuckDBValue[] {
  return (value as { items: readonly DuckDBValue[] } | null)?.items ?? [];
}

export function millisOf(value: DuckDBValue): number {
  return Number((value as DuckDBTimestampMillisecondsValue).millis);
}

function knownSize(dim: unknown): number {
  return typeof dim === "number" ? dim : 0;
}
