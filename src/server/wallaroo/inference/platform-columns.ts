import {
  Field,
  List,
  makeData,
  Schema,
  Struct,
  Table,
  RecordBatch,
  Utf8,
  vectorFromArray,
  Int64,
  type Data,
  type DataType,
  type Vector,
} from "apache-arrow";
import type { Config } from "../../../config/schema.js";
import { toTable } from "../../../tensors/arrow/to-table.js";
import type { ColumnSelection } from "../../../tensors/column-selection.js";
import { toRecords } from "../../../tensors/format-result.js";
import { type ResultBatch, type RowsMetadata } from "../../../tensors/result.js";
import { asksMetadata, type Dataset } from "./dataset-query.js";

export type PlatformBatch = ResultBatch & Partial<RowsMetadata>;

/** What the rows of a version have in the platform's form. */
export interface PlatformForm {
  readonly dataset: Dataset;
  /** Releases up to 2023.4 have `check_failures`, later ones `anomaly.*`. */
  readonly checkFailures: boolean;
  /** By the number of a version in the data folder: its name on the platform, and its config. */
  readonly versionOf: (version: number | undefined) => { readonly name: string; readonly config: Config | null };
}

const metadataNames = ["last_model", "pipeline_version", "elapsed", "dropped", "partition"] as const;

function selection({ dataset, checkFailures }: PlatformForm): ColumnSelection {
  const own = dataset.dataset.filter((name) => name !== "metadata" && !name.startsWith("metadata."));
  const wanted = own.flatMap((name) => (name === "anomaly" && checkFailures ? [name, "check_failures"] : [name]));
  return {
    dataset: checkFailures ? [...wanted, "check_failures"] : wanted.length === 0 ? ["time"] : wanted,
    exclude: [
      ...dataset.exclude.filter((name) => name !== "check_failures" || !checkFailures),
      ...(checkFailures ? ["anomaly"] : ["check_failures"]),
      "metadata",
    ],
    separator: dataset.separator,
    lenient: true,
  };
}

function wantedMetadata({ dataset }: PlatformForm): (typeof metadataNames)[number][] {
  if (!asksMetadata(dataset)) return [];
  return metadataNames.filter(
    (name) =>
      (dataset.dataset.includes("metadata") || dataset.dataset.includes(`metadata.${name}`)) &&
      !dataset.exclude.includes(`metadata.${name}`),
  );
}

function metadataValue(
  name: (typeof metadataNames)[number],
  batch: PlatformBatch,
  row: number,
  form: PlatformForm,
): unknown {
  const { name: version, config } = form.versionOf(batch.version);
  switch (name) {
    case "last_model": {
      const model = batch.lastModel?.[row] ?? "";
      const sha = config?.models.find((each) => each.name === model)?.sha256 ?? "";
      return JSON.stringify({ model_name: model, model_sha: sha });
    }
    case "pipeline_version":
      return version;
    case "elapsed":
      return (batch.elapsed?.[row] ?? []).map((ns) => Math.round(ns));
    case "dropped":
      return droppedColumns(batch);
    case "partition":
      return "shapeline";
  }
}

/** Columns that the log leaves out. */
function droppedColumns({ withheld }: PlatformBatch): string[] {
  return withheld === undefined ? [] : [...withheld.excluded];
}

/** Rows as a list of flat objects. NaN and infinities become null, as the platform's JSON has them. */
export function platformRecords(batches: readonly PlatformBatch[], form: PlatformForm): Record<string, unknown>[] {
  const names = wantedMetadata(form);
  const { separator } = form.dataset;
  return batches.flatMap((batch) => {
    const { config } = form.versionOf(batch.version);
    return toRecords([batch], selection(form)).map((record, row) => {
      const flat = finite(record) as Record<string, unknown>;
      if (flat["time"] instanceof Date) flat["time"] = flat["time"].getTime();
      if (form.checkFailures) flat["check_failures"] = failuresOf(batch, row, config);
      for (const name of names) flat[`metadata${separator}${name}`] = metadataValue(name, batch, row, form);
      return flat;
    });
  });
}

/** The failed checks of a row, as the older platform lists them. */
export function failuresOf(batch: PlatformBatch, row: number, config: Config | null): unknown[] {
  const failed: unknown[] = [];
  for (const [name, flags] of batch.failures) {
    if (flags[row] !== 1) continue;
    const step = config?.steps.find((each) => each.kind === "validation" && each.name === name);
    failed.push({ False: { expr: step?.kind === "validation" ? step.source : name } });
  }
  return failed;
}

function finite(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const each: unknown = value[i];
      if (typeof each !== "number" || !Number.isFinite(each)) value[i] = finite(each);
    }
    return value as unknown[];
  }
  if (typeof value === "object" && value !== null && !(value instanceof Date))
    for (const [key, each] of Object.entries(value)) (value as Record<string, unknown>)[key] = finite(each);
  return value;
}

/** Rows as one Arrow table in the platform's form. */
export function platformTable(
  batches: readonly PlatformBatch[],
  form: PlatformForm,
  schemaMetadata: ReadonlyMap<string, string> = new Map(),
): Table {
  const table = toTable(batches, selection(form));
  const lists = form.checkFailures ? checkLists(batches, form) : null;
  const isEmpty = table.numRows === 0;
  // The SDK reads the first value of `dropped`.
  const names = wantedMetadata(form).filter((name) => name !== "dropped" || !isEmpty);
  const extra = names.map(
    (name) => [`metadata${form.dataset.separator}${name}`, metadataVector(name, batches, form)] as const,
  );
  const fields = table.schema.fields.map((field) =>
    lists !== null && field.name === "check_failures" ? new Field(field.name, lists.type, true) : field,
  );
  for (const [name, vector] of extra) fields.push(new Field(name, vector.type, true));
  const schema = new Schema(fields, new Map(schemaMetadata));
  let from = 0;
  const parts = table.batches.map((part) => {
    const begin = from;
    const to = (from += part.numRows);
    const children: Data[] = part.data.children.map((child: Data<DataType>, i): Data<DataType> =>
      lists !== null && table.schema.fields[i]?.name === "check_failures"
        ? ((lists.slice(begin, to).data[0] as Data<DataType> | undefined) ?? child)
        : child,
    );
    for (const [, vector] of extra) children.push(vector.slice(begin, to).data[0] as Data);
    const struct = new Struct(fields);
    return new RecordBatch(schema, makeData({ type: struct, length: part.numRows, nullCount: 0, children }));
  });
  return new Table(schema, parts);
}

/** The failed checks of each row as texts: the older SDK counts them itself. */
function checkLists(batches: readonly PlatformBatch[], form: PlatformForm): Vector {
  const lists = batches.flatMap((batch) => {
    const { config } = form.versionOf(batch.version);
    return Array.from({ length: batch.rows }, (_, row) =>
      failuresOf(batch, row, config).map((each) => JSON.stringify(each)),
    );
  });
  return vectorFromArray(lists, new List(new Field("item", new Utf8(), true)));
}

function metadataVector(
  name: (typeof metadataNames)[number],
  batches: readonly PlatformBatch[],
  form: PlatformForm,
): Vector {
  const values = batches.flatMap((batch) =>
    Array.from({ length: batch.rows }, (_, row) => metadataValue(name, batch, row, form)),
  );
  if (name === "elapsed") {
    const type = new List(new Field("item", new Int64(), true));
    return vectorFromArray(
      (values as number[][]).map((list) => list.map(BigInt)),
      type,
    );
  }
  return name === "dropped"
    ? vectorFromArray(values as string[][], new List(new Field("item", new Utf8(), true)))
    : vectorFromArray(values as string[], new Utf8());
}
