import { Table } from "apache-arrow";
import type { Config } from "../../config/schema.js";
import { inputReader } from "../../engine/input/read-input.js";
import { requestTable } from "../../engine/input/request-table.js";
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
export function toTable(config: Config, request: unknown): Table {
  return request instanceof Table ? request : requestTable(config, request);
}
