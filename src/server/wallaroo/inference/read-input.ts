import type { Table } from "apache-arrow";
import { splitKeys } from "../../../config/step-models.js";
import type { Config } from "../../../config/schema.js";
import { readArrowTable } from "../../../files/arrow/read-arrow.js";
import { ReadingPace } from "../../../files/reading-pace.js";
import { bounds } from "../../../util/bounds.js";
import { errorSummary } from "../../../util/error-message.js";
import { parseJsonExact } from "../../../util/json/parse-json-exact.js";
import { isRecord } from "../../../util/objects.js";
import { PlatformError } from "../errors.js";

type Metadata = Readonly<Record<string, string | number | boolean>>;

/** Rows that have the same metadata, in the order of the request. */
export interface InputPart {
  readonly input: unknown;
  readonly metadata: Metadata | null;
}

/** Parses a JSON body without a loss of digits. */
export function parseBody(bytes: Uint8Array): unknown {
  try {
    return parseJsonExact(new TextDecoder("utf-8", { fatal: true }).decode(bytes), true);
  } catch (error) {
    throw new PlatformError(400, `the body is not complete JSON in UTF-8: ${errorSummary(error)}`);
  }
}

/**
 * Divides records into parts: columns that no input has, and that a split reads, are metadata of their rows. NaN is
 * sent as null.
 */
export function recordParts(records: readonly unknown[], config: Config): InputPart[] {
  const keys = metadataColumns(config);
  const floats = floatInputs(config);
  const parts: { input: unknown[]; metadata: Metadata | null; key: string }[] = [];
  for (const record of records) {
    if (!isRecord(record)) {
      parts.push({ input: [record], metadata: null, key: "" });
      continue;
    }
    const row = { ...record };
    const metadata: Record<string, string | number | boolean> = {};
    for (const name of keys) {
      if (!Object.hasOwn(row, name)) continue;
      const value = row[name];
      delete row[name];
      if (value !== null) metadata[name] = metadataValue(name, value);
    }
    for (const name of floats) if (Object.hasOwn(row, name)) row[name] = withoutNulls(row[name]);
    const key = JSON.stringify(metadata);
    const last = parts.at(-1);
    if (last?.key === key) last.input.push(row);
    else parts.push({ input: [row], metadata: Object.keys(metadata).length === 0 ? null : metadata, key });
  }
  return parts;
}

/** As `recordParts`, for a table. */
export function tableParts(table: Table, config: Config): InputPart[] {
  const keys = metadataColumns(config).filter((name) => table.schema.fields.some((field) => field.name === name));
  const inputs = table.select(table.schema.fields.map(({ name }) => name).filter((name) => !keys.includes(name)));
  if (keys.length === 0) return [{ input: table, metadata: null }];
  const columns = keys.map((name) => [name, table.getChild(name)] as const);
  const parts: InputPart[] = [];
  let from = 0;
  let current: { readonly key: string; readonly metadata: Metadata | null } | null = null;
  for (let row = 0; row <= table.numRows; row++) {
    const metadata: Record<string, string | number | boolean> = {};
    if (row < table.numRows)
      for (const [name, column] of columns) {
        const value: unknown = column?.get(row);
        if (value !== null && value !== undefined) metadata[name] = metadataValue(name, value);
      }
    const key = row < table.numRows ? JSON.stringify(metadata) : "";
    if (current !== null && current.key !== key) {
      parts.push({ input: inputs.slice(from, row), metadata: current.metadata });
      from = row;
    }
    current = { key, metadata: Object.keys(metadata).length === 0 ? null : metadata };
  }
  return parts;
}

export function parseTable(bytes: Uint8Array): Promise<Table> {
  const format = new TextDecoder().decode(bytes.subarray(0, 6)) === "ARROW1" ? "arrow file" : "arrow stream";
  return readArrowTable(
    bytes,
    { maxBytes: bounds.fileBytes.limit, pace: new ReadingPace() },
    "the request's body",
    format,
  );
}

/** A dictionary of columns: `{"tensor": [[…], …]}`. */
export function dictionaryParts(value: Readonly<Record<string, unknown>>, config: Config): InputPart[] {
  const floats = floatInputs(config);
  const columns = Object.fromEntries(
    Object.entries(value).map(([name, column]) => [name, floats.includes(name) ? withoutNulls(column) : column]),
  );
  return [{ input: columns, metadata: null }];
}

function metadataColumns(config: Config): string[] {
  return splitKeys(config.steps).filter((key) => !config.inputs.some(({ name }) => name === key));
}

function floatInputs({ inputs }: Config): string[] {
  return inputs.filter(({ dtype }) => dtype.startsWith("float")).map(({ name }) => name);
}

function metadataValue(name: string, value: unknown): string | number | boolean {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new PlatformError(400, `the column '${name}', which a split reads, holds neither text, number nor boolean`);
}

function withoutNulls(value: unknown): unknown {
  if (value === null) return Number.NaN;
  return Array.isArray(value) ? value.map(withoutNulls) : value;
}
