import type { ErrorCode } from "../../../dsl/errors.js";
import type { DType } from "../../../dsl/tensor.js";
import { numberToFloat16 } from "../../tensors/float16.js";
import type { TensorElements } from "../../tensors/tensor-data.js";
import { describe } from "./describe.js";

/** Why one value is no element of a dtype. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly text: string;
}

/** A tensor's elements under construction. */
export interface Sink {
  readonly elements: TensorElements;
  /** Puts `count` values at `at`; false as soon as one is no element, and `refusal` then says which. */
  list(values: ArrayLike<unknown>, at: number, count: number): boolean;
  one(value: unknown, at: number): boolean;
}

/** How values become the elements of one dtype. */
interface ElementKind {
  /** What one element is called. */
  readonly word: string;
  /** The typed array that already holds such elements; null for strings. */
  readonly array: TypedArrayConstructor | null;
  sink(length: number): Sink;
  /** Null for a value that is an element. */
  refusal(value: unknown): Refusal | null;
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

export const elementKinds = {
  float16: float("float16", Uint16Array, float16Sink, (value) => (numberToFloat16(value) & 0x7fff) === 0x7c00),
  float32: float("float32", Float32Array, float32Sink, (value) => !Number.isFinite(Math.fround(value))),
  float64: float("float64", Float64Array, float64Sink, () => false),
  int8: integer("int8", Int8Array, -128, 127),
  int16: integer("int16", Int16Array, -32768, 32767),
  int32: integer("int32", Int32Array, -2147483648, 2147483647),
  int64: wide("int64", BigInt64Array, -(2n ** 63n), 2n ** 63n - 1n),
  uint8: integer("uint8", Uint8Array, 0, 255),
  uint16: integer("uint16", Uint16Array, 0, 65535),
  uint32: integer("uint32", Uint32Array, 0, 4294967295),
  uint64: wide("uint64", BigUint64Array, 0n, 2n ** 64n - 1n),
  bool: {
    word: "boolean",
    array: Uint8Array,
    sink: boolSink,
    refusal: (value) => ofType(value, "boolean", "a boolean"),
  },
  string: {
    word: "string",
    array: null,
    sink: stringSink,
    refusal: (value) => ofType(value, "string", "a string"),
  },
} satisfies Record<DType, ElementKind> as Readonly<Record<DType, ElementKind>>;

function float(dtype: DType, array: TypedArrayConstructor, sink: (length: number) => Sink, overflows: (value: number) => boolean): ElementKind {
  return {
    word: "number",
    array,
    sink,
    refusal(value) {
      const other = ofType(value, "number", `a number (${dtype})`);
      if (other !== null || typeof value !== "number") return other;
      return Number.isFinite(value) && overflows(value) ? { code: "SL5010", text: `${value} is too large for ${dtype}` } : null;
    },
  };
}

function float32Sink(length: number): Sink {
  const elements = new Float32Array(length);
  return {
    elements,
    list(values, at, count) {
      let spoilt = 0;
      for (let i = 0; i < count; i++) {
        const value = values[i];
        if (typeof value !== "number") return false;
        elements[at + i] = value;
        const stored = elements[at + i] ?? 0;
        // Stays 0 unless an infinity or a NaN is among them: only then it is worth looking for a number that overflowed.
        spoilt += stored - stored;
      }
      return spoilt === 0 || noOverflow(values, elements, at, count);
    },
    one(value, at) {
      if (typeof value !== "number") return false;
      elements[at] = value;
      return Number.isFinite(elements[at]) || !Number.isFinite(value);
    },
  };
}

function noOverflow(values: ArrayLike<unknown>, elements: Float32Array, at: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (!Number.isFinite(elements[at + i]) && Number.isFinite(values[i])) return false;
  return true;
}

function float64Sink(length: number): Sink {
  const elements = new Float64Array(length);
  return {
    elements,
    list(values, at, count) {
      for (let i = 0; i < count; i++) {
        const value = values[i];
        if (typeof value !== "number") return false;
        elements[at + i] = value;
      }
      return true;
    },
    one(value, at) {
      if (typeof value !== "number") return false;
      elements[at] = value;
      return true;
    },
  };
}

function float16Sink(length: number): Sink {
  const elements = new Uint16Array(length);
  return oneByOne(elements, (value, at) => {
    if (typeof value !== "number") return false;
    const bits = numberToFloat16(value);
    elements[at] = bits;
    return (bits & 0x7fff) !== 0x7c00 || !Number.isFinite(value);
  });
}

function boolSink(length: number): Sink {
  const elements = new Uint8Array(length);
  return oneByOne(elements, (value, at) => {
    if (typeof value !== "boolean") return false;
    elements[at] = value ? 1 : 0;
    return true;
  });
}

function stringSink(length: number): Sink {
  const elements = new Array<string>(length).fill("");
  return oneByOne(elements, (value, at) => {
    if (typeof value !== "string") return false;
    elements[at] = value;
    return true;
  });
}

function integer(
  dtype: DType,
  array: Int8ArrayConstructor | Int16ArrayConstructor | Int32ArrayConstructor | Uint8ArrayConstructor | Uint16ArrayConstructor | Uint32ArrayConstructor,
  min: number,
  max: number,
): ElementKind {
  return {
    word: "whole number",
    array,
    sink(length) {
      const elements = new array(length);
      // What does not read back as it was is a fraction, out of range or NaN.
      return oneByOne(elements, (value, at) => {
        if (typeof value !== "number") return false;
        elements[at] = value;
        return elements[at] === value;
      });
    },
    refusal(value) {
      const other = ofType(value, "number", `a whole number (${dtype})`);
      if (other !== null || typeof value !== "number") return other;
      if (!Number.isInteger(value)) return { code: "SL5011", text: `${value} is not a whole number (${dtype})` };
      return value < min || value > max ? outOfRange(value, dtype, min, max) : null;
    },
  };
}

function wide(dtype: DType, array: BigInt64ArrayConstructor | BigUint64ArrayConstructor, min: bigint, max: bigint): ElementKind {
  return {
    word: "whole number",
    array,
    sink(length) {
      const elements = new array(length);
      return oneByOne(elements, (value, at) => {
        if (typeof value !== "bigint" && !Number.isSafeInteger(value)) return false;
        const wanted = BigInt(value as bigint | number);
        elements[at] = wanted;
        return elements[at] === wanted;
      });
    },
    refusal(value) {
      if (typeof value === "bigint") return value < min || value > max ? outOfRange(value, dtype, min, max) : null;
      const other = ofType(value, "number", `a whole number or a bigint (${dtype})`);
      if (other !== null || typeof value !== "number") return other;
      if (!Number.isInteger(value)) return { code: "SL5011", text: `${value} is not a whole number (${dtype})` };
      if (!Number.isSafeInteger(value)) return { code: "SL5010", text: `${value} is beyond the whole numbers that a JavaScript number holds exactly; give a bigint` };
      return BigInt(value) < min || BigInt(value) > max ? outOfRange(value, dtype, min, max) : null;
    },
  };
}

function oneByOne(elements: TensorElements, one: (value: unknown, at: number) => boolean): Sink {
  return {
    elements,
    list(values, at, count) {
      for (let i = 0; i < count; i++) if (!one(values[i], at + i)) return false;
      return true;
    },
    one,
  };
}

function outOfRange(value: number | bigint, dtype: DType, min: number | bigint, max: number | bigint): Refusal {
  return { code: "SL5010", text: `${value} is out of range for ${dtype} (${min} to ${max})` };
}

function ofType(value: unknown, type: "number" | "boolean" | "string", expected: string): Refusal | null {
  if (typeof value === type) return null;
  const code = value === null || value === undefined ? "SL5005" : "SL5006";
  return { code, text: `expected ${expected}, got ${describe(value)}` };
}
