import type { DuckDBListVector, DuckDBTimestampMillisecondsValue, DuckDBValue, DuckDBVector } from "@duckdb/node-api";
import type { DType, Port } from "../../dsl/tensor.js";
import { allocate } from "../tensors/dtypes.js";
import { numberToFloat16 } from "../tensors/float16.js";
import type { TensorData, TensorElements } from "../tensors/tensor-data.js";
import type { RawColumn } from "./raw-column.js";
import type { ReadChunk } from "./read-chunk.js";

/** Where a row of a query's answer lies. */
export interface Place {
  readonly chunk: ReadChunk;
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

/** The dimensions of rows that no column says anything about. */
export function defaultDims({ port }: PortColumn): number[] {
  return (port.shape?.slice(1) ?? []).map(knownSize);
}

/** The rows of a port at these places as one tensor; null places stay zero. All rows have the dimensions `dims`. */
export function readTensor(port: PortColumn, dims: readonly number[], places: readonly (Place | null)[]): TensorData {
  const { dtype } = port.port;
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = allocate(dtype, places.length * size);
  if (size > 0) {
    const copy = dtype === "string" ? textCopier(port, data as string[]) : elementCopier(port, dtype, data as Elements);
    places.forEach((place, row) => {
      if (place !== null) copy(place, row * size);
    });
  }
  return { dtype, dims: [places.length, ...dims], data };
}

type Copier = (place: Place, at: number) => void;
type Elements = Exclude<TensorElements, readonly string[]>;

/** Rows shorter than this are copied number by number. */
const short = 16;

function elementCopier({ column, depth }: PortColumn, dtype: Exclude<DType, "string">, data: Elements): Copier {
  const copyRange = (values: RawColumn["values"], from: number, to: number, at: number) => {
    if (dtype === "float16") for (let i = from; i < to; i++) data[at + i - from] = numberToFloat16(Number(values[i]));
    // Both are of one kind: what a port's column holds is what its tensors hold.
    else if (to - from >= short) (data as Float32Array).set((values as Float32Array).subarray(from, to), at);
    else for (let i = from; i < to; i++) data[at + i - from] = values[i] as never;
    return at + to - from;
  };
  const copyList = (raw: RawColumn, level: number, index: number, at: number): number => {
    const { levels, values } = raw;
    const lists = levels[level];
    if (lists === undefined) return copyRange(values, index, index + 1, at);
    const from = lists[index * 4] ?? 0;
    const to = from + (lists[index * 4 + 2] ?? 0);
    if (level === levels.length - 1) return copyRange(values, from, to, at);
    let next = at;
    for (let i = from; i < to; i++) next = copyList(raw, level + 1, i, next);
    return next;
  };
  return ({ chunk, index }, at) => void copyList(chunk.raw(column, dtype, depth), 0, index, at);
}

function textCopier({ column, depth }: PortColumn, data: string[]): Copier {
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
  return ({ chunk, index }, at) => void copy(chunk.vector(column), index, 0, at);
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
