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
import type { DefinitionNames } from "../../../wallaroo/read/runnable-definition.js";
import { asksMetadata, type Dataset } from "./dataset-query.js";

export type PlatformBatch = ResultBatch & Partial<RowsMetadata>;

/** What the rows of a version have in the platform's form. */
export interface PlatformForm {
  readonly dataset: Dataset;
  /** Releases up to 2023.4 have `check_failures`, later ones `anomaly.*`. */
  readonly checkFailures: boolean;
  /** By the number of a version in the data folder. */
  readonly versionOf: (version: number | undefined) => PlatformVersion;
}

interface PlatformVersion {
  /** Its name on the platform. */
  readonly name: string;
  readonly config: Config | null;
  /** What the config's models and validations are named on the platform. */
  readonly names: DefinitionNames;
}

const metadataNames = ["last_model", "pipeline_version", "elapsed", "dropped", "partition"] as const;

/** Columns of validations whose names a config cannot have: the platform's names by those of the config. */
function checkColumns({ names: { dialect, validations } }: PlatformVersion, separator: string): Map<string, string> {
  // Older checks may share a name, and have no columns on their platform.
  const renamed = dialect === "checks" ? [] : [...validations].filter(([own, shown]) => own !== shown);
  return new Map(renamed.map((pair) => pair.map((name) => `anomaly${separator}${name}`) as [string, string]));
}

function selection({ dataset, checkFailures }: PlatformForm, version: PlatformVersion): ColumnSelection {
  const asked = new Map([...checkColumns(version, ".")].map(([own, shown]) => [shown, own]));
  const own = dataset.dataset.filter((name) => name !== "metadata" && !name.startsWith("metadata."));
  const wanted = own.flatMap((name) =>
    name === "anomaly" && checkFailures ? [name, "check_failures"] : [asked.get(name) ?? name],
  );
  return {
    dataset: checkFailures ? [...wanted, "check_failures"] : wanted.length === 0 ? ["time"] : wanted,
    exclude: [
      ...dataset.exclude
        .filter((name) => name !== "check_failures" || !checkFailures)
        .map((name) => asked.get(name) ?? name),
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
  const { name: version, config, names } = form.versionOf(batch.version);
  switch (name) {
    case "last_model": {
      const model = batch.lastModel?.[row] ?? "";
      const sha = config?.models.find((each) => each.name === model)?.sha256 ?? "";
      return JSON.stringify({ model_name: names.models.get(model)?.name ?? model, model_sha: sha });
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
    const version = form.versionOf(batch.version);
    const shown = checkColumns(version, separator);
    return toRecords([batch], selection(form, version)).map((record, row) => {
      const flat = withNames(finite(record) as Record<string, unknown>, shown);
      if (flat["time"] instanceof Date) flat["time"] = flat["time"].getTime();
      if (form.checkFailures) flat["check_failures"] = failuresOf(batch, row, version.config);
      for (const name of names) flat[`metadata${separator}${name}`] = metadataValue(name, batch, row, form);
      return flat;
    });
  });
}

function withNames(record: Record<string, unknown>, names: ReadonlyMap<string, string>): Record<string, unknown> {
  if (names.size === 0) return record;
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [names.get(name) ?? name, value]));
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
  const version = form.versionOf(batches[0]?.version);
  const shown = checkColumns(version, form.dataset.separator);
  const table = toTable(batches, selection(form, version));
  const lists = form.checkFailures ? checkLists(batches, form) : null;
  const isEmpty = table.numRows === 0;
  // The SDK reads the first value of `dropped`.
  const names = wantedMetadata(form).filter((name) => name !== "dropped" || !isEmpty);
  const extra = names.map(
    (name) => [`metadata${form.dataset.separator}${name}`, metadataVector(name, batches, form)] as const,
  );
  const fields = table.schema.fields.map((field) =>
    lists !== null && field.name === "check_failures"
      ? new Field(field.name, lists.type, true)
      : new Field(shown.get(field.name) ?? field.name, field.type, field.nullable, field.metadata),
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
