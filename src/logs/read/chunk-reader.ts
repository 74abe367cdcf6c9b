import type { DuckDBDataChunk, DuckDBVector } from "@duckdb/node-api";
import type { LogColumn } from "../schema/columns.js";
import type { Bindings } from "../duckdb.js";
import { rawColumn, type RawColumn } from "./raw-column.js";

/** A chunk of a query's answer, its columns taken over as they are first asked for. */
export class ChunkReader {
  readonly rows: number;
  readonly #bindings: Bindings;
  readonly #chunk: DuckDBDataChunk;
  readonly #columns: (RawColumn | undefined)[] = [];

  constructor(bindings: Bindings, chunk: DuckDBDataChunk) {
    this.rows = chunk.rowCount;
    this.#bindings = bindings;
    this.#chunk = chunk;
  }

  raw(column: number, type: Exclude<LogColumn["type"], "string">, depth: number): RawColumn {
    return (this.#columns[column] ??= rawColumn(this.#bindings, this.#chunk, column, type, depth));
  }

  /** Reads a column of texts, none of them null. Neighbours are mostly the same: what DuckDB holds of them, their first bytes and where they lie, tells. */
  texts(column: number): (index: number) => string {
    const { buffer, byteOffset } = this.#bindings.vector_get_data(
      this.#bindings.data_chunk_get_vector(this.#chunk.chunk, column),
      this.rows * 16,
    );
    const held = new Uint32Array(buffer, byteOffset, this.rows * 4);
    const vector = this.vector(column);
    let [last, text] = [-1, ""];
    return (index) => {
      if (last < 0 || [0, 1, 2, 3].some((i) => held[index * 4 + i] !== held[last * 4 + i]))
        text = String(vector.getItem(index));
      last = index;
      return text;
    };
  }

  /** The column as the client reads it, value by value: for texts, and for what may be null. */
  vector(column: number): DuckDBVector {
    return this.#chunk.getColumnVector(column);
  }
}
