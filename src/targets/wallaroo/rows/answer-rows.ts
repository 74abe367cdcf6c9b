import type { Table, Vector } from "apache-arrow";
import { setOwnProperty } from "../../../util/objects.js";

/** The values of a column: lists are arrays, times are dates. */
function valuesOf(name: string, vector: Vector): unknown[] {
  return Array.from({ length: vector.length }, (_, i) => {
    const value: unknown = vector.get(i);
    return name === "time" && value !== null ? new Date(Number(value)) : plainValue(value);
  });
}

function plainValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>);
  if (Symbol.iterator in value && !(value instanceof Date)) return Array.from(value as Iterable<unknown>, plainValue);
  return value;
}

/** Columns as `infer` answers them: `out.y` is in `out`. With a separator the names stay flat. */
export function columnsOfTable(table: Table, isFlat: boolean): Record<string, unknown> {
  const columns: Record<string, unknown> = {};
  table.schema.fields.forEach(({ name }, i) => {
    const values = valuesOf(name, table.getChildAt(i) as Vector);
    const dot = isFlat ? -1 : name.indexOf(".");
    if (dot === -1) return setOwnProperty(columns, name, values);
    const group = name.slice(0, dot);
    if (!Object.hasOwn(columns, group)) setOwnProperty(columns, group, {});
    setOwnProperty(columns[group] as Record<string, unknown>, name.slice(dot + 1), values);
  });
  if (!isFlat) addCounts(columns);
  return columns;
}

/** Older releases answer with `check_failures`, later ones with `anomaly.count`: a record has both. */
function addCounts(columns: Record<string, unknown>): void {
  const anomaly = columns["anomaly"] as Record<string, unknown> | undefined;
  if (anomaly?.["count"] !== undefined) columns["check_failures"] ??= anomaly["count"];
  else if (columns["check_failures"] !== undefined)
    columns["anomaly"] = { count: columns["check_failures"], ...anomaly };
}

/** The rows of columns. */
export function recordsOfColumns(columns: Readonly<Record<string, unknown>>, rows: number): Record<string, unknown>[] {
  const cell = (column: unknown, row: number): unknown => {
    if (Array.isArray(column)) return column[row];
    return Object.fromEntries(Object.entries(column as object).map(([name, inner]) => [name, cell(inner, row)]));
  };
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, cell(column, row)])),
  );
}
