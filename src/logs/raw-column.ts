import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { LogColumn } from "./columns.js";
import type { Bindings } from "./duckdb.js";

type Numbers = Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

/** A column of a chunk as it lies in DuckDB's memory: valid as long as the chunk, which it holds. */
export interface RawColumn {
  readonly chunk: DuckDBDataChunk;
  /** From the outermost lists to the innermost: four numbers a list, the first is where it begins, the third how long it is. */
  readonly levels: readonly Uint32Array[];
  /** The elements of the innermost lists. A boolean is 0 or 1, a time its milliseconds. */
  readonly values: Numbers | BigInt64Array | BigUint64Array;
}

type Stored = Exclude<LogColumn["type"], "string">;

const views: Readonly<Record<Stored, { readonly bytes: number; readonly over: (bytes: Uint8Array, length: number) => RawColumn["values"] }>> = {
  float16: { bytes: 4, over: ({ buffer, byteOffset }, length) => new Float32Array(buffer, byteOffset, length) },
  float32: { bytes: 4, over: ({ buffer, byteOffset }, length) => new Float32Array(buffer, byteOffset, length) },
  float64: { bytes: 8, over: ({ buffer, byteOffset }, length) => new Float64Array(buffer, byteOffset, length) },
  int8: { bytes: 1, over: ({ buffer, byteOffset }, length) => new Int8Array(buffer, byteOffset, length) },
  int16: { bytes: 2, over: ({ buffer, byteOffset }, length) => new Int16Array(buffer, byteOffset, length) },
  int32: { bytes: 4, over: ({ buffer, byteOffset }, length) => new Int32Array(buffer, byteOffset, length) },
  int64: { bytes: 8, over: ({ buffer, byteOffset }, length) => new BigInt64Array(buffer, byteOffset, length) },
  uint8: { bytes: 1, over: ({ buffer, byteOffset }, length) => new Uint8Array(buffer, byteOffset, length) },
  uint16: { bytes: 2, over: ({ buffer, byteOffset }, length) => new Uint16Array(buffer, byteOffset, length) },
  uint32: { bytes: 4, over: ({ buffer, byteOffset }, length) => new Uint32Array(buffer, byteOffset, length) },
  uint64: { bytes: 8, over: ({ buffer, byteOffset }, length) => new BigUint64Array(buffer, byteOffset, length) },
  bool: { bytes: 1, over: ({ buffer, byteOffset }, length) => new Uint8Array(buffer, byteOffset, length) },
  time: { bytes: 8, over: ({ buffer, byteOffset }, length) => new BigInt64Array(buffer, byteOffset, length) },
};

/** A column's lists and elements, whole: to ask the client for every element would take longer than the query. */
export function rawColumn(bindings: Bindings, chunk: DuckDBDataChunk, column: number, type: Stored, depth: number): RawColumn {
  let vector = bindings.data_chunk_get_vector(chunk.chunk, column);
  let length = chunk.rowCount;
  const levels: Uint32Array[] = [];
  for (let level = 0; level < depth; level++) {
    // Two 64-bit numbers a list, read as 32-bit halves: whatever DuckDB runs on has the lower half first.
    const bytes = length === 0 ? new Uint8Array(0) : bindings.vector_get_data(vector, length * 16);
    levels.push(new Uint32Array(bytes.buffer, bytes.byteOffset, length * 4));
    length = bindings.list_vector_get_size(vector);
    vector = bindings.list_vector_get_child(vector);
  }
  const { bytes, over } = views[type];
  return { chunk, levels, values: over(length === 0 ? new Uint8Array(0) : bindings.vector_get_data(vector, length * bytes), length) };
}
