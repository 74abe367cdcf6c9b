import type { DuckDBDataChunk, DuckDBVector } from "@duckdb/node-api";
import type { LogColumn } from "./columns.js";
import type { Bindings } from "./duckdb.js";
import { rawColumn, type RawColumn } from "./raw-column.js";

/** A chunk of a query's answer, its columns taken over as they are first asked for. */
export class ReadChunk {
  readonly rows: number;
  readonly #bindings: Bindings;
  readonly #chunk: DuckDBDataChunk;
  readonly #columns = new Map<number, RawColumn>();

  constructor(bindings: Bindings, chunk: DuckDBDataChunk) {
    this.rows = chunk.rowCount;
    this.#bindings = bindings;
    this.#chunk = chunk;
  }

  raw(column: number, type: Exclude<LogColumn["type"], "string">, depth: number): RawColumn {
    const known = this.#columns.get(column);
    if (known !== undefined) return known;
    const found = rawColumn(this.#bindings, this.#chunk, column, type, depth);
    this.#columns.set(column, found);
    return found;
  }

  /** The column as the client reads it, value by value: for texts, and for what may be null. */
  vector(column: number): DuckDBVector {
    return this.#chunk.getColumnVector(column);
  }
}
