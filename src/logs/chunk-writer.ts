import type { DuckDBDataChunk } from "@duckdb/node-api";
import { allocate } from "../tensors/dtypes.js";
import { float16ToNumber } from "../tensors/float16.js";
import { duckType, type LogColumn } from "./columns.js";
import type { Bindings, DuckDB, Vector } from "./duckdb.js";
import type { Cells } from "./encode.js";

/** Rows `from` to `to` of what one request logs. */
export interface Span {
  readonly cells: readonly Cells[];
  readonly from: number;
  readonly to: number;
}

type Numbers = Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;
type Staged = Numbers | BigInt64Array | BigUint64Array;

/** The memory of a vector, by the type of its elements. Strings have none: DuckDB takes them one by one. */
function memory(type: Exclude<LogColumn["type"], "string">, length: number): Staged {
  const stored = type === "float16" ? "float32" : type === "time" ? "int64" : type;
  return allocate(stored, length) as Staged;
}

/** Fills one chunk again and again, column by column: an object for every cell would cost more than the commit. */
export class ChunkWriter {
  readonly #bindings: Bindings;
  readonly #columns: readonly LogColumn[];
  readonly #chunk: DuckDBDataChunk;
  readonly #vectors: readonly Vector[];

  constructor(duckdb: DuckDB, columns: readonly LogColumn[]) {
    this.#bindings = duckdb.bindings;
    this.#columns = columns;
    this.#chunk = duckdb.DuckDBDataChunk.create(columns.map((column) => duckType(duckdb, column)));
    this.#vectors = columns.map((_, i) => this.#bindings.data_chunk_get_vector(this.#chunk.chunk, i));
  }

  /** The chunk with these rows, 2,048 at most; the next call writes over it. */
  fill(spans: readonly Span[], rows: number): DuckDBDataChunk {
    this.#bindings.data_chunk_reset(this.#chunk.chunk);
    this.#bindings.data_chunk_set_size(this.#chunk.chunk, rows);
    for (const [i, column] of this.#columns.entries()) {
      const vector = this.#vectors[i];
      if (vector !== undefined) this.#fillColumn(vector, column, i, spans, rows);
    }
    return this.#chunk;
  }

  #fillColumn(vector: Vector, { type, depth }: LogColumn, index: number, spans: readonly Span[], rows: number): void {
    const parts: Part[] = [];
    let empty: Uint8Array | null = null;
    let row = 0;
    for (const { cells, from, to } of spans) {
      const own = cells[index];
      if (own?.data === null || own === undefined) {
        empty ??= new Uint8Array(rows);
        empty.fill(1, row, row + to - from);
      }
      if (own !== undefined) parts.push({ cells: own, from, to });
      row += to - from;
    }
    let at = vector;
    let count = rows;
    for (let level = 0; level < depth; level++) {
      const length = this.#fillLists(at, parts, level, count);
      at = this.#bindings.list_vector_get_child(at);
      count = length;
    }
    if (type === "string") this.#fillStrings(at, parts, depth);
    else if (count > 0) this.#copy(at, staged(type, parts, depth, count));
    if (empty !== null) this.#markEmpty(vector, empty);
  }

  /** Where each list begins and how long it is; returns how many elements there are in all. */
  #fillLists(vector: Vector, parts: readonly Part[], level: number, count: number): number {
    // Two 64-bit numbers a list, as 32-bit halves: whatever DuckDB runs on has the lower half first.
    const entries = new Uint32Array(count * 4);
    let entry = 0;
    let offset = 0;
    for (const { cells, from, to } of parts) {
      const length = cells.dims[level] ?? 0;
      const lists = listsOf(cells, level, to - from);
      for (let i = 0; i < lists; i++, entry += 4, offset += length) {
        entries[entry] = offset;
        entries[entry + 2] = length;
      }
    }
    if (count > 0) this.#copy(vector, entries);
    this.#bindings.list_vector_reserve(vector, offset);
    this.#bindings.list_vector_set_size(vector, offset);
    return offset;
  }

  #fillStrings(vector: Vector, parts: readonly Part[], depth: number): void {
    let at = 0;
    for (const { cells, from, to } of parts) {
      const { data, size, same } = cells;
      if (data === null) {
        // A list that is empty has no elements; an empty cell of its own keeps its place.
        if (depth === 0) at += to - from;
        continue;
      }
      for (let row = from; row < to; row++) {
        const first = same ? 0 : row * size;
        for (let i = 0; i < size; i++) this.#bindings.vector_assign_string_element(vector, at++, String(data[first + i]));
      }
    }
  }

  #markEmpty(vector: Vector, empty: Uint8Array): void {
    const bits = new Uint8Array(Math.ceil(empty.length / 64) * 8).fill(0xff);
    for (let row = 0; row < empty.length; row++) if (empty[row] === 1) bits[row >> 3] = (bits[row >> 3] ?? 0) & ~(1 << (row & 7));
    this.#bindings.vector_ensure_validity_writable(vector);
    this.#bindings.copy_data_to_vector_validity(vector, 0, bits.buffer, 0, bits.byteLength);
  }

  #copy(vector: Vector, data: Staged): void {
    this.#bindings.copy_data_to_vector(vector, 0, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  }
}

interface Part {
  readonly cells: Cells;
  readonly from: number;
  readonly to: number;
}

/** How many lists these rows have at a level. An empty row has one that holds nothing. */
function listsOf({ data, dims }: Cells, level: number, rows: number): number {
  if (data === null) return level === 0 ? rows : 0;
  let lists = rows;
  for (let i = 0; i < level; i++) lists *= dims[i] ?? 0;
  return lists;
}

function staged(type: Exclude<LogColumn["type"], "string">, parts: readonly Part[], depth: number, count: number): Staged {
  const result = memory(type, count);
  let at = 0;
  for (const { cells, from, to } of parts) {
    const { data, size, same } = cells;
    if (data === null) {
      if (depth === 0) at += to - from;
    } else if (same) {
      for (let row = from; row < to; row++, at += size) for (let i = 0; i < size; i++) result[at + i] = data[i] as never;
    } else {
      const end = at + (to - from) * size;
      let read = from * size;
      if (type === "float16") for (; at < end; at++) result[at] = float16ToNumber(Number(data[read++]));
      else if (type === "bool") for (; at < end; at++) result[at] = data[read++] === 1 ? 1 : 0;
      else if (end - at > 16 && ArrayBuffer.isView(data)) {
        // Numbers of one kind with numbers, bigints with bigints: `set` takes no others.
        (result as Float32Array).set((data as Float32Array).subarray(read, read + end - at), at);
        at = end;
      } else for (; at < end; at++) result[at] = data[read++] as never;
    }
  }
  return result;
}
