import { isRecord } from "./value-kind.js";
import { rowShape } from "./rows.js";
import type { Dim, DType, Port } from "./tensor.js";

// A fixed value for a model's input: `constant(16000n)`. The type carries the value, so that the compiler can compare
// it with the input.

/**
 * What a constant may hold: one value, nested lists, a typed array (flat, row-major), or `{ data, shape }` with flat
 * data.
 */
export type ConstantValue = ConstantElement | ElementArray | ConstantList | ShapedValue;
type ConstantElement = number | bigint | boolean | string;
type ConstantList = readonly (ConstantElement | ConstantList)[];

/** Flat, row-major elements and their shape. */
interface ShapedValue {
  readonly data: ElementArray | readonly ConstantElement[];
  readonly shape: readonly number[];
}

/** A typed array. Structural, so that `Float16Array` is one where the runtime has it. */
interface ElementArray {
  readonly BYTES_PER_ELEMENT: number;
  readonly length: number;
  readonly [Symbol.toStringTag]: string;
  readonly [index: number]: number | bigint;
}

/** A fixed value for a model's input, as frozen data. */
export interface Constant<out V = ConstantValue> {
  readonly constant: V;
}

/**
 * A fixed value for a model's input: the same for every row of every request. The config stores it.
 * @param value the value for one row, without the row axis: bigint for int64 and uint64, number, boolean or string;
 * nested lists; a typed array; or `{ data, shape }`
 * @example pipeline("vad").model(silero, { sr: constant(16000n) })
 */
export function constant<const V extends ConstantValue>(value: V): Constant<V> {
  return Object.freeze({ constant: frozenValue(value) as V });
}

/** True for `{ constant: … }`. */
export function isConstant(value: unknown): value is Constant<unknown> {
  return isRecord(value) && Object.hasOwn(value, "constant");
}

/** The sizes of a constant for a row of this shape, without a check of its elements. */
export function constantSizes(value: unknown, expected: readonly Dim[] | null): readonly number[] {
  if (isElementArray(value))
    return expected === null || expected.length === 1 ? [value.length] : (expected as readonly number[]);
  if (isRecord(value)) return Array.isArray(value["shape"]) ? (value["shape"] as readonly number[]) : [];
  if (!Array.isArray(value)) return expected?.every((size) => size === 1) ? expected.map(() => 1) : [];
  const sizes: number[] = [];
  for (let first: unknown = value; Array.isArray(first); first = first[0]) sizes.push(first.length);
  return sizes;
}

/** Lists become frozen copies. A typed array cannot be frozen, so that it is copied only. */
function frozenValue(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenValue));
  if (isElementArray(value)) return (value as unknown as { slice(): unknown }).slice();
  if (!isRecord(value)) return value;
  return Object.freeze({ ...value, data: frozenValue(value["data"]), shape: frozenValue(value["shape"]) });
}

// ---------------------------------------------------------------- types: the tensor of a constant

/** The kind of a value in messages. */
type KindOf<V> = V extends bigint
  ? "bigints"
  : V extends number
    ? "numbers"
    : V extends boolean
      ? "booleans"
      : "strings";
const kinds: Readonly<Record<string, string>> = {
  bigint: "bigints",
  number: "numbers",
  boolean: "booleans",
  string: "strings",
};

/** The values that an input of a dtype takes, as messages name them; `Holds` is what the constant holds instead. */
export type ValuesOf<D, Holds> = Holds extends `a ${string}`
  ? [ArrayOf<D>] extends [never]
    ? WordOf<D>
    : `a ${ArrayOf<D>}`
  : WordOf<D>;
type WordOf<D> = D extends "int64" | "uint64"
  ? "bigints such as 16000n"
  : D extends "bool"
    ? "booleans"
    : D extends "string"
      ? "strings"
      : "numbers";
type ArrayOf<D> = { [A in keyof DTypeOfArray]: D extends DTypeOfArray[A] ? A : never }[keyof DTypeOfArray];
export function valuesOf(dtype: DType, holds: string): string {
  const array = Object.entries(dtypeOfArray).find(([, held]) => held === dtype)?.[0];
  if (holds.startsWith("a ") && array !== undefined) return `a ${array}`;
  return elementKind(dtype) === "bigint" ? "bigints such as 16000n" : (kinds[elementKind(dtype)] ?? "");
}

type ElementOf<D> = D extends "int64" | "uint64"
  ? bigint
  : D extends "bool"
    ? boolean
    : D extends "string"
      ? string
      : number;

/**
 * What a constant `V` holds that an input of dtype `D` does not take: `"numbers"`, or `"a Float64Array"`; else `never`.
 */
export type OtherKind<V, D> = V extends { readonly data: infer A; readonly shape: readonly number[] }
  ? OtherKind<A, D>
  : V extends { readonly BYTES_PER_ELEMENT: number; readonly [Symbol.toStringTag]: infer T extends string }
    ? D extends DTypeOfArray[T & keyof DTypeOfArray]
      ? never
      : `a ${T}`
    : [Leaf<V>] extends [ElementOf<D>]
      ? never
      : KindOf<Exclude<Leaf<V>, ElementOf<D>>>;
/** The elements of nested lists. Bounded: before `V` is inferred, it is the recursive `ConstantValue`. */
type Leaf<V, Depth extends readonly 0[] = []> = Depth["length"] extends 9
  ? never
  : V extends readonly (infer E)[]
    ? Leaf<E, [...Depth, 0]>
    : V;

/** The dtype of a typed array, by the array's name. */
const dtypeOfArray = {
  Float16Array: "float16",
  Float32Array: "float32",
  Float64Array: "float64",
  Int8Array: "int8",
  Int16Array: "int16",
  Int32Array: "int32",
  BigInt64Array: "int64",
  Uint8Array: "uint8",
  Uint16Array: "uint16",
  Uint32Array: "uint32",
  BigUint64Array: "uint64",
} as const;
type DTypeOfArray = typeof dtypeOfArray;

/**
 * The shape of the constant `V` for an input of shape `S`: with the row axis where `S` has it. A length that the type
 * does not know is `number`.
 */
export type ConstantShape<V, S extends readonly Dim[]> = number extends S["length"]
  ? S
  : V extends { readonly data: unknown; readonly shape: infer Sizes extends readonly number[] }
    ? number extends Sizes["length"]
      ? Opened<S>
      : WithRowAxis<S, Sizes>
    : V extends { readonly BYTES_PER_ELEMENT: number }
      ? Opened<S>
      : V extends readonly unknown[]
        ? WithRowAxis<S, SizesOf<V>>
        : S extends readonly ("batch" | 1)[]
          ? S
          : WithRowAxis<S, readonly []>;
/** `[[1, 2], [3, 4]]` has the sizes `[2, 2]`. */
type SizesOf<V, A extends readonly number[] = readonly []> = [V] extends [readonly unknown[]]
  ? SizesOf<V[number], readonly [...A, V["length"]]>
  : A;
type WithRowAxis<S, Sizes extends readonly number[]> = S extends readonly [infer H, ...infer Rest]
  ? H extends "batch"
    ? readonly ["batch", ...WithRowAxis<Rest, Sizes>]
    : Sizes extends readonly [infer N extends number, ...infer More extends readonly number[]]
      ? readonly [N, ...WithRowAxis<Rest, More>]
      : readonly []
  : Sizes;
type Opened<S> = { [A in keyof S]: S[A] extends number | "batch" ? S[A] : number };

// ---------------------------------------------------------------- run time

/** A constant as it is stored: row-major elements of one row, as JSON. */
export interface ConstantData {
  readonly dtype: DType;
  /** The shape of one row. */
  readonly shape: readonly number[];
  /**
   * int64 and uint64 are strings of digits. NaN, infinities and -0 are the strings "NaN", "Infinity", "-Infinity" and
   * "-0".
   */
  readonly data: readonly (number | string | boolean)[];
}

/** The largest constant that a config stores, in characters of JSON. */
export const maxConstantLength = 1_000_000;

/** Why a constant does not fit an input. */
export type ConstantFlaw =
  /** Of another kind: numbers for an int64. */
  | { readonly holds: string }
  /** Anything else, as the end of a sentence that begins with the constant. */
  | { readonly text: string };

/** The constant as elements for an input. */
export function readConstant(
  { constant: value }: Constant<unknown>,
  { dtype, shape }: Omit<Port, "name">,
): ConstantData | ConstantFlaw {
  const flat = flatten(value, dtype, rowShape(shape));
  if (!("elements" in flat)) return flat;
  const { elements, shape: sizes } = flat;
  const data: (number | string | boolean)[] = [];
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i];
    if (typeof element !== elementKind(dtype)) {
      const holds = kinds[typeof element];
      return holds === undefined ? { text: `holds ${nameOf(element)}${placeOf(i, sizes)}` } : { holds };
    }
    const stored = toJson(element as ConstantElement, dtype);
    if (stored === null) return { text: `holds ${nameOf(element)}${placeOf(i, sizes)}, which is no ${dtype}` };
    data.push(stored);
  }
  const length = JSON.stringify(data).length;
  if (length > maxConstantLength) {
    return {
      text: `takes ${length} characters of JSON, and a config stores at most ${maxConstantLength}: make it a column of the request, or a part of the model file`,
    };
  }
  return { dtype, shape: sizes, data };
}

export function isConstantData(read: ConstantData | ConstantFlaw): read is ConstantData {
  return "data" in read;
}

interface Flat {
  readonly elements: ArrayLike<unknown>;
  readonly shape: readonly number[];
}

function flatten(value: unknown, dtype: DType, expected: readonly Dim[] | null): Flat | ConstantFlaw {
  if (isElementArray(value)) return flattenArray(value, dtype, expected);
  if (Array.isArray(value)) return flattenList(value);
  if (isRecord(value)) {
    const { data, shape } = value;
    const isData = Array.isArray(data) || isElementArray(data);
    if (!isData || !Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
      return { text: "must be a value, nested lists, a typed array, or { data, shape }" };
    }
    const name = isElementArray(data) ? otherArray(data, dtype) : null;
    if (name !== null) return { holds: name };
    const count = product(shape as number[]);
    if (data.length !== count) {
      return { text: `has ${data.length} elements, but its shape [${shape.join(", ")}] has ${count}` };
    }
    return { elements: data, shape: shape as number[] };
  }
  return { elements: [value], shape: constantSizes(value, expected) };
}

function flattenArray(value: ElementArray, dtype: DType, expected: readonly Dim[] | null): Flat | ConstantFlaw {
  const name = otherArray(value, dtype);
  if (name !== null) return { holds: name };
  if (expected === null || expected.length === 1) return { elements: value, shape: [value.length] };
  if (!expected.every((size) => typeof size === "number")) {
    return { text: "is a typed array, whose shape is not known here: write constant({ data, shape })" };
  }
  if (product(expected) !== value.length) {
    return { text: `has ${value.length} elements, and a row has ${product(expected)}` };
  }
  return { elements: value, shape: expected };
}

function flattenList(value: readonly unknown[]): Flat | ConstantFlaw {
  const shape = constantSizes(value, null);
  const elements: unknown[] = [];
  const addAll = (list: unknown, axis: number): boolean => {
    if (axis === shape.length) return !Array.isArray(list) && elements.push(list) > 0;
    return Array.isArray(list) && list.length === shape[axis] && list.every((item) => addAll(item, axis + 1));
  };
  if (!addAll(value, 0)) return { text: "has lists of different lengths" };
  return { elements, shape };
}

/** "a Float64Array" for a typed array that holds another dtype, else null. */
function otherArray(array: ElementArray, dtype: DType): string | null {
  const name = array[Symbol.toStringTag];
  return (dtypeOfArray as Readonly<Record<string, DType>>)[name] === dtype ? null : `a ${name}`;
}

function isElementArray(value: unknown): value is ElementArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function elementKind(dtype: DType): "bigint" | "boolean" | "string" | "number" {
  if (dtype === "int64" || dtype === "uint64") return "bigint";
  return dtype === "bool" ? "boolean" : dtype === "string" ? "string" : "number";
}

const integerRanges: Partial<Record<DType, readonly [min: number | bigint, max: number | bigint]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
  int64: [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 4294967295],
  uint64: [0n, 0xffff_ffff_ffff_ffffn],
};
/** From here on, a number rounds to infinity. */
const floatLimits: Partial<Record<DType, number>> = { float16: 65520, float32: 3.4028235677973366e38 };

/** An element as JSON; null if the dtype does not have it. */
function toJson(element: ConstantElement, dtype: DType): number | string | boolean | null {
  if (typeof element === "boolean") return element;
  // ONNX Runtime cuts a text at a NUL and replaces half a surrogate pair.
  if (typeof element === "string") return /\0|\p{Surrogate}/u.test(element) ? null : element;
  const range = integerRanges[dtype];
  if (range !== undefined) {
    const isWhole = typeof element === "bigint" || Number.isInteger(element);
    if (!isWhole || element < range[0] || element > range[1]) return null;
    return typeof element === "bigint" ? String(element) : element + 0;
  }
  const number = element as number;
  if (!Number.isFinite(number) || Object.is(number, -0)) return Object.is(number, -0) ? "-0" : String(number);
  if (Math.abs(number) >= (floatLimits[dtype] ?? Infinity)) return null;
  return dtype === "float32" ? shortestFloat32(number) : number;
}

/** The shortest number with the same float32: `Float32Array.of(0.6)` and `0.6` are stored as the same text. */
function shortestFloat32(number: number): number {
  const stored = Math.fround(number);
  if (stored === number && Number.isInteger(number)) return number;
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(stored.toPrecision(digits));
    if (Math.fround(shorter) === stored) return shorter;
  }
  return Number(stored.toPrecision(9));
}

/** ` at [0, 2]`; nothing for a single value. */
function placeOf(position: number, shape: readonly number[]): string {
  if (shape.length === 0) return "";
  const place: number[] = [];
  for (const size of [...shape].reverse()) {
    place.unshift(position % size);
    position = Math.floor(position / size);
  }
  return ` at [${place.join(", ")}]`;
}

function nameOf(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value.length > 20 ? `${value.slice(0, 20)}…` : value);
  return Array.isArray(value) ? "a list" : typeof value === "object" && value !== null ? "an object" : String(value);
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((count, size) => count * size, 1);
}
