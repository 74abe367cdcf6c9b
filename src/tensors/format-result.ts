import { allColumns, type ColumnSelection } from "./column-selection.js";
import { metadataColumns } from "./metadata-columns.js";
import { nestedRows } from "./nested-lists.js";
import { failureCounts, type ResultColumns, type ResultRecord } from "./result.js";
import { asList, type Batch, type Batches, type Column, layout, longValues, portCells } from "./result-columns.js";
import { typedRows } from "./typed-rows.js";
import { setOwnProperty } from "../util/objects.js";

/**
 * Converts rows to records. If batches have different columns, a row holds null in those that its batch lacks.
 *
 * @throws InputError SL5031 if the selection names a column that does not exist
 * @example toRecords(batch)[0]?.out.dense_1 // [0.0014974177]
 */
export function toRecords(batches: Batches, selection: ColumnSelection = allColumns): ResultRecord[] {
  const list = asList(batches);
  const columns = layout(list, selection);
  return list.flatMap((batch) => recordsOf(batch, columns, selection));
}

/** The rows of one batch as records, with the columns of all batches. */
export function recordsOf(batch: Batch, columns: readonly Column[], selection: ColumnSelection): ResultRecord[] {
  const filled = columns.map((column) => ({ ...column, values: columnValues(column, [batch], selection) }));
  return Array.from(
    { length: batch.rows },
    (_, row) => assemble(filled, selection, (values) => values[row]) as unknown as ResultRecord,
  );
}

/** Converts rows to columns of plain values. Names such as `__proto__` become own properties like any other. */
export function toColumns(batches: Batches, selection: ColumnSelection = allColumns): ResultColumns {
  const list = asList(batches);
  const columns = layout(list, selection).map((column) => ({
    ...column,
    values: columnValues(column, list, selection),
  }));
  return assemble(columns, selection, (values) => values) as unknown as ResultColumns;
}

/**
 * A plain assignment is safe for groups: `time`, `in`, `out`, `out_<model>`, `anomaly`, `check_failures`, `metadata`.
 */
function assemble(
  columns: readonly (Column & { readonly values: unknown[] })[],
  { separator }: ColumnSelection,
  pick: (values: unknown[]) => unknown,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { group, name, kind, values } of columns) {
    if (kind === "group") result[group] ??= {};
    else if (name === null) result[group] = pick(values);
    else if (separator !== null) setOwnProperty(result, `${group}${separator}${name}`, pick(values));
    else setOwnProperty((result[group] ??= {}) as Record<string, unknown>, name, pick(values));
  }
  return result;
}

function columnValues(column: Column, list: readonly Batch[], { typed = false }: ColumnSelection): unknown[] {
  const values: unknown[] = [];
  for (const batch of list) appendValues(values, column, batch, typed);
  return values;
}

function appendValues(values: unknown[], column: Column, batch: Batch, typed: boolean): void {
  if (column.kind === "group") return;
  if (column.kind === "time") {
    for (const ms of batch.time) values.push(new Date(ms));
    return;
  }
  if (column.kind === "metadata") {
    const read = metadataColumns.get(column.name ?? "")?.value;
    for (let row = 0; row < batch.rows; row++) values.push(read?.(batch, row) ?? null);
    return;
  }
  if (column.kind === "longShape" || column.kind === "longDigest") {
    for (const value of longValues(column, batch)) values.push(value);
    return;
  }
  if (column.kind === "count") {
    for (const count of failureCounts(batch)) values.push(count);
    return;
  }
  if (column.kind === "flag") {
    const flags = batch.failures.get(column.name ?? "");
    for (let row = 0; row < batch.rows; row++) values.push(flags === undefined ? null : flags[row] === 1);
    return;
  }
  const found = portCells(column, batch);
  const rows = found === undefined ? [] : typed ? typedRows(found.tensor) : nestedRows(found.tensor);
  for (let row = 0; row < batch.rows; row++) {
    values.push(
      found === undefined || (found.valid !== undefined && found.valid[row] !== 1) ? null : (rows[row] ?? null),
    );
  }
}
