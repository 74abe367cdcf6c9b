import { Field, Null, RecordBatch, Schema, Struct, Table, makeData } from "apache-arrow";
import type { Config } from "../../config/schema.js";
import { inputReader } from "../../engine/input/read-input.js";
import { sliceRows, uniformRanges } from "../../tensors/row-ranges.js";
import { tensorToArrowData } from "../../tensors/to-arrow.js";
import { nestedRows } from "../../tensors/nested-lists.js";

/**
 * Converts a request to records, so that `infer` answers with records: an answer has the form of its request. Arrays
 * are returned unchanged; other forms are checked against the pipeline's inputs.
 */
export function toRecords({ name, inputs }: Config, request: unknown): Record<string, unknown>[] {
  if (Array.isArray(request)) return request as Record<string, unknown>[];
  const { rows, tensors } = inputReader(name, inputs)(request);
  const columns = tensors.map(nestedRows);
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(inputs.map((port, i) => [port.name, columns[i]?.[row]])),
  );
}

/** Converts a request to an Arrow table, so that `infer` answers with one. Tables are returned unchanged. */
export function toTable({ name, inputs }: Config, request: unknown): Table {
  if (request instanceof Table) return request;
  const { rows, tensors } = inputReader(name, inputs)(request);
  const ranges = uniformRanges(tensors, rows) ?? [[0, rows]];
  const batches = ranges.map(([from, to]) => ({
    length: to - from,
    children: tensors.map((tensor) => tensorToArrowData(sliceRows(tensor, from, to))),
  }));
  const fields = inputs.map((port, i) => new Field(port.name, batches[0]?.children[i]?.type ?? new Null(), false));
  const schema = new Schema(fields);
  const type = new Struct(fields);
  return new Table(
    schema,
    batches.map(({ length, children }) => new RecordBatch(schema, makeData({ type, length, nullCount: 0, children }))),
  );
}
