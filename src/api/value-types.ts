import type { DType } from "../../dsl/tensor.js";
import { isDictionary, isRecord, setOwnProperty } from "../util/objects.js";
import { isWrittenArray, readTypedArray } from "./typed-arrays.js";

/** What the values of a column are: a dtype, a time as ISO 8601, or JSON as it is. */
export type ValueType = DType | "time" | "json";

/** The types of a record's columns, in the form of the record: `{ time: "time", in: { amount: "float32" } }`. */
export interface RecordTypes {
  readonly [column: string]: ValueType | { readonly [name: string]: ValueType };
}

type Restore = (value: unknown) => unknown;

/**
 * Restores what JSON cannot say: dates, bigints, NaN and infinities. Works for a record and for columns, whose values
 * are lists.
 *
 * @param types as the server says; a value without a type stays as it is
 */
export function restoreRecord(record: unknown, types: RecordTypes): Record<string, unknown> {
  const restored: Record<string, unknown> = {};
  if (!isRecord(record)) return restored;
  for (const [key, value] of Object.entries(record)) {
    const type = Object.hasOwn(types, key) ? types[key] : undefined;
    setOwnProperty(restored, key, type === undefined ? value : restoreColumn(value, type));
  }
  return restored;
}

function restoreColumn(value: unknown, type: RecordTypes[string]): unknown {
  if (typeof type !== "string") return isRecord(value) ? restoreRecord(value, type) : value;
  return Object.hasOwn(restorers, type) ? restorers[type](value) : value;
}

const specialNumbers: ReadonlyMap<unknown, number> = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

/** A text that stands for a number that JSON has not; other values as they are. */
export function floatOf(value: unknown): unknown {
  if (typeof value === "string") return specialNumbers.get(value) ?? value;
  return typeof value === "bigint" ? Number(value) : value;
}

const float = inLists(floatOf);
const integer = inLists((value) => (typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value));
const time = inLists((value) => (typeof value === "string" ? new Date(value) : value));
const other = inLists((value) => value);
const restorers = {
  float16: float,
  float32: float,
  float64: float,
  int8: other,
  int16: other,
  int32: other,
  int64: integer,
  uint8: other,
  uint16: other,
  uint32: other,
  uint64: integer,
  bool: other,
  string: other,
  time,
  json: (value: unknown) => value,
} as const satisfies Record<ValueType, Restore>;

/** Levels of lists: more than any tensor has. */
const maxDepth = 40;

/** Converts the elements of nested lists in place, and typed arrays. */
function inLists(convert: Restore): Restore {
  const restore = (value: unknown, depth: number): unknown => {
    if (Array.isArray(value)) {
      if (depth < maxDepth) for (let i = 0; i < value.length; i++) value[i] = restore(value[i], depth + 1);
      return value as unknown[];
    }
    if (!isDictionary(value)) return convert(value);
    if (isWrittenArray(value)) return readTypedArray(value) ?? value;
    if ("data" in value && "shape" in value) {
      const { data } = value;
      return { ...value, data: isWrittenArray(data) ? (readTypedArray(data) ?? data) : data };
    }
    return value;
  };
  return (value) => restore(value, 0);
}
