import { setImmediate } from "node:timers/promises";
import type { DataType } from "apache-arrow";
import {
  Field,
  Int32,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMillisecond,
  makeData,
  vectorFromArray,
  type Data,
} from "apache-arrow";
import { StorageError } from "../../dsl/errors.js";
import { columnType, nullData, tensorToArrowData } from "./to-arrow.js";
import { nestedRows } from "./nested-lists.js";
import { typedRows } from "./typed-rows.js";
import { selectColumns, allColumns, type ColumnSelection } from "./column-selection.js";
import { metadataColumns, metadataData, metadataType } from "./metadata-columns.js";
import {
  failureCounts,
  withheldColumns,
  type ResultBatch,
  type ResultColumns,
  type ResultRecord,
  type RowsMetadata,
} from "./result.js";
import { columnRank, type RowsTensor } from "./tensor-data.js";
import { setOwnProperty } from "../util/objects.js";
import { toBigIntMilliseconds } from "../util/quantities/to-bigint-milliseconds.js";

/** A batch with the metadata that is known. */
type Batch = ResultBatch & Partial<RowsMetadata>;

/** One batch, or several in order: rows of a log are read in batches of one pipeline version and one set of shapes. */
export type Batches = Batch | readonly Batch[];

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

/** As `toRecords`; the event loop is free between two batches. */
export async function toRecordsInSlices(
  batches: readonly Batch[],
  selection: ColumnSelection = allColumns,
): Promise<ResultRecord[]> {
  const columns = layout(batches, selection);
  const records: ResultRecord[] = [];
  for (const batch of batches) {
    for (const record of recordsOf(batch, columns, selection)) records.push(record);
    await setImmediate();
  }
  return records;
}

function recordsOf(batch: Batch, columns: readonly Column[], selection: ColumnSelection): ResultRecord[] {
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

/**
 * Converts rows to one Arrow table with flat columns: `time`, `in.*`, `out.*`, `out_<challenger>.*`, `anomaly.count`,
 * `anomaly.<name>`, `check_failures`. Numbers are not copied. Columns that a batch lacks are null in its rows.
 *
 * @throws StorageError SL7012 if two batches have one column in different types, InputError SL5031
 */
export function toTable(batches: Batches, selection: ColumnSelection = allColumns): Table {
  const list = asList(batches);
  const columns = layout(list, selection).filter(({ kind }) => kind !== "group");
  const fields = columns.map((column) => arrowField(column, list, selection.separator ?? "."));
  const schema = new Schema(fields, withheldMetadata(list));
  const struct = new Struct(fields);
  const parts = list.map((batch) => {
    const counts = failureCounts(batch);
    const children = columns.map((column, i) => arrowData(column, batch, counts, fields[i]?.type ?? new Int32()));
    return new RecordBatch(schema, makeData({ type: struct, length: batch.rows, nullCount: 0, children }));
  });
  return new Table(schema, parts);
}

type Kind = "time" | "port" | "longShape" | "longDigest" | "count" | "flag" | "metadata" | "group";

/**
 * `group` and `name` form the column's flat name; a challenger's group is `out_<challenger>`. A group that may be empty
 * has its own entry.
 */
interface Column {
  readonly group: string;
  readonly name: string | null;
  readonly kind: Kind;
}

/** The selected columns of all batches, in the documented order. */
function layout(list: readonly Batch[], selection: ColumnSelection): Column[] {
  const columns: Column[] = [{ group: "time", name: null, kind: "time" }];
  const add = (group: string, kind: Kind, names: (batch: Batch) => Iterable<string>) => {
    const seen = new Set<string>();
    for (const batch of list) for (const name of names(batch)) seen.add(name);
    for (const name of seen) {
      columns.push({ group, name, kind });
      if (kind === "port" && hasLongRows(list, `${group}.${name}`))
        columns.push(
          { group, name: `${name}.shape`, kind: "longShape" },
          { group, name: `${name}.digest`, kind: "longDigest" },
        );
    }
  };
  columns.push({ group: "in", name: null, kind: "group" });
  add("in", "port", (batch) => batch.inputs.keys());
  columns.push({ group: "out", name: null, kind: "group" });
  add("out", "port", (batch) => batch.outputs.keys());
  const challengers = new Set<string>();
  for (const batch of list) for (const name of batch.challengers.keys()) challengers.add(name);
  for (const name of challengers)
    add(`out_${name}`, "port", (batch) => batch.challengers.get(name)?.outputs.keys() ?? []);
  columns.push({ group: "anomaly", name: "count", kind: "count" });
  add("anomaly", "flag", (batch) => batch.failures.keys());
  columns.push({ group: "check_failures", name: null, kind: "count" });
  if (selection.dataset === null && selection.exclude.length === 0)
    return selection.separator === null ? columns : columns.filter(({ kind }) => kind !== "group");
  add("metadata", "metadata", (batch) => (batch.version === undefined ? [] : metadataColumns.keys()));
  const existing = columns.filter(({ kind }) => kind !== "group");
  // Without rows the columns are unknown, so names cannot be checked.
  if (list.length === 0) return existing;
  const selected = new Set(
    selectColumns(
      existing.map((column) => flatName(column)),
      selection,
    ),
  );
  return existing.filter((column) => selected.has(flatName(column)));
}

function flatName({ group, name }: Column, separator = "."): string {
  return name === null ? group : `${group}${separator}${name}`;
}

function hasLongRows(list: readonly Batch[], column: string): boolean {
  return list.some((batch) => (batch.withheld?.ports.get(column)?.long ?? null) !== null);
}

/** The shapes or digests of a port's long rows; null for other rows. */
function longValues({ group, name, kind }: Column, batch: Batch): readonly (readonly number[] | string | null)[] {
  const port = (name ?? "").slice(0, (name ?? "").lastIndexOf("."));
  const long = batch.withheld?.ports.get(`${group}.${port}`)?.long;
  const values = kind === "longShape" ? long?.shapes : long?.digests;
  return values ?? new Array<null>(batch.rows).fill(null);
}

function bigInts(value: readonly number[] | string | null): readonly bigint[] | null {
  return Array.isArray(value) ? value.map(BigInt) : null;
}

/** The excluded and redacted columns as a schema's metadata: lists of flat names as JSON; empty if there are none. */
function withheldMetadata(list: readonly Batch[]): Map<string, string> {
  const { excluded, redacted } = withheldColumns(list);
  return new Map(
    Object.entries({ excluded, redacted }).flatMap(([what, columns]) =>
      columns.length === 0 ? [] : [[`shapeline.${what}`, JSON.stringify(columns)] as const],
    ),
  );
}

interface Cells {
  readonly tensor: RowsTensor;
  readonly valid?: Uint8Array;
}

function portCells({ group, name }: Column, batch: ResultBatch): Cells | undefined {
  const port = name ?? "";
  const stored = batch.withheld?.ports.get(`${group}.${port}`)?.valid;
  if (group === "in") return wrap(batch.inputs.get(port), stored);
  if (group === "out") return wrap(batch.outputs.get(port), stored);
  const challenger = batch.challengers.get(group.slice("out_".length));
  const answered = challenger?.answered;
  const valid = stored === undefined ? answered : answered?.map((flag, row) => flag & (stored[row] ?? 0));
  return wrap(challenger?.outputs.get(port), valid);
}

function wrap(tensor: RowsTensor | undefined, valid?: Uint8Array): Cells | undefined {
  if (tensor === undefined) return undefined;
  return valid === undefined ? { tensor } : { tensor, valid };
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

function arrowField(column: Column, list: readonly Batch[], separator: string): Field {
  const name = flatName(column, separator);
  if (column.kind === "time") return new Field(name, new TimestampMillisecond(), false);
  if (column.kind === "count") return new Field(name, new Int32(), false);
  if (column.kind === "metadata") return new Field(name, metadataType(column.name), true);
  if (column.kind === "longShape") return new Field(name, columnType("int64", 2), true);
  if (column.kind === "longDigest") return new Field(name, columnType("string", 1), true);
  if (column.kind === "flag")
    return new Field(
      name,
      columnType("bool", 1),
      list.some((batch) => !batch.failures.has(column.name ?? "")),
    );
  let type: DataType | undefined;
  let nullable = false;
  for (const batch of list) {
    const found = portCells(column, batch);
    nullable ||= found === undefined || found.valid?.includes(0) === true;
    if (found === undefined) continue;
    const own = columnType(found.tensor.dtype, columnRank(found.tensor));
    if (type !== undefined && String(type) !== String(own)) {
      throw new StorageError(
        "SL7012",
        `column '${name}' holds ${String(type)} in newer rows and ${String(own)} in older ones, which one table cannot; read fewer rows, or records`,
        { column: name },
      );
    }
    type = own;
  }
  return new Field(name, type ?? columnType("float32", 1), nullable);
}

function arrowData(column: Column, batch: Batch, counts: Int32Array, type: DataType): Data {
  const length = batch.rows;
  if (column.kind === "time")
    return makeData({ type: new TimestampMillisecond(), length, data: toBigIntMilliseconds(batch.time) });
  if (column.kind === "count") return makeData({ type: new Int32(), length, data: counts });
  if (column.kind === "metadata") return metadataData(column.name, batch, type);
  if (column.kind === "flag") {
    const flags = batch.failures.get(column.name ?? "");
    return flags === undefined
      ? nullData(type, length)
      : tensorToArrowData({ dtype: "bool", dims: [length], data: flags });
  }
  if (column.kind === "longShape")
    return vectorFromArray(longValues(column, batch).map(bigInts), type).data[0] ?? nullData(type, length);
  if (column.kind === "longDigest")
    return vectorFromArray(longValues(column, batch), type).data[0] ?? nullData(type, length);
  const found = portCells(column, batch);
  return found === undefined ? nullData(type, length) : tensorToArrowData(found.tensor, found.valid);
}

function asList(batches: Batches): readonly Batch[] {
  return "rows" in batches ? [batches] : batches;
}
