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
  type Data,
} from "apache-arrow";
import { StorageError } from "../../dsl/errors.js";
import { columnType, nullData, tensorToArrowData } from "./arrow.js";
import { nestedRows, type NestedValue } from "./nested-lists.js";
import { chosenColumns, noChoice, type Choice } from "./column-selection.js";
import { metadataColumns, metadataData, metadataType } from "./metadata-columns.js";
import { put } from "./records.js";
import type { ResultBatch, RowsMetadata } from "./result.js";
import type { TensorData } from "./tensor-data.js";
import { toBigIntMilliseconds } from "../util/to-bigint-milliseconds.js";

/** The values of some ports of one row; null where the row has none. */
type PortValues = Readonly<Record<string, NestedValue | null>>;

/** One row as a record: `out_<challenger>` stands beside `out`, with null ports where the challenger gave no answer. */
export interface ResultRecord {
  readonly time: Date;
  readonly in: PortValues;
  readonly out: PortValues;
  readonly anomaly: Readonly<Record<string, boolean | number | null>> & { readonly count: number };
  readonly check_failures: number;
  readonly [challenger: `out_${string}`]: PortValues;
}

/** Many rows by column: the keys of a record, each with one array entry a row. */
export interface ResultColumns {
  readonly time: Date[];
  readonly in: Readonly<Record<string, (NestedValue | null)[]>>;
  readonly out: Readonly<Record<string, (NestedValue | null)[]>>;
  readonly anomaly: Readonly<Record<string, (boolean | number | null)[]>> & { readonly count: number[] };
  readonly check_failures: number[];
  readonly [challenger: `out_${string}`]: Readonly<Record<string, (NestedValue | null)[]>>;
}

/** A batch with what is known of its rows, as far as it is. */
type Batch = ResultBatch & Partial<RowsMetadata>;

/** One batch, or several one after the other: rows of a log come in batches of one pipeline version and one set of shapes. */
export type Batches = Batch | readonly Batch[];

/**
 * Rows as records. Where batches have different columns, a row holds null in those that its batch lacks.
 *
 * @throws InputError SL5031 where the choice names what is not there
 * @example asRecords(batch)[0]?.out.dense_1 // [0.0014974177]
 */
export function asRecords(batches: Batches, choice: Choice = noChoice): ResultRecord[] {
  const list = listOf(batches);
  const columns = layout(list, choice).map((column) => ({ ...column, values: valuesOf(column, list) }));
  const rows = list.reduce((sum, batch) => sum + batch.rows, 0);
  return Array.from(
    { length: rows },
    (_, row) => assembled(columns, choice, (values) => values[row]) as unknown as ResultRecord,
  );
}

/** Rows as columns of plain values. Names such as `__proto__` become own properties like any other. */
export function asColumns(batches: Batches, choice: Choice = noChoice): ResultColumns {
  const list = listOf(batches);
  const columns = layout(list, choice).map((column) => ({ ...column, values: valuesOf(column, list) }));
  return assembled(columns, choice, (values) => values) as unknown as ResultColumns;
}

/** Groups are `time`, `in`, `out`, `out_<model>`, `anomaly`, `check_failures` and `metadata`, so none is hostile. */
function assembled(
  columns: readonly (Column & { readonly values: unknown[] })[],
  { separator }: Choice,
  pick: (values: unknown[]) => unknown,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { group, name, kind, values } of columns) {
    if (kind === "group") result[group] ??= {};
    else if (name === null) result[group] = pick(values);
    else if (separator !== null) put(result, `${group}${separator}${name}`, pick(values));
    else put((result[group] ??= {}) as Record<string, unknown>, name, pick(values));
  }
  return result;
}

/**
 * Rows as one Arrow table with flat columns: `time`, `in.*`, `out.*`, `out_<challenger>.*`, `anomaly.count`,
 * `anomaly.<name>`, `check_failures`. Numbers are not copied. Columns that a batch lacks are null in its rows.
 *
 * @throws StorageError SL7012 where two batches hold one column in different types, InputError SL5031
 */
export function asTable(batches: Batches, choice: Choice = noChoice): Table {
  const list = listOf(batches);
  const columns = layout(list, choice).filter(({ kind }) => kind !== "group");
  const fields = columns.map((column) => fieldOf(column, list, choice.separator ?? "."));
  const schema = new Schema(fields);
  const struct = new Struct(fields);
  const parts = list.map((batch) => {
    const counts = failureCounts(batch);
    const children = columns.map((column, i) => dataOf(column, batch, counts, fields[i]?.type ?? new Int32()));
    return new RecordBatch(schema, makeData({ type: struct, length: batch.rows, nullCount: 0, children }));
  });
  return new Table(schema, parts);
}

type Kind = "time" | "port" | "count" | "flag" | "metadata" | "group";

/** `group` and `name` make the column's flat name; challengers' groups are `out_<challenger>`. A group that may be empty has an entry of its own. */
interface Column {
  readonly group: string;
  readonly name: string | null;
  readonly kind: Kind;
}

/** Every wanted column of any of the batches, in the order of the contract. */
function layout(list: readonly Batch[], choice: Choice): Column[] {
  const columns: Column[] = [{ group: "time", name: null, kind: "time" }];
  const add = (group: string, kind: Kind, names: (batch: Batch) => Iterable<string>) => {
    const seen = new Set<string>();
    for (const batch of list) for (const name of names(batch)) seen.add(name);
    for (const name of seen) columns.push({ group, name, kind });
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
  if (choice.dataset === null && choice.exclude.length === 0)
    return choice.separator === null ? columns : columns.filter(({ kind }) => kind !== "group");
  add("metadata", "metadata", (batch) => (batch.version === undefined ? [] : metadataColumns.keys()));
  const there = columns.filter(({ kind }) => kind !== "group");
  // Where there are no rows, nobody knows what columns they would have.
  if (list.length === 0) return there;
  const wanted = new Set(
    chosenColumns(
      there.map((column) => flatName(column)),
      choice,
    ),
  );
  return there.filter((column) => wanted.has(flatName(column)));
}

function flatName({ group, name }: Column, separator = "."): string {
  return name === null ? group : `${group}${separator}${name}`;
}

interface Cells {
  readonly tensor: TensorData;
  readonly valid?: Uint8Array;
}

function cells({ group, name }: Column, batch: ResultBatch): Cells | undefined {
  const port = name ?? "";
  if (group === "in") return wrap(batch.inputs.get(port));
  if (group === "out") return wrap(batch.outputs.get(port));
  const challenger = batch.challengers.get(group.slice("out_".length));
  return wrap(challenger?.outputs.get(port), challenger?.answered);
}

function wrap(tensor: TensorData | undefined, valid?: Uint8Array): Cells | undefined {
  if (tensor === undefined) return undefined;
  return valid === undefined ? { tensor } : { tensor, valid };
}

function valuesOf(column: Column, list: readonly Batch[]): unknown[] {
  const values: unknown[] = [];
  for (const batch of list) appendValues(values, column, batch);
  return values;
}

function appendValues(values: unknown[], column: Column, batch: Batch): void {
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
  if (column.kind === "count") {
    for (const count of failureCounts(batch)) values.push(count);
    return;
  }
  if (column.kind === "flag") {
    const flags = batch.failures.get(column.name ?? "");
    for (let row = 0; row < batch.rows; row++) values.push(flags === undefined ? null : flags[row] === 1);
    return;
  }
  const found = cells(column, batch);
  const rows = found === undefined ? [] : nestedRows(found.tensor);
  for (let row = 0; row < batch.rows; row++) {
    values.push(
      found === undefined || (found.valid !== undefined && found.valid[row] !== 1) ? null : (rows[row] ?? null),
    );
  }
}

function fieldOf(column: Column, list: readonly Batch[], separator: string): Field {
  const name = flatName(column, separator);
  if (column.kind === "time") return new Field(name, new TimestampMillisecond(), false);
  if (column.kind === "count") return new Field(name, new Int32(), false);
  if (column.kind === "metadata") return new Field(name, metadataType(column.name), true);
  if (column.kind === "flag")
    return new Field(
      name,
      columnType("bool", 1),
      list.some((batch) => !batch.failures.has(column.name ?? "")),
    );
  let type: DataType | undefined;
  let nullable = false;
  for (const batch of list) {
    const found = cells(column, batch);
    nullable ||= found === undefined || found.valid?.includes(0) === true;
    if (found === undefined) continue;
    const own = columnType(found.tensor.dtype, found.tensor.dims.length);
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

function dataOf(column: Column, batch: Batch, counts: Int32Array, type: DataType): Data {
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
  const found = cells(column, batch);
  return found === undefined ? nullData(type, length) : tensorToArrowData(found.tensor, found.valid);
}

/** Failed validations of every row. */
export function failureCounts(batch: Pick<ResultBatch, "rows" | "failures">): Int32Array {
  const counts = new Int32Array(batch.rows);
  for (const flags of batch.failures.values())
    for (let row = 0; row < counts.length; row++) if (flags[row] === 1) counts[row] = (counts[row] ?? 0) + 1;
  return counts;
}

function listOf(batches: Batches): readonly Batch[] {
  return "rows" in batches ? [batches] : batches;
}
