import type { ErrorCode } from "../../../dsl/errors.js";
import type { DType } from "../../../dsl/tensor.js";
import { numberToFloat16 } from "../../tensors/float16.js";
import type { TensorElements } from "../../tensors/tensor-data.js";
import { allocatePooled } from "../../tensors/pooled-buffer.js";
import { describeValue } from "../../util/format-value.js";
import { typedArrayName } from "../../util/typed-array.js";

/** Why a value is not an element of a dtype. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly text: string;
}

/** How values become elements of one dtype. `putAll` writes many values in one call, so that a row costs no closure. */
interface ElementType {
  /** The word for an element in messages. */
  readonly word: string;
  /** The typed array of such elements; null for strings. */
  readonly array: TypedArrayConstructor | null;
  /** Allocates elements. */
  readonly allocate: (length: number) => TensorElements;
  /** Writes `count` values from `at` on; returns false at the first one that is not an element. */
  readonly putAll: (into: TensorElements, values: ArrayLike<unknown>, at: number, count: number) => boolean;
  /** Writes one value; returns false if it is not an element. */
  readonly put: (into: TensorElements, value: unknown, at: number) => boolean;
  /** Null for an element, else why the value is refused. */
  readonly refusal: (value: unknown) => Refusal | null;
}

type TypedArrayConstructor =
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | Int8ArrayConstructor
  | Int16ArrayConstructor
  | Int32ArrayConstructor
  | BigInt64ArrayConstructor
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor
  | Uint32ArrayConstructor
  | BigUint64ArrayConstructor;

const float32 = float("float32", Float32Array, putFloat32, (value) => !Number.isFinite(Math.fround(value)));

const float16 = float("float16", Uint16Array, putFloat16, (value) => (numberToFloat16(value) & 0x7fff) === 0x7c00);
const bool = kind("boolean", Uint8Array, putBool, (value) => ofType(value, "boolean", "a boolean"));

export const elementTypes: Readonly<Record<DType, ElementType>> = {
  float16: {
    ...float16,
    putAll: (into, values, at, count) =>
      typedArrayName(values) === "Uint16Array"
        ? putBits(into, values as Uint16Array, at)
        : float16.putAll(into, values, at, count),
  },
  float32: {
    ...float32,
    putAll: (into, values, at, count) =>
      putFloat32s(into, values, at, count) || float32.putAll(into, values, at, count),
  },
  float64: float("float64", Float64Array, putFloat64, () => false),
  int8: integer("int8", Int8Array, -128, 127),
  int16: integer("int16", Int16Array, -32768, 32767),
  int32: integer("int32", Int32Array, -2147483648, 2147483647),
  int64: wide("int64", BigInt64Array, -(2n ** 63n), 2n ** 63n - 1n),
  uint8: integer("uint8", Uint8Array, 0, 255),
  uint16: integer("uint16", Uint16Array, 0, 65535),
  uint32: integer("uint32", Uint32Array, 0, 4294967295),
  uint64: wide("uint64", BigUint64Array, 0n, 2n ** 64n - 1n),
  bool: {
    ...bool,
    putAll: (into, values, at, count) =>
      typedArrayName(values) === "Uint8Array"
        ? wrongByte(values as Uint8Array) < 0 && putBits(into, values as Uint8Array, at)
        : bool.putAll(into, values, at, count),
  },
  string: kind("string", null, putString, (value) => ofType(value, "string", "a string") ?? unsafeText(value)),
};

/** The bits of float16 in a `Uint16Array`, and the bytes of bool in a `Uint8Array`: no numbers to be converted. */
function putBits(into: TensorElements, values: Uint16Array | Uint8Array, at: number): boolean {
  (into as Uint16Array).set(values, at);
  return true;
}

/** The index of the first byte that is no bool, or -1. */
export function wrongByte(bytes: Uint8Array): number {
  return bytes.findIndex((byte) => byte > 1);
}

type Put = (into: TensorElements, value: unknown, at: number) => boolean;

function kind(
  word: string,
  array: TypedArrayConstructor | null,
  put: Put,
  refusal: (value: unknown) => Refusal | null,
): ElementType {
  return {
    word,
    array,
    allocate(length) {
      if (array === null) return new Array<string>(length).fill("");
      const place = allocatePooled(length, array.BYTES_PER_ELEMENT);
      return place === null ? new array(length) : new array(place.buffer, place.offset, length);
    },
    put,
    refusal,
    putAll(into, values, at, count) {
      for (let i = 0; i < count; i++) if (!put(into, values[i], at + i)) return false;
      return true;
    },
  };
}

/** JSON cannot represent these numbers; `toJson` writes them as these strings. */
const numbersByText = new Map<unknown, number>([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

function float(
  dtype: DType,
  array: TypedArrayConstructor,
  put: (into: TensorElements, value: number, at: number) => boolean,
  overflows: (value: number) => boolean,
): ElementType {
  const one: Put = (into, value, at) => {
    const number = typeof value === "number" ? value : numbersByText.get(value);
    return number !== undefined && put(into, number, at);
  };
  return kind("number", array, one, (value) => {
    if (numbersByText.has(value)) return null;
    const other = ofType(value, "number", `a number (${dtype})`);
    if (other !== null || typeof value !== "number") return other;
    return Number.isFinite(value) && overflows(value)
      ? { code: "SL5010", text: `${value} is too large for ${dtype}` }
      : null;
  });
}

function putFloat32(into: TensorElements, value: number, at: number): boolean {
  const elements = into as Float32Array;
  elements[at] = value;
  return Number.isFinite(elements[at]) || !Number.isFinite(value);
}

/** Fast path for plain numbers: false sends the row through the slower, checking pass. */
function putFloat32s(into: TensorElements, values: ArrayLike<unknown>, at: number, count: number): boolean {
  const elements = into as Float32Array;
  let nonFinite = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (typeof value !== "number") return false;
    elements[at + i] = value;
    const stored = elements[at + i] ?? 0;
    // Becomes NaN if an infinity or a NaN is stored: only then can a number have overflowed.
    nonFinite += stored - stored;
  }
  return nonFinite === 0;
}

function putFloat64(into: TensorElements, value: number, at: number): boolean {
  (into as Float64Array)[at] = value;
  return true;
}

function putFloat16(into: TensorElements, value: number, at: number): boolean {
  const bits = numberToFloat16(value);
  (into as Uint16Array)[at] = bits;
  return (bits & 0x7fff) !== 0x7c00 || !Number.isFinite(value);
}

function putBool(into: TensorElements, value: unknown, at: number): boolean {
  if (typeof value !== "boolean") return false;
  (into as Uint8Array)[at] = value ? 1 : 0;
  return true;
}

function putString(into: TensorElements, value: unknown, at: number): boolean {
  if (typeof value !== "string" || unsafe.test(value)) return false;
  (into as string[])[at] = value;
  return true;
}

/**
 * ONNX Runtime cuts a text at a NUL and replaces half a surrogate pair: the model would see another text than the log.
 */
const unsafe = /\0|\p{Surrogate}/u;

function unsafeText(value: unknown): Refusal | null {
  const found = typeof value === "string" ? unsafe.exec(value) : null;
  if (found === null) return null;
  const what = found[0] === "\0" ? "the character NUL" : "half of a surrogate pair";
  return {
    code: "SL5020",
    text: `the text holds ${what} at ${found.index}, which no model can receive; remove it`,
  };
}

function integer(
  dtype: DType,
  array:
    | Int8ArrayConstructor
    | Int16ArrayConstructor
    | Int32ArrayConstructor
    | Uint8ArrayConstructor
    | Uint16ArrayConstructor
    | Uint32ArrayConstructor,
  min: number,
  max: number,
): ElementType {
  const one: Put = (into, value, at) => {
    if (typeof value !== "number") return false;
    // A fraction, a NaN or a number out of range reads back as another number.
    (into as Int32Array)[at] = value;
    return into[at] === value;
  };
  return kind("whole number", array, one, (value) => {
    const other = ofType(value, "number", `a whole number (${dtype})`);
    if (other !== null || typeof value !== "number") return other;
    if (!Number.isInteger(value)) return { code: "SL5011", text: `${value} is not a whole number (${dtype})` };
    return value < min || value > max ? outOfRange(value, dtype, min, max) : null;
  });
}

/** JSON would round integers beyond 2^53; `toJson` writes them as strings of digits. */
const isDigits = (value: unknown): value is string =>
  typeof value === "string" && /^-?[0-9]{16,20}$/.test(value) && !Number.isSafeInteger(Number(value));

function wide(
  dtype: DType,
  array: BigInt64ArrayConstructor | BigUint64ArrayConstructor,
  min: bigint,
  max: bigint,
): ElementType {
  const one: Put = (into, value, at) => {
    if (typeof value !== "bigint" && !Number.isSafeInteger(value) && !isDigits(value)) return false;
    const integer = BigInt(value as bigint | number | string);
    (into as BigInt64Array)[at] = integer;
    return into[at] === integer;
  };
  return kind("whole number", array, one, (value) => {
    const whole = isDigits(value) ? BigInt(value) : value;
    if (typeof whole === "bigint") return whole < min || whole > max ? outOfRange(whole, dtype, min, max) : null;
    const other = ofType(whole, "number", `a whole number or a bigint (${dtype})`);
    if (other !== null || typeof whole !== "number") return other;
    if (!Number.isInteger(whole)) return { code: "SL5011", text: `${whole} is not a whole number (${dtype})` };
    if (!Number.isSafeInteger(whole))
      return {
        code: "SL5010",
        text: `${whole} is beyond the whole numbers that a JavaScript number holds exactly; give a bigint`,
      };
    return BigInt(whole) < min || BigInt(whole) > max ? outOfRange(whole, dtype, min, max) : null;
  });
}

function outOfRange(value: number | bigint, dtype: DType, min: number | bigint, max: number | bigint): Refusal {
  return { code: "SL5010", text: `${value} is out of range for ${dtype} (${min} to ${max})` };
}

function ofType(value: unknown, type: "number" | "boolean" | "string", expected: string): Refusal | null {
  if (typeof value === type) return null;
  const code = value === null || value === undefined ? "SL5005" : "SL5006";
  return { code, text: `expected ${expected}, got ${describeValue(value)}` };
}
