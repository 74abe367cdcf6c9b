import { elementOf, isMissing, not, coalesce } from "../../../expression/tree/builders.js";
import { parsePolarsNumber } from "../../../expression/backends/polars/number.js";
import { constantOf, isNullable, type Read } from "../../../expression/tree/tree.js";
import { type JsonObject, type JsonValue, NumberText } from "../lossless-json.js";
import { literalNumber, named } from "./number.js";
import { wholeNumbers } from "./recognise.js";
import {
  booleanRead,
  type BooleanValue,
  certain,
  fillBoolean,
  isAlways,
  isCertain,
  sized,
  unread,
  type Value,
  yes,
} from "./value.js";

/** Reads one part of an expression at its path. */
export type ReadPart = (part: JsonValue | undefined, path: string) => Value;

/** The one key of a node, and what is below it. */
export function only(value: JsonValue | undefined, path: string): readonly [string, JsonValue] {
  const entries = value instanceof Map ? [...(value as JsonObject)] : [];
  const [entry] = entries;
  return entry !== undefined && entries.length === 1
    ? entry
    : unread(path, "an object with one key is needed", "SL4110");
}

export function objectOf(value: JsonValue | undefined, path: string): JsonObject {
  return value instanceof Map ? (value as JsonObject) : unread(path, "an object is needed", "SL4110");
}

export function booleanOf(value: Value, path: string): BooleanValue {
  if (value.kind === "boolean") return value;
  if (value.kind === "null") return { kind: "boolean", yes: constantOf(false), no: constantOf(false), tree: null };
  return unread(path, `a boolean is needed, and here stands ${named(value)}`);
}

/** A column, or an element of one. */
export function valueOf(read: Read): Value {
  if (read.type === "list") return { kind: "list", read };
  const present = isNullable(read) ? not(isMissing(read)) : yes;
  switch (read.type) {
    case "boolean":
      return booleanRead(read);
    case "string":
      return { kind: "string", tree: read, present };
    case "bigint":
      return { kind: "bigint", tree: read, present, dtype: read.dtype };
    case "number": {
      const precision = read.dtype === "float64" || read.dtype === "float32" ? read.dtype : "whole";
      return { kind: "number", tree: read, present, precision, literal: false, lapses: false };
    }
  }
}

/** The element of a list at a place, counted from the end where it is negative. */
export function elementAt(list: Value, place: Value, path: string): Value {
  if (list.kind !== "list") return unread(path, `an element is taken of ${named(list)}`);
  if (place.kind !== "integer") return unread(path, "the place of an element is no literal");
  const size = list.read.shape[list.read.at.length] ?? null;
  const index = place.value < 0n && size !== null ? place.value + BigInt(size) : place.value;
  if (index < 0n)
    return unread(
      path,
      size === null
        ? `the length of '${list.read.port}' is not known, so there is no element counted from its end`
        : `'${list.read.port}' has ${size} elements`,
    );
  if (size !== null && index >= BigInt(size))
    return unread(path, `'${list.read.port}' has ${size} elements, and [${index}] is past its end`);
  if (index > 2n ** 31n) return unread(path, `[${index}] is past the end of every list`);
  return valueOf(elementOf(list.read, Number(index), list.read.nullable || size === null));
}

const integerLiterals = new Set(["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"]);

export function readLiteral(body: JsonValue, path: string): Value {
  if (body === "Null") return { kind: "null" };
  const [dtype, value] = only(body, path);
  if (integerLiterals.has(dtype)) {
    if (value instanceof NumberText && /^-?\d{1,20}$/.test(value.text))
      return { kind: "integer", value: BigInt(value.text) };
    return unread(`${path}.${dtype}`, "an integer is needed", "SL4110");
  }
  switch (dtype) {
    case "Boolean":
      return typeof value === "boolean"
        ? certain(constantOf(value))
        : unread(`${path}.Boolean`, "true or false is needed", "SL4110");
    case "Utf8":
      return typeof value === "string"
        ? { kind: "string", tree: constantOf(value), present: yes }
        : unread(`${path}.Utf8`, "a string is needed", "SL4110");
    case "Float64":
      return readFloat(value, `${path}.Float64`);
    case "Series":
      return readSeries(objectOf(value, `${path}.Series`), `${path}.Series`);
    default:
      return unread(path, `a literal of ${dtype} has no twin in a lambda`);
  }
}

/** The double that polars reads, which for some numbers of 16 and 17 digits is the next one. */
function readFloat(value: JsonValue, path: string): Value {
  if (value === null) return unread(path, "the SDK writes NaN and infinities as null, which polars does not read back");
  const text = value instanceof NumberText ? value.text.toLowerCase().replace("e+", "e") : "";
  if (text === "" || text.length > 40) return unread(path, "a number is needed", "SL4110");
  const digits = text.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/^0+/, "");
  if (digits.length > 17) return unread(path, `how polars reads a number of ${digits.length} digits is not known`);
  const number = parsePolarsNumber(text);
  return Number.isFinite(number) ? literalNumber(number) : unread(path, "the number is too large for polars");
}

function readSeries(series: JsonObject, path: string): Value {
  const [dtype, values] = [series.get("datatype"), series.get("values")];
  if (typeof dtype !== "string" || !Array.isArray(values))
    return unread(path, "a series has a datatype and values", "SL4110");
  const kind = dtype === "Float32" ? "Float64" : dtype;
  if ((values as readonly JsonValue[]).length > 0 && dtype === "Float32")
    return unread(path, "a series of 32-bit floats has no twin in a lambda");
  const items = (values as readonly JsonValue[]).map((item, i) => {
    const here = `${path}.values[${i}]`;
    if (item === null) return unread(here, "a series with null, which polars finds where an element is missing");
    return readLiteral(new Map([[kind, item]]), here);
  });
  return { kind: "series", items };
}

/** Within what is compiled, and with `isInteger` found again. */
export function anyOf(value: BooleanValue, path: string): BooleanValue {
  if (isCertain(value)) return certain(sized(wholeNumbers(value.yes), path));
  sized(value.yes, path);
  sized(value.no, path);
  return value;
}

/** `left`, or `right` where it is null. */
export function fill(left: Value, right: Value, path: string, number: (left: Value, right: Value) => Value): Value {
  if (left.kind === "boolean" || right.kind === "boolean")
    return anyOf(fillBoolean(booleanOf(left, path), booleanOf(right, path), coalesce), path);
  if (left.kind === "string" && right.kind === "string") {
    if (isAlways(left.present)) return left;
    const tree = sized(coalesce(left.tree, right.tree), path);
    return { kind: "string", tree, present: isAlways(right.present) ? yes : not(isMissing(tree)) };
  }
  return number(left, right);
}
