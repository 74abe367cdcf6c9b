import type { DType } from "../../../dsl/tensor.js";
import { hasOverflow } from "../json/overflow.js";
import { maxDigits, parseJsonExact } from "../../util/json/parse-json-exact.js";

/** How the text of a cell becomes a value of one dtype. */
interface CellType {
  /** `a number (float32)` */
  readonly words: string;
  /** The value; undefined for a text that is none. Whether it is in the dtype's range is checked with the request. */
  readonly read: (text: string) => unknown;
}

/** Each digit can be matched in one way only: a long cell takes no longer than its length. */
const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const whole = /^[+-]?\d+(?:\.0*)?$/;
/** The texts that pandas, NumPy and our own exports write. */
const specialNumbers: Readonly<Record<string, number>> = {
  nan: NaN,
  inf: Infinity,
  "+inf": Infinity,
  "-inf": -Infinity,
  infinity: Infinity,
  "+infinity": Infinity,
  "-infinity": -Infinity,
};
const booleans: Readonly<Record<string, boolean>> = { true: true, false: false, 1: true, 0: false };

function readFloat(text: string): number | undefined {
  const trimmed = text.trim();
  if (!number.test(trimmed)) return specialNumbers[trimmed.toLowerCase()];
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}

function readInteger(text: string): number | undefined {
  const trimmed = text.trim();
  return whole.test(trimmed) ? Number(trimmed) : undefined;
}

function readWide(text: string): bigint | undefined {
  const trimmed = text.trim();
  return trimmed.length <= maxDigits && whole.test(trimmed)
    ? BigInt(trimmed.replace(/\..*$/, "").replace(/^\+/, ""))
    : undefined;
}

const cellTypes: Readonly<Record<DType, CellType["read"]>> = {
  float16: readFloat,
  float32: readFloat,
  float64: readFloat,
  int8: readInteger,
  int16: readInteger,
  int32: readInteger,
  int64: readWide,
  uint8: readInteger,
  uint16: readInteger,
  uint32: readInteger,
  uint64: readWide,
  bool: (text) => booleans[text.trim().toLowerCase()],
  string: (text) => text,
};

/** Reads one value of a dtype; undefined for a text that is none. */
export function readScalar(dtype: DType, text: string): unknown {
  return cellTypes[dtype](text);
}

/** Reads a list of values from JSON text; undefined for a text that is none. */
export function readList(dtype: DType, text: string): unknown {
  // Python's `json` writes these numbers, which JSON does not have; a list of numbers holds no text.
  const json = dtype === "string" || !/[NI]/.test(text) ? text : text.replace(/(?<!")(?:NaN|-?Infinity)(?!")/g, '"$&"');
  try {
    const list = parseJsonExact(json, dtype === "int64" || dtype === "uint64");
    return hasOverflow(list) ? undefined : list;
  } catch {
    return undefined;
  }
}

/** `a whole number (int64)` */
export function describeScalar(dtype: DType): string {
  if (dtype === "bool") return "true, false, 1 or 0 (bool)";
  if (dtype === "string") return "a text";
  return `a ${dtype.startsWith("float") ? "" : "whole "}number (${dtype})`;
}
