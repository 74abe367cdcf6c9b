import type { DuckDBDataChunk, DuckDBVector } from "@duckdb/node-api";
import type { LogColumn } from "../schema/columns.js";
import type { Bindings } from "../duckdb.js";
import { rawColumn, type RawColumn } from "./raw-column.js";

/** Reads one chunk of a query result. Columns are copied on first use. */
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

  /**
   * Returns a reader of a string column without nulls. Neighboring strings are mostly equal: comparing their 16-byte
   * DuckDB entries (length, prefix, pointer) avoids decoding them again.
   */
  texts(column: number): (index: number) => string {
    const { buffer, byteOffset } = this.#bindings.vector_get_data(
      this.#bindings.data_chunk_get_vector(this.#chunk.chunk, column),
      this.rows * 16,
    );
    const entries = new Uint32Array(buffer, byteOffset, this.rows * 4);
    const vector = this.vector(column);
    let [last, text] = [-1, ""];
    return (index) => {
      if (last < 0 || [0, 1, 2, 3].some((i) => entries[index * 4 + i] !== entries[last * 4 + i]))
        text = String(vector.getItem(index));
      last = index;
      return text;
    };
  }

  /** The client's vector, read value by value: for strings and nullable columns. */
  vector(column: number): DuckDBVector {
    return this.#chunk.getColumnVector(column);
  }
}
