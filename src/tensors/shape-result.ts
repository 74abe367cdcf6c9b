import type { DataType} from "apache-arrow";
import { Field, Int32, RecordBatch, Schema, Struct, Table, TimestampMillisecond, makeData, type Data } from "apache-arrow";
import { StorageError } from "../../dsl/errors.js";
import { columnType, nullData, tensorToArrowData } from "./arrow.js";
import { nestedRows, type NestedValue } from "./nested.js";
import type { ResultBatch } from "./result.js";
import type { TensorData } from "./tensor-data.js";

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

/** One batch, or several one after the other: rows of a log come in batches of one pipeline version and one set of shapes. */
export type Batches = ResultBatch | readonly ResultBatch[];

/**
 * Rows as records. Where batches have different columns, a row holds null in those that its batch lacks.
 *
 * @example asRecords(batch)[0]?.out.dense_1 // [0.0014974177]
 */
export function asRecords(batches: Batches): ResultRecord[] {
  const { time, groups, counts } = columnsOf(listOf(batches));
  return time.map((at, row) => {
    const record: Record<string, unknown> = { time: at };
    for (const [group, columns] of groups) {
      const values: Record<string, unknown> = {};
      for (const [name, column] of columns) put(values, name, column[row]);
      record[group] = values;
    }
    record.check_failures = counts[row];
    return record as unknown as ResultRecord;
  });
}

/** Rows as columns of plain values. Names such as `__proto__` become own properties like any other. */
export function asColumns(batches: Batches): ResultColumns {
  const { time, groups, counts } = columnsOf(listOf(batches));
  const result: Record<string, unknown> = { time };
  for (const [group, columns] of groups) {
    const values: Record<string, unknown> = {};
    for (const [name, column] of columns) put(values, name, column);
    result[group] = values;
  }
  result.check_failures = counts;
  return result as unknown as ResultColumns;
}

/** All values by group and name; groups are `in`, `out`, `out_<challenger>` and `anomaly`, so none is hostile. */
function columnsOf(list: readonly ResultBatch[]) {
  const groups = new Map<string, [name: string, values: unknown[]][]>([
    ["in", []],
    ["out", []],
  ]);
  for (const column of layout(list)) {
    const values: unknown[] = [];
    for (const batch of list) appendValues(values, column, batch);
    const group = groups.get(column.group);
    if (group === undefined) groups.set(column.group, [[column.name, values]]);
    else group.push([column.name, values]);
  }
  const time: Date[] = [];
  const counts: number[] = [];
  for (const batch of list) {
    for (const ms of batch.time) time.push(new Date(ms));
    for (const count of failureCounts(batch)) counts.push(count);
  }
  return { time, groups, counts };
}

/** Sets an own property, also one called `__proto__`, which plain assignment would take for the prototype. */
function put(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}

/**
 * Rows as one Arrow table with flat columns: `time`, `in.*`, `out.*`, `out_<challenger>.*`, `anomaly.count`,
 * `anomaly.<name>`, `check_failures`. Numbers are not copied. Columns that a batch lacks are null in its rows.
 *
 * @throws StorageError SL7012 where two batches hold one column in different types
 */
export function asTable(batches: Batches): Table {
  const list = listOf(batches);
  const columns = [{ group: "time", name: "", kind: "time" } as Column, ...layout(list), { group: "check_failures", name: "", kind: "count" } as Column];
  const fields = columns.map((column) => fieldOf(column, list));
  const schema = new Schema(fields);
  const struct = new Struct(fields);
  const parts = list.map((batch) => {
    const children = columns.map((column, i) => dataOf(column, batch, fields[i]?.type ?? new Int32()));
    return new RecordBatch(schema, makeData({ type: struct, length: batch.rows, nullCount: 0, children }));
  });
  return new Table(schema, parts);
}

type Kind = "time" | "port" | "count" | "flag";

/** `group` and `name` make the column's flat name; challengers' groups are `out_<challenger>`. */
interface Column {
  readonly group: string;
  readonly name: string;
  readonly kind: Kind;
}

/** Every column of any of the batches, in the order of the contract. */
function layout(list: readonly ResultBatch[]): Column[] {
  const columns: Column[] = [];
  const add = (group: string, kind: Kind, names: (batch: ResultBatch) => Iterable<string>) => {
    const seen = new Set<string>();
    for (const batch of list) for (const name of names(batch)) seen.add(name);
    for (const name of seen) columns.push({ group, name, kind });
  };
  add("in", "port", (batch) => batch.inputs.keys());
  add("out", "port", (batch) => batch.outputs.keys());
  const challengers = new Set<string>();
  for (const batch of list) for (const name of batch.challengers.keys()) challengers.add(name);
  for (const name of challengers) add(`out_${name}`, "port", (batch) => batch.challengers.get(name)?.outputs.keys() ?? []);
  columns.push({ group: "anomaly", name: "count", kind: "count" });
  add("anomaly", "flag", (batch) => batch.failures.keys());
  return columns;
}

interface Cells {
  readonly tensor: TensorData;
  readonly valid?: Uint8Array;
}

function cells(column: Column, batch: ResultBatch): Cells | undefined {
  if (column.group === "in") return wrap(batch.inputs.get(column.name));
  if (column.group === "out") return wrap(batch.outputs.get(column.name));
  const challenger = batch.challengers.get(column.group.slice("out_".length));
  return wrap(challenger?.outputs.get(column.name), challenger?.answered);
}

function wrap(tensor: TensorData | undefined, valid?: Uint8Array): Cells | undefined {
  if (tensor === undefined) return undefined;
  return valid === undefined ? { tensor } : { tensor, valid };
}

function appendValues(values: unknown[], column: Column, batch: ResultBatch): void {
  if (column.kind === "count") {
    for (const count of failureCounts(batch)) values.push(count);
    return;
  }
  if (column.kind === "flag") {
    const flags = batch.failures.get(column.name);
    for (let row = 0; row < batch.rows; row++) values.push(flags === undefined ? null : flags[row] === 1);
    return;
  }
  const found = cells(column, batch);
  const rows = found === undefined ? [] : nestedRows(found.tensor);
  for (let row = 0; row < batch.rows; row++) {
    values.push(found === undefined || (found.valid !== undefined && found.valid[row] !== 1) ? null : (rows[row] ?? null));
  }
}

function fieldOf(column: Column, list: readonly ResultBatch[]): Field {
  if (column.kind === "time") return new Field("time", new TimestampMillisecond(), false);
  if (column.kind === "count") return new Field(column.name === "" ? column.group : `${column.group}.${column.name}`, new Int32(), false);
  const name = `${column.group}.${column.name}`;
  if (column.kind === "flag") return new Field(name, columnType("bool", 1), list.some((batch) => !batch.failures.has(column.name)));
  let type: DataType | undefined;
  let nullable = false;
  for (const batch of list) {
    const found = cells(column, batch);
    nullable ||= found === undefined || found.valid?.includes(0) === true;
    if (found === undefined) continue;
    const own = columnType(found.tensor.dtype, found.tensor.dims.length);
    if (type !== undefined && String(type) !== String(own)) {
      throw new StorageError("SL7012", `column '${name}' holds ${String(type)} in newer rows and ${String(own)} in older ones, which one table cannot; read fewer rows, or records`, { column: name });
    }
    type = own;
  }
  return new Field(name, type ?? columnType("float32", 1), nullable);
}

function dataOf(column: Column, batch: ResultBatch, type: DataType): Data {
  const length = batch.rows;
  if (column.kind === "time") return makeData({ type: new TimestampMillisecond(), length, data: BigInt64Array.from(batch.time, (ms) => BigInt(Math.trunc(ms))) });
  if (column.kind === "count") return makeData({ type: new Int32(), length, data: failureCounts(batch) });
  if (column.kind === "flag") {
    const flags = batch.failures.get(column.name);
    return flags === undefined ? nullData(type, length) : tensorToArrowData({ dtype: "bool", dims: [length], data: flags });
  }
  const found = cells(column, batch);
  return found === undefined ? nullData(type, length) : tensorToArrowData(found.tensor, found.valid);
}

/** Failed validations of every row. */
export function failureCounts(batch: Pick<ResultBatch, "rows" | "failures">): Int32Array {
  const counts = new Int32Array(batch.rows);
  for (const flags of batch.failures.values()) for (let row = 0; row < counts.length; row++) counts[row] = (counts[row] ?? 0) + (flags[row] ?? 0);
  return counts;
}

function listOf(batches: Batches): readonly ResultBatch[] {
  return "rows" in batches ? [batches] : batches;
}
