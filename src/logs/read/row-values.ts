import type { ChunkReader } from "./chunk-reader.js";

/** The integers of a list column. */
export function numbersAt(chunk: ChunkReader, index: number, column: number): number[] {
  const {
    levels: [lists],
    values,
  } = chunk.raw(column, "int64", 1);
  const from = lists?.from(index) ?? 0;
  return Array.from({ length: lists?.length(index) ?? 0 }, (_, i) => Number(values[from + i]));
}
