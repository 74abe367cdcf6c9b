import type { Table } from "apache-arrow";
import type { Config } from "../../config/schema.js";
import { inputReader } from "../../engine/input/read-input.js";
import { nestedRows } from "../../tensors/nested-lists.js";

/** The columns that a pipeline takes. */
type Takes = Pick<Config, "name" | "inputs" | "missing">;

/**
 * Converts a request to records, so that `infer` answers with records: an answer has the form of its request. Arrays
 * are returned unchanged; other forms are checked against the pipeline's inputs.
 */
export function toRecords({ name, inputs, missing }: Takes, request: unknown): Record<string, unknown>[] {
  if (Array.isArray(request)) return request as Record<string, unknown>[];
  const { rows, tensors } = inputReader(name, inputs, missing)(request);
  const columns = tensors.map(nestedRows);
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(inputs.map((port, i) => [port.name, columns[i]?.[row]])),
  );
}

/** Converts a request to an Arrow table, so that `infer` answers with one. Tables are returned unchanged. */
export async function toTable(config: Takes, request: unknown): Promise<Table> {
  // Arrow takes as long to load as a small model takes to answer: only who asks for a table waits for it.
  const { Table } = await import("apache-arrow");
  if (request instanceof Table) return request;
  const { requestTable } = await import("../../engine/input/request-table.js");
  return requestTable(config, request);
}
