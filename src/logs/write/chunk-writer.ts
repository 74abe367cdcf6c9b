import type { DuckDBDataChunk } from "@duckdb/node-api";
import { duckType, type LogColumn } from "../schema/columns.js";
import type { Bindings, DuckDB, Vector } from "../duckdb.js";
import type { ColumnBuffer, ChunkBuffer } from "./column-buffer.js";

/** Fills one reusable DuckDB chunk by column: one object per cell would cost more than the commit. */
export class ChunkWriter {
  readonly #bindings: Bindings;
  readonly #chunk: DuckDBDataChunk;
  readonly #vectors: readonly Vector[];

  constructor(duckdb: DuckDB, columns: readonly LogColumn[]) {
    this.#bindings = duckdb.bindings;
    this.#chunk = duckdb.DuckDBDataChunk.create(columns.map((column) => duckType(duckdb, column)));
    this.#vectors = columns.map((_, i) => this.#bindings.data_chunk_get_vector(this.#chunk.chunk, i));
  }

  /** Returns the chunk filled with buffered rows; the next call overwrites it. */
  fill({ columns, rows }: ChunkBuffer): DuckDBDataChunk {
    this.#bindings.data_chunk_reset(this.#chunk.chunk);
    this.#bindings.data_chunk_set_size(this.#chunk.chunk, rows);
    for (const [i, vector] of this.#vectors.entries()) {
      const column = columns[i];
      if (column !== undefined) this.#fillColumn(vector, column, rows);
    }
    return this.#chunk;
  }

  #fillColumn(vector: Vector, { lists, counts, totals, values, texts, used, empty }: ColumnBuffer, rows: number): void {
    let at = vector;
    for (const [level, entries] of lists.entries()) {
      const total = totals[level] ?? 0;
      this.#copy(at, entries, (counts[level] ?? 0) * 4);
      this.#bindings.list_vector_reserve(at, total);
      this.#bindings.list_vector_set_size(at, total);
      at = this.#bindings.list_vector_get_child(at);
    }
    if (values !== null) this.#copy(at, values, used);
    else
      for (const [i, text] of texts.entries()) {
        if (text !== undefined) this.#bindings.vector_assign_string_element(at, i, text);
      }
    if (empty !== null) this.#markEmpty(vector, empty, rows);
  }

  #markEmpty(vector: Vector, empty: Uint8Array, rows: number): void {
    const bits = new Uint8Array(Math.ceil(rows / 64) * 8).fill(0xff);
    for (let row = 0; row < rows; row++)
      if (empty[row] === 1) bits[row >> 3] = (bits[row >> 3] ?? 0) & ~(1 << (row & 7));
    this.#bindings.vector_ensure_validity_writable(vector);
    this.#bindings.copy_data_to_vector_validity(vector, 0, bits.buffer, 0, bits.byteLength);
  }

  #copy(vector: Vector, data: ArrayBufferView & { readonly BYTES_PER_ELEMENT: number }, elements: number): void {
    if (elements > 0)
      this.#bindings.copy_data_to_vector(
        vector,
        0,
        data.buffer as ArrayBuffer,
        data.byteOffset,
        elements * data.BYTES_PER_ELEMENT,
      );
  }
}
