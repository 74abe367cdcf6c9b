import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { NumericElements } from "../../tensors/dtypes.js";
import { storedArray, type LogColumn } from "../schema/columns.js";
import type { Bindings } from "../duckdb.js";

/** Lists of one level, as they lie in DuckDB's memory: where each begins among the elements of the next level, and how long it is. */
export class ListEntries {
  /** Two 64-bit numbers a list, read as 32-bit halves: whatever DuckDB runs on has the lower half first. */
  readonly #halves: Uint32Array;

  constructor(halves: Uint32Array) {
    this.#halves = halves;
  }

  from(list: number): number {
    return this.#halves[list * 4] ?? 0;
  }

  length(list: number): number {
    return this.#halves[list * 4 + 2] ?? 0;
  }
}

/** A column of a chunk as it lies in DuckDB's memory: valid as long as the chunk, which it holds. */
export interface RawColumn {
  readonly chunk: DuckDBDataChunk;
  /** From the outermost lists to the innermost. */
  readonly levels: readonly ListEntries[];
  /** The elements of the innermost lists. A boolean is 0 or 1, a time its milliseconds. */
  readonly values: NumericElements;
}

/** A column's lists and elements, whole: to ask the client for every element would take longer than the query. */
export function rawColumn(
  bindings: Bindings,
  chunk: DuckDBDataChunk,
  column: number,
  type: Exclude<LogColumn["type"], "string">,
  depth: number,
): RawColumn {
  let vector = bindings.data_chunk_get_vector(chunk.chunk, column);
  let length = chunk.rowCount;
  const levels: ListEntries[] = [];
  for (let level = 0; level < depth; level++) {
    const bytes = length === 0 ? new Uint8Array(0) : bindings.vector_get_data(vector, length * 16);
    levels.push(new ListEntries(new Uint32Array(bytes.buffer, bytes.byteOffset, length * 4)));
    length = bindings.list_vector_get_size(vector);
    vector = bindings.list_vector_get_child(vector);
  }
  const Elements = storedArray(type);
  const { buffer, byteOffset } =
    length === 0 ? new Uint8Array(0) : bindings.vector_get_data(vector, length * Elements.BYTES_PER_ELEMENT);
  return { chunk, levels, values: new Elements(buffer, byteOffset, length) };
}
