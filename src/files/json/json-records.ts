import type { Port } from "../../../dsl/tensor.js";
import { isRecord } from "../../util/objects.js";
import { isLogRow } from "./log-row.js";

// The JSON texts that tables are written as: https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.to_json.html

type JsonObject = Readonly<Record<string, unknown>>;

/** Members in which servers' clients wrap the rows of a request. */
const wrappers = ["dataframe_split", "dataframe_records", "instances"];

/**
 * The records of a JSON value: `[{ x: 1 }]`, or one of the other forms that pandas writes, or columns with one entry
 * per row, or one row of an exported log. Any other value is returned as it is, for the request's reader to refuse.
 */
export function toRecords(value: unknown, ports: readonly Port[], isWrapped = false): unknown {
  if (!isRecord(value)) return value;
  if (isLogRow(value, ports)) return [value];
  const inputs = ports.map(({ name }) => name);
  const keys = Object.keys(value);
  const isInput = keys.some((key) => inputs.includes(key));
  const [only] = keys;
  if (!isWrapped && !isInput && keys.length === 1 && only !== undefined && wrappers.includes(only))
    return toRecords(value[only], ports, true);
  if (!isInput) return fromSplit(value) ?? fromTable(value) ?? fromIndexed(value, inputs) ?? fromColumns(value);
  return fromColumns(value);
}

/** `orient="split"`: `{ columns: ["x"], index: [0], data: [[1]] }`. */
function fromSplit({ columns, data }: JsonObject): unknown {
  if (!Array.isArray(columns) || !Array.isArray(data)) return null;
  const width = columns.length;
  if (!data.every((row): row is unknown[] => Array.isArray(row) && row.length === width)) return null;
  return data.map((row) => Object.fromEntries(row.map((value, i) => [String(columns[i]), value])));
}

/** `orient="table"`: `{ schema: { fields, primaryKey: ["index"] }, data: [{ index: 0, x: 1 }] }`. */
function fromTable({ schema, data }: JsonObject): unknown {
  if (!isRecord(schema) || !Array.isArray(schema.fields) || !Array.isArray(data)) return null;
  const index: readonly unknown[] = Array.isArray(schema.primaryKey) ? schema.primaryKey : [];
  return data.map((row: unknown) =>
    isRecord(row) ? Object.fromEntries(Object.entries(row).filter(([key]) => !index.includes(key))) : row,
  );
}

/** `orient="index"`: `{ "0": { x: 1 } }`. */
function fromIndexed(value: JsonObject, inputs: readonly string[]): unknown {
  const rows = Object.values(value);
  const isRow = (row: unknown): boolean => isRecord(row) && inputs.some((name) => Object.hasOwn(row, name));
  return rows.length > 0 && rows.every(isRow) ? rows : null;
}

/** Columns: `{ x: [1, 2] }`, or `orient="columns"`: `{ x: { "0": 1, "1": 2 } }`. */
function fromColumns(value: JsonObject): unknown {
  const columns = Object.entries(value).map(([name, column]) => [name, columnValues(column)] as const);
  const length = columns[0]?.[1]?.length ?? 0;
  // Uneven columns are refused with their lengths when the request is read.
  if (length === 0 || !columns.every(([, column]) => column?.length === length)) return value;
  return Array.from({ length }, (_, row) => Object.fromEntries(columns.map(([name, column]) => [name, column?.[row]])));
}

function columnValues(column: unknown): readonly unknown[] | null {
  if (Array.isArray(column)) return column as unknown[];
  return isRecord(column) ? Object.values(column) : null;
}
