import { elementOf, isMissing, not, coalesce } from "../../../expression/tree/builders.js";
import { parsePolarsNumber } from "../../../expression/backends/polars/number.js";
import { constantOf, isNullable, type Read } from "../../../expression/tree/tree.js";
import { type JsonObject, type JsonValue, NumberText } from "../lossless-json.js";
import { literalNumber, describeValue } from "./number.js";
import { recognizeIsInteger } from "./recognize.js";
import {
  booleanRead,
  type BooleanValue,
  nonNull,
  fillBoolean,
  isAlwaysTrue,
  isNonNull,
  limitSize,
  fail,
  type Value,
  alwaysTrue,
} from "./value.js";

/** Reads the part of an expression at a path. */
export type ReadPart = (part: JsonValue | undefined, path: string) => Value;

/** The only key of a node and its value. */
export function singleEntry(value: JsonValue | undefined, path: string): readonly [string, JsonValue] {
  const entries = value instanceof Map ? [...(value as JsonObject)] : [];
  const [entry] = entries;
  return entry !== undefined && entries.length === 1 ? entry : fail(path, "expected an object with one key", "SL4110");
}

export function objectOf(value: JsonValue | undefined, path: string): JsonObject {
  return value instanceof Map ? (value as JsonObject) : fail(path, "expected an object", "SL4110");
}

export function booleanOf(value: Value, path: string): BooleanValue {
  if (value.kind === "boolean") return value;
  if (value.kind === "null")
    return { kind: "boolean", isTrue: constantOf(false), isFalse: constantOf(false), tree: null };
  return fail(path, `expected a boolean, found ${describeValue(value)}`);
}

/** The value of a column or of one of its elements. */
export function valueOfRead(read: Read): Value {
  if (read.type === "list") return { kind: "list", read };
  const present = isNullable(read) ? not(isMissing(read)) : alwaysTrue;
  switch (read.type) {
    case "boolean":
      return booleanRead(read);
    case "string":
      return { kind: "string", tree: read, present };
    case "bigint":
      return { kind: "bigint", tree: read, present, dtype: read.dtype };
    case "number": {
      const precision = read.dtype === "float64" || read.dtype === "float32" ? read.dtype : "whole";
      return { kind: "number", tree: read, present, precision, literal: false, nanIfNull: false };
    }
  }
}

/** The element of a list at an index; a negative index counts from the end. */
export function elementAt(list: Value, index: Value, path: string): Value {
  if (list.kind !== "list") return fail(path, `cannot take an element of ${describeValue(list)}`);
  if (index.kind !== "integer") return fail(path, "the index of an element must be a literal");
  const size = list.read.shape[list.read.at.length] ?? null;
  const at = index.value < 0n && size !== null ? index.value + BigInt(size) : index.value;
  if (at < 0n)
    return fail(
      path,
      size === null
        ? `the length of '${list.read.port}' is not known, so an element cannot be counted from its end`
        : `'${list.read.port}' has ${size} elements`,
    );
  if (size !== null && at >= BigInt(size))
    return fail(path, `'${list.read.port}' has ${size} elements, and [${at}] is past its end`);
  if (at > 2n ** 31n) return fail(path, `[${at}] is past the end of any list`);
  return valueOfRead(elementOf(list.read, Number(at), list.read.nullable || size === null));
}

const integerLiterals = new Set(["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"]);

export function readLiteral(body: JsonValue, path: string): Value {
  if (body === "Null") return { kind: "null" };
  const [dtype, value] = singleEntry(body, path);
  if (integerLiterals.has(dtype)) {
    if (value instanceof NumberText && /^-?\d{1,20}$/.test(value.text))
      return { kind: "integer", value: BigInt(value.text) };
    return fail(`${path}.${dtype}`, "expected an integer", "SL4110");
  }
  switch (dtype) {
    case "Boolean":
      return typeof value === "boolean"
        ? nonNull(constantOf(value))
        : fail(`${path}.Boolean`, "expected true or false", "SL4110");
    case "Utf8":
      return typeof value === "string"
        ? { kind: "string", tree: constantOf(value), present: alwaysTrue }
        : fail(`${path}.Utf8`, "expected a string", "SL4110");
    case "Float64":
      return readFloat(value, `${path}.Float64`);
    case "Series":
      return readSeries(objectOf(value, `${path}.Series`), `${path}.Series`);
    default:
      return fail(path, `a lambda has no literal of ${dtype}`);
  }
}

/** The double that polars reads; for some texts of 16 and 17 digits this is not the nearest double. */
function readFloat(value: JsonValue, path: string): Value {
  if (value === null) return fail(path, "the SDK writes NaN and infinities as null, which polars does not read back");
  const text = value instanceof NumberText ? value.text.toLowerCase().replace("e+", "e") : "";
  if (text === "" || text.length > 40) return fail(path, "expected a number", "SL4110");
  const digits = text.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/^0+/, "");
  if (digits.length > 17)
    return fail(path, `the number has ${digits.length} digits, and it is not known how polars reads more than 17`);
  const number = parsePolarsNumber(text);
  return Number.isFinite(number) ? literalNumber(number) : fail(path, "the number is too large for polars");
}

function readSeries(series: JsonObject, path: string): Value {
  const [dtype, values] = [series.get("datatype"), series.get("values")];
  if (typeof dtype !== "string" || !Array.isArray(values))
    return fail(path, "a series has a datatype and values", "SL4110");
  const kind = dtype === "Float32" ? "Float64" : dtype;
  if ((values as readonly JsonValue[]).length > 0 && dtype === "Float32")
    return fail(path, "a lambda has no list of 32-bit floats");
  const items = (values as readonly JsonValue[]).map((item, i) => {
    const here = `${path}.values[${i}]`;
    if (item === null) return fail(here, "the series contains null, which polars matches with missing elements");
    return readLiteral(new Map([[kind, item]]), here);
  });
  return { kind: "series", items };
}

/** Limits the size of a boolean's trees, and recognizes `Number.isInteger`. */
export function finishBoolean(value: BooleanValue, path: string): BooleanValue {
  if (isNonNull(value)) return nonNull(limitSize(recognizeIsInteger(value.isTrue), path));
  limitSize(value.isTrue, path);
  limitSize(value.isFalse, path);
  return value;
}

/** `left`, or `right` where `left` is null. */
export function fill(left: Value, right: Value, path: string, number: (left: Value, right: Value) => Value): Value {
  if (left.kind === "boolean" || right.kind === "boolean")
    return finishBoolean(fillBoolean(booleanOf(left, path), booleanOf(right, path)), path);
  if (left.kind === "string" && right.kind === "string") {
    if (isAlwaysTrue(left.present)) return left;
    const tree = limitSize(coalesce(left.tree, right.tree), path);
    return { kind: "string", tree, present: isAlwaysTrue(right.present) ? alwaysTrue : not(isMissing(tree)) };
  }
  return number(left, right);
}
