import { InputError } from "../../../dsl/errors.js";
import type { DType } from "../../../dsl/tensor.js";
import { elementTypes, type Refusal } from "../../engine/input/elements.js";
import { hasOverflow } from "../../files/json/overflow.js";
import type { TensorElements } from "../../tensors/tensor-data.js";
import { describeValue } from "../../util/format-value.js";

/** How the elements of one tensor are read. */
export interface ElementsPolicy {
  /** `null` stands for NaN. */
  readonly nullAsNaN: boolean;
  /** Infinities are as they were written, and not numbers that are too large. */
  readonly bareNumbers: boolean;
  /** Integers are as they were written, and not rounded to the nearest number. */
  readonly exact: boolean;
}

/**
 * The elements of a tensor's JSON data, nested as its shape says or flat.
 *
 * @param shape sizes, checked
 * @param data the list
 * @throws InputError SL5005 to SL5015, SL5020
 */
export function jsonElements(
  input: string,
  dtype: DType,
  shape: readonly number[],
  data: readonly unknown[],
  policy: ElementsPolicy,
): TensorElements {
  let count = 1;
  for (const size of shape) count *= size;
  const nested = Array.isArray(data[0]) && shape.length > 0;
  if (nested) requireNesting(input, shape, 0, data, []);
  else if (data.length !== count)
    throw new InputError(
      "SL5015",
      `input '${input}': 'shape' [${shape.join(", ")}] is ${describeCount(count)}, 'data' has ${data.length}`,
      { input },
    );
  const type = elementTypes[dtype];
  const elements = type.allocate(count);
  let end = 0;
  const fill = (list: readonly unknown[], axis: number, path: readonly number[]): void => {
    if (nested && axis < shape.length - 1) {
      for (let i = 0; i < list.length; i++) fill(list[i] as readonly unknown[], axis + 1, [...path, i]);
      return;
    }
    if (!type.putAll(elements, list, end, list.length)) fillOther(input, dtype, elements, list, end, policy, path);
    end += list.length;
  };
  fill(data, 0, []);
  if (isFloat(dtype) && !policy.bareNumbers) requireNoOverflow(input, dtype, elements, data);
  return elements;
}

/** Requires the lists to be as long as the shape says, before memory is taken for as many elements. */
function requireNesting(
  input: string,
  shape: readonly number[],
  axis: number,
  list: unknown,
  path: readonly number[],
): void {
  const wanted = shape[axis] ?? 0;
  if (!Array.isArray(list) || list.length !== wanted) {
    const got = Array.isArray(list) ? `a list of ${list.length}` : describeValue(list);
    throw new InputError(
      "SL5015",
      `input '${input}'${element(path)}: 'shape' [${shape.join(", ")}] says a list of ${wanted}, 'data' has ${got}`,
      { input },
    );
  }
  if (axis === shape.length - 1) return;
  for (let i = 0; i < list.length; i++) requireNesting(input, shape, axis + 1, list[i], [...path, i]);
}

/** For lists that the fast path does not take: nulls that are NaN, or an element to refuse. */
function fillOther(
  input: string,
  dtype: DType,
  elements: TensorElements,
  list: readonly unknown[],
  at: number,
  { nullAsNaN, exact }: ElementsPolicy,
  path: readonly number[],
): void {
  const { put, refusal, word } = elementTypes[dtype];
  for (let i = 0; i < list.length; i++) {
    const value = list[i] === null && nullAsNaN ? NaN : list[i];
    if (put(elements, value, at + i)) continue;
    const isRounded = isWide(dtype) && Number.isInteger(value) && !Number.isSafeInteger(value);
    if (isRounded && !exact) throw new RoundedInteger();
    const why = Array.isArray(value) ? null : isRounded ? notDigits(value) : refusal(value);
    throw new InputError(
      why?.code ?? "SL5008",
      `input '${input}'${element([...path, i])}: ${why?.text ?? `expected a ${word} (${dtype}), got ${describeValue(value)}`}`,
      { input },
    );
  }
}

function notDigits(value: unknown): Refusal {
  return { code: "SL5010", text: `${String(value)} is not exact; write whole numbers beyond 2^53 as digits` };
}

/** JSON.parse has rounded an integer: the text must be parsed again, exactly. */
export class RoundedInteger extends Error {}

const isWide = (dtype: DType): boolean => dtype === "int64" || dtype === "uint64";
const isFloat = (dtype: DType): boolean => dtype === "float32" || dtype === "float64" || dtype === "float16";

/** JSON.parse reads 1e400 as Infinity. An infinity that is meant is written as a text. */
function requireNoOverflow(input: string, dtype: DType, elements: TensorElements, data: readonly unknown[]): void {
  if (!hasInfinity(dtype, elements) || !hasOverflow(data)) return;
  throw new InputError("SL5010", `input '${input}': a number is too large for ${dtype}`, { input });
}

function hasInfinity(dtype: DType, elements: TensorElements): boolean {
  if (dtype === "float16") return (elements as Uint16Array).some((bits) => (bits & 0x7fff) === 0x7c00);
  for (let i = 0; i < elements.length; i++) if (elements[i] === Infinity || elements[i] === -Infinity) return true;
  return false;
}

function element(path: readonly number[]): string {
  return path.length === 0 ? "" : `, element ${path.map((i) => `[${i}]`).join("")}`;
}

function describeCount(count: number): string {
  if (!Number.isSafeInteger(count)) return "more than 2^53 elements";
  return count === 1 ? "1 element" : `${count} elements`;
}
