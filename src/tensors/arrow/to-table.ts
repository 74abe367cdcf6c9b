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
  type DataType,
} from "apache-arrow";
import { StorageError } from "../../../dsl/errors.js";
import { toBigIntMilliseconds } from "../../util/quantities/to-bigint-milliseconds.js";
import { allColumns, type ColumnSelection } from "../column-selection.js";
import { type BatchMetadata, metadataColumns } from "../metadata-columns.js";
import { failureCounts, withheldColumns } from "../result.js";
import {
  asList,
  type Batch,
  type Batches,
  type Column,
  flatName,
  layout,
  longValues,
  portCells,
} from "../result-columns.js";
import { columnRank } from "../tensor-data.js";
import { columnType, nullData, tensorToArrowData } from "./to-arrow.js";

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

/** The excluded and redacted columns as a schema's metadata: lists of flat names as JSON; empty if there are none. */
function withheldMetadata(list: readonly Batch[]): Map<string, string> {
  const { excluded, redacted } = withheldColumns(list);
  return new Map(
    Object.entries({ excluded, redacted }).flatMap(([what, columns]) =>
      columns.length === 0 ? [] : [[`shapeline.${what}`, JSON.stringify(columns)] as const],
    ),
  );
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

function bigInts(value: readonly number[] | string | null): readonly bigint[] | null {
  return Array.isArray(value) ? value.map(BigInt) : null;
}

function metadataType(name: string | null): DataType {
  return metadataColumns.get(name ?? "")?.type === "nanoseconds" ? columnType("int64", 2) : columnType("string", 1);
}

function metadataData(name: string | null, batch: BatchMetadata, type: DataType): Data {
  const column = metadataColumns.get(name ?? "");
  const values = Array.from({ length: batch.rows }, (_, row) => {
    const value = column?.value(batch, row) ?? null;
    if (value === null || column?.type === "text") return value;
    return column?.type === "json"
      ? JSON.stringify(value)
      : (value as readonly number[]).map((ns) => BigInt(Math.round(ns)));
  });
  return vectorFromArray(values, type).data[0] ?? nullData(type, batch.rows);
}
