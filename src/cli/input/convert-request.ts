import { Field, RecordBatch, Schema, Struct, Table, makeData } from "apache-arrow";
import type { Config } from "../../config/schema.js";
import { inputReader } from "../../engine/input/read-input.js";
import { tensorToArrowData } from "../../tensors/arrow/to-arrow.js";
import { nestedRows } from "../../tensors/nested-lists.js";

/**
 * Converts a request to records, so that `infer` answers with records: an answer has the form of its request. Arrays
 * are returned unchanged; other forms are checked against the pipeline's inputs.
 */
export function toRecords({ name, inputs, missing }: Config, request: unknown): Record<string, unknown>[] {
  if (Array.isArray(request)) return request as Record<string, unknown>[];
  const { rows, tensors } = inputReader(name, inputs, missing)(request);
  const columns = tensors.map(nestedRows);
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(inputs.map((port, i) => [port.name, columns[i]?.[row]])),
  );
}

/** Converts a request to an Arrow table, so that `infer` answers with one. Tables are returned unchanged. */
export function toTable({ name, inputs, missing }: Config, request: unknown): Table {
  if (request instanceof Table) return request;
  const { rows, tensors } = inputReader(name, inputs, missing)(request);
  const children = tensors.map((tensor) => tensorToArrowData(tensor));
  const fields = inputs.map((port, i) => new Field(port.name, (children[i] as (typeof children)[number]).type, false));
  const data = makeData({ type: new Struct(fields), length: rows, nullCount: 0, children });
  return new Table([new RecordBatch(new Schema(fields), data)]);
}
