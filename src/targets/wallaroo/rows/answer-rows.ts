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

/**
 * Columns as `infer` answers them: `out.y` is in `out`. With a separator the names stay flat.
 *
 * @param validations the names of the deployed validations, for answers of older releases, which only count failures
 */
export function columnsOfTable(
  table: Table,
  isFlat: boolean,
  validations: readonly string[] = [],
): Record<string, unknown> {
  const columns: Record<string, unknown> = {};
  table.schema.fields.forEach(({ name }, i) => {
    const read = valuesOf(name, table.getChildAt(i) as Vector);
    // Older releases list the failed checks of a row, and the SDK counts them.
    const values =
      name === "check_failures" ? read.map((value) => (Array.isArray(value) ? value.length : value)) : read;
    const dot = isFlat ? -1 : name.indexOf(".");
    if (dot === -1) return setOwnProperty(columns, name, values);
    const group = name.slice(0, dot);
    if (!Object.hasOwn(columns, group)) setOwnProperty(columns, group, {});
    setOwnProperty(columns[group] as Record<string, unknown>, name.slice(dot + 1), values);
  });
  if (!isFlat) addCounts(columns, validations);
  return columns;
}

/**
 * Older releases answer with `check_failures`, later ones with `anomaly.count`: a record has both. Which validation
 * failed is only known if none, all or the only one did; else it is null.
 */
function addCounts(columns: Record<string, unknown>, validations: readonly string[]): void {
  const anomaly = columns["anomaly"] as Record<string, unknown> | undefined;
  const counts = columns["check_failures"] as readonly (number | null)[] | undefined;
  if (anomaly?.["count"] !== undefined) columns["check_failures"] ??= anomaly["count"];
  else if (counts !== undefined) {
    const flags = counts.map((count) => (count === 0 ? false : count === validations.length ? true : null));
    columns["anomaly"] = { count: counts, ...Object.fromEntries(validations.map((name) => [name, flags])), ...anomaly };
  }
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
