import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { NumericElements } from "../../tensors/dtypes.js";
import { storedArray, type LogColumn } from "../schema/columns.js";
import type { Bindings } from "../duckdb.js";

/** The lists of one nesting level in DuckDB's memory: the offset of each in the next level, and its length. */
export class ListEntries {
  /** Two 64-bit numbers per list, read as 32-bit halves: all platforms of DuckDB are little-endian. */
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

/** A view of a chunk's column in DuckDB's memory. It is valid as long as the chunk, which it keeps alive. */
export interface RawColumn {
  readonly chunk: DuckDBDataChunk;
  /** From the outermost level to the innermost. */
  readonly levels: readonly ListEntries[];
  /** The elements of the innermost lists. A boolean is 0 or 1, a time its milliseconds. */
  readonly values: NumericElements;
}

/**
 * All lists and elements of a column at once: reading each element through the client would take longer than the query.
 */
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
