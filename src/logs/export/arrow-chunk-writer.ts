import { DataType, type Data, type RecordBatch } from "apache-arrow";
import type { DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import { float16ToNumber } from "../../tensors/float16.js";
import type { DuckDB, Vector } from "../duckdb.js";

/** Fills one reusable DuckDB chunk with rows of Arrow batches, copying whole columns. */
export class ArrowChunkWriter {
  readonly #bindings: DuckDB["bindings"];
  readonly #chunk: DuckDBDataChunk;
  readonly #vectors: readonly Vector[];

  constructor({ bindings, DuckDBDataChunk }: DuckDB, types: readonly DuckDBType[]) {
    this.#bindings = bindings;
    this.#chunk = DuckDBDataChunk.create(types);
    this.#vectors = types.map((_, i) => bindings.data_chunk_get_vector(this.#chunk.chunk, i));
  }

  /** Returns the chunk filled with rows of a batch; the next call overwrites it. */
  fill({ data }: RecordBatch, from: number, rows: number): DuckDBDataChunk {
    this.#bindings.data_chunk_reset(this.#chunk.chunk);
    this.#bindings.data_chunk_set_size(this.#chunk.chunk, rows);
    for (const [i, vector] of this.#vectors.entries()) {
      const column = data.children[i];
      if (column === undefined) continue;
      this.#write(vector, column, from, rows);
      // Only whole rows are null, never elements within them.
      if (column.nullCount > 0) this.#markNulls(vector, column, from, rows);
    }
    return this.#chunk;
  }

  #write(vector: Vector, data: Data, from: number, length: number): void {
    const { type } = data;
    if (length === 0) return;
    if (DataType.isList(type)) this.#writeLists(vector, data, from, length);
    else if (DataType.isUtf8(type)) this.#writeStrings(vector, data, from, length);
    else if (DataType.isBool(type))
      this.#copy(
        vector,
        Uint8Array.from({ length }, (_, i) => bit(data.values as Uint8Array, from + i)),
      );
    else if (DataType.isFloat(type) && data.values instanceof Uint16Array)
      this.#copy(vector, Float32Array.from(data.values.subarray(from, from + length), float16ToNumber));
    else this.#copy(vector, (data.values as Uint8Array).subarray(from, from + length));
  }

  #writeLists(vector: Vector, { valueOffsets, children }: Data, from: number, length: number): void {
    const offsets = valueOffsets as Int32Array;
    const begin = offsets[from] ?? 0;
    const elements = (offsets[from + length] ?? begin) - begin;
    // Two 64-bit numbers per list, written as 32-bit halves: all platforms of DuckDB are little-endian.
    const entries = new Uint32Array(length * 4);
    for (let i = 0; i < length; i++) {
      const at = offsets[from + i] ?? 0;
      entries[i * 4] = at - begin;
      entries[i * 4 + 2] = (offsets[from + i + 1] ?? at) - at;
    }
    this.#copy(vector, entries);
    this.#bindings.list_vector_reserve(vector, elements);
    this.#bindings.list_vector_set_size(vector, elements);
    const [child] = children;
    if (child !== undefined) this.#write(this.#bindings.list_vector_get_child(vector), child, begin, elements);
  }

  #writeStrings(vector: Vector, data: Data, from: number, length: number): void {
    const offsets = data.valueOffsets as Int32Array;
    const bytes = data.values as Uint8Array;
    for (let i = 0; i < length; i++) {
      if (data.getValid(from + i))
        this.#bindings.vector_assign_string_element_len(
          vector,
          i,
          bytes.subarray(offsets[from + i], offsets[from + i + 1]),
        );
    }
  }

  #markNulls(vector: Vector, data: Data, from: number, rows: number): void {
    const bits = new Uint8Array(Math.ceil(rows / 64) * 8).fill(0xff);
    for (let row = 0; row < rows; row++)
      if (!data.getValid(from + row)) bits[row >> 3] = (bits[row >> 3] ?? 0) & ~(1 << (row & 7));
    this.#bindings.vector_ensure_validity_writable(vector);
    this.#bindings.copy_data_to_vector_validity(vector, 0, bits.buffer, 0, bits.byteLength);
  }

  #copy(vector: Vector, data: ArrayBufferView): void {
    this.#bindings.copy_data_to_vector(vector, 0, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  }
}

function bit(bits: Uint8Array, at: number): number {
  return ((bits[at >> 3] ?? 0) >> (at & 7)) & 1;
}
