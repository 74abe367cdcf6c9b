import * as z from "zod";
import { constant, dtypes, type Constant, type DType } from "../../dsl/index.js";
import type { ConstantData } from "../../dsl/constant.js";
import { sha256Hex } from "./digest/sha256-text.js";
import { constantElements, floats, numbersByText } from "../util/constant-elements.js";
import { quote } from "./chain-text.js";

// Constants in a config: elements of one row, row-major, as plain JSON.

/** Whether an element is stored as the dtype demands. Ranges are checked with the pipeline. */
function isStored(element: unknown, dtype: DType): boolean {
  if (dtype === "string") return typeof element === "string";
  if (dtype === "bool") return typeof element === "boolean";
  if (dtype === "int64" || dtype === "uint64") return typeof element === "string" && /^-?\d{1,20}$/.test(element);
  return typeof element === "number" || (floats.has(dtype) && Object.hasOwn(numbersByText, element as string));
}

/** A constant: int64 and uint64 as strings of digits; NaN, infinities and -0 as strings. */
export const constantSchema = z
  .strictObject({
    dtype: z.enum(dtypes),
    /** The shape of one row. */
    shape: z.array(z.number().int().nonnegative()),
    /** Row-major. */
    data: z.array(z.union([z.number(), z.string(), z.boolean()])),
  })
  .refine(({ dtype, data }) => data.every((element) => isStored(element, dtype)), {
    message: "expected elements of the dtype; int64 and uint64 as strings of digits",
  });

/** The builder's constant. */
export function builderConstant(stored: ConstantData): Constant {
  return constant({ data: constantElements(stored), shape: stored.shape });
}

const arrayNames: Partial<Record<DType, string>> = {
  float32: "Float32Array",
  float64: "Float64Array",
  int8: "Int8Array",
  int16: "Int16Array",
  int32: "Int32Array",
  int64: "BigInt64Array",
  uint8: "Uint8Array",
  uint16: "Uint16Array",
  uint32: "Uint32Array",
  uint64: "BigUint64Array",
};

/** From here on, a typed array: the compiler would read each element of a list as a type of its own. */
const maxListed = 100;
/** The most elements in a short text. */
const maxShort = 20;

/**
 * A constant as a call of the builder: `constant(16000n)`.
 *
 * @param isShort a long constant is written as its tensor and digest, for people
 */
export function constantText(stored: ConstantData, isShort: boolean): string {
  const elements = constantElements(stored).map(elementText);
  const { dtype, shape } = stored;
  if (isShort && elements.length > maxShort) {
    const digest = sha256Hex(JSON.stringify(stored.data)).slice(0, 12);
    return `constant(/* ${dtype}[${shape.join(", ")}], ${digest}… */)`;
  }
  if (elements.length <= maxListed && elements.length > 0) return `constant(${nested(elements, shape)})`;
  const array = arrayNames[dtype];
  const data = array === undefined ? `[${elements.join(", ")}]` : `${array}.of(${elements.join(", ")})`;
  return `constant({ data: ${data}, shape: [${shape.join(", ")}] })`;
}

function elementText(element: number | bigint | boolean | string): string {
  if (typeof element === "string") return quote(element);
  return typeof element === "bigint" ? `${element}n` : Object.is(element, -0) ? "-0" : String(element);
}

function nested(elements: readonly string[], [size, ...rest]: readonly number[]): string {
  if (size === undefined) return elements[0] ?? "";
  const step = elements.length / size;
  const parts = Array.from({ length: size }, (_, i) => nested(elements.slice(i * step, (i + 1) * step), rest));
  return `[${parts.join(", ")}]`;
}
