import type { DuckDBDataChunk, DuckDBListVector } from "@duckdb/node-api";
import type { LogColumn } from "../schema/columns.js";
import type { Bindings } from "../duckdb.js";
import { rawColumn } from "./raw-column.js";

/** The elements of a chunk's column, and the range of each row. */
export interface Elements {
  /** Strings, or numbers converted to doubles. */
  readonly values: ArrayLike<number | string>;
  from(row: number): number;
  length(row: number): number;
}

/** @param depth 0 for one element per row, 1 for a list per row */
export function elementsOf(
  bindings: Bindings,
  chunk: DuckDBDataChunk,
  column: number,
  type: LogColumn["type"],
  depth: 0 | 1,
): Elements {
  const oneElement = { from: (row: number) => row, length: () => 1 };
  if (type === "string") {
    const vector = chunk.getColumnVector(column);
    if (depth === 0)
      return { values: Array.from({ length: chunk.rowCount }, (_, row) => String(vector.getItem(row))), ...oneElement };
    const list = vector as DuckDBListVector;
    const child = list.childVector;
    return {
      values: Array.from({ length: child.itemCount }, (_, i) => String(child.getItem(i))),
      from: (row) => list.getEntryOffset(row),
      length: (row) => list.getEntryLength(row),
    };
  }
  const { levels, values } = rawColumn(bindings, chunk, column, type, depth);
  const numbers =
    values instanceof BigInt64Array || values instanceof BigUint64Array ? Float64Array.from(values, Number) : values;
  const lists = levels[0];
  if (lists === undefined) return { values: numbers, ...oneElement };
  return { values: numbers, from: (row) => lists.from(row), length: (row) => lists.length(row) };
}
