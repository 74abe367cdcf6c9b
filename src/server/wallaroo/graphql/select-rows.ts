import { isRecord } from "../../../util/objects.js";
import type { Plane } from "../control-plane.js";
import { columnValue, objectTypes, type ObjectType } from "./types.js";

/** The arguments of a list field. */
export interface ListArguments {
  readonly where?: unknown;
  readonly order_by?: unknown;
  readonly distinct_on?: unknown;
  readonly limit?: number | null;
  readonly offset?: number | null;
}

type Row = Readonly<Record<string, unknown>>;

/** Filters, orders and cuts the rows of a list field. */
export function selectRows(typeName: string, rows: readonly Row[], given: ListArguments, plane: Plane): Row[] {
  const { where, order_by: orderBy, distinct_on: distinctOn, limit, offset } = given;
  const type = objectTypes[typeName] as ObjectType;
  let selected = isRecord(where) ? rows.filter((row) => matches(type, row, where, plane)) : [...rows];
  for (const key of asList(orderBy).filter(isRecord).reverse()) selected = ordered(type, selected, key, plane);
  const columns = asList(distinctOn).map(String);
  if (columns.length > 0) {
    const seen = new Set<string>();
    selected = selected.filter((row) => {
      const key = JSON.stringify(columns.map((column) => columnValue(type, row, column, plane) ?? null));
      return !seen.has(key) && seen.add(key);
    });
  }
  const from = Math.max(offset ?? 0, 0);
  return selected.slice(from, limit === null || limit === undefined ? undefined : from + Math.max(limit, 0));
}

function asList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function matches(type: ObjectType, row: Row, where: Readonly<Record<string, unknown>>, plane: Plane): boolean {
  return Object.entries(where).every(([key, condition]) => {
    if (condition === null) return true;
    const list = asList(condition).filter(isRecord);
    if (key === "_and") return list.every((each) => matches(type, row, each, plane));
    if (key === "_or") return list.some((each) => matches(type, row, each, plane));
    if (key === "_not") return list.every((each) => !matches(type, row, each, plane));
    if (!isRecord(condition)) return true;
    const relation = type.relations[key];
    if (relation === undefined) return holds(columnValue(type, row, key, plane) ?? null, condition);
    const target = objectTypes[relation.type] as ObjectType;
    const found = relation.read(row as never, plane);
    return asList(found).some((each) => matches(target, each as Row, condition, plane));
  });
}

type Comparison = (value: unknown, operand: unknown) => boolean;
const textOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
const order = (a: unknown, b: unknown): number => {
  if (a === null || b === null) return Number.NaN;
  const areNumbers = typeof a === "number" && typeof b === "number";
  const left = areNumbers ? a : textOf(a);
  const right = areNumbers ? b : textOf(b);
  return left < right ? -1 : left > right ? 1 : 0;
};

/** The comparisons of a column. As in SQL, null equals nothing. */
export const comparisons: Readonly<Record<string, Comparison>> = {
  _eq: (value, operand) => order(value, operand) === 0,
  _neq: (value, operand) => Math.abs(order(value, operand)) === 1,
  _gt: (value, operand) => order(value, operand) > 0,
  _gte: (value, operand) => order(value, operand) >= 0,
  _lt: (value, operand) => order(value, operand) < 0,
  _lte: (value, operand) => order(value, operand) <= 0,
  _in: (value, operand) => asList(operand).some((each) => order(value, each) === 0),
  _nin: (value, operand) => value !== null && asList(operand).every((each) => order(value, each) !== 0),
  _is_null: (value, operand) => (value === null) === (operand === true),
};

function holds(value: unknown, condition: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(condition).every(
    ([name, operand]) => operand === undefined || (comparisons[name]?.(value, operand) ?? false),
  );
}

function ordered(type: ObjectType, rows: readonly Row[], by: Readonly<Record<string, unknown>>, plane: Plane): Row[] {
  const [name, direction] = Object.entries(by)[0] ?? [];
  if (name === undefined) return [...rows];
  const isDescending = (text: unknown): boolean => String(text).startsWith("desc");
  const relation = type.relations[name];
  if (relation !== undefined) {
    const [inner, innerDirection] = isRecord(direction) ? (Object.entries(direction)[0] ?? []) : [];
    if (inner === undefined) return [...rows];
    const target = objectTypes[relation.type] as ObjectType;
    const keyOf = (row: Row): unknown => {
      const found = relation.read(row as never, plane);
      return isRecord(found) ? (columnValue(target, found, inner, plane) ?? null) : null;
    };
    return sorted(rows, keyOf, isDescending(innerDirection));
  }
  return sorted(rows, (row) => columnValue(type, row, name, plane) ?? null, isDescending(direction));
}

function sorted(rows: readonly Row[], keyOf: (row: Row) => unknown, descending: boolean): Row[] {
  const sign = descending ? -1 : 1;
  return rows
    .map((row) => ({ row, key: keyOf(row) }))
    .sort((a, b) => sign * (order(a.key, b.key) || 0))
    .map(({ row }) => row);
}
