import { InputError } from "../../../dsl/errors.js";
import type { Dim, Port } from "../../../dsl/tensor.js";
import type { TensorElements } from "../../tensors/tensor-data.js";
import { describeValue } from "../../util/format-value.js";
import { typedArrayName } from "../../util/typed-array.js";
import { elementTypes, wrongByte } from "./elements.js";
import { countElements, describePlace, rowDims } from "./row-shape.js";

/** Row-major elements and their dimensions. */
export interface FlatValue {
  readonly data: TensorElements;
  readonly shape: readonly number[];
}

/**
 * Reads a row's value that is not nested lists: a flat typed array, or `{ data, shape }` with the elements and the
 * dimensions of the row.
 *
 * @returns null for nested lists, and for typed arrays of ports whose rows are lists
 * @throws InputError SL5014 for another class of array, SL5015 for elements that do not have the shape
 */
export function flatValue(port: Port, value: unknown, row: number): FlatValue | null {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return null;
  if (ArrayBuffer.isView(value)) {
    const dims = rowDims(port);
    if (typedArrayName(value) === null || dims?.length === 1 || dims?.length === 0) return null;
    const where = describePlace(port.name, row);
    const data = elementsOf(port, value, where, { row });
    return { data, shape: shapeOfFlat(port, dims, data.length, where, { row }) };
  }
  return "data" in value && "shape" in value
    ? describedValue(port, value, describePlace(port.name, row), { row })
    : null;
}

/** Reads `{ data, shape }`, of a row or of all rows of a column. */
export function describedValue(
  port: Port,
  { data, shape }: { readonly data: unknown; readonly shape: unknown },
  where: string,
  details: object,
): FlatValue {
  const refuse = (text: string) => new InputError("SL5015", `${where}: ${text}`, { input: port.name, ...details });
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 0))
    throw refuse(`'shape' is ${describeValue(shape)}; give a list of sizes such as [3, 480, 640]`);
  const sizes = shape as readonly number[];
  const count = sizes.reduce((product, size) => product * size, 1);
  const elements = elementsOf(port, data, where, details);
  if (elements.length !== count)
    throw refuse(`'shape' [${sizes.join(", ")}] is ${countElements(count)}, 'data' has ${elements.length}`);
  return { data: elements, shape: [...sizes] };
}

const withArticle = (arrayClass: string): string => `${arrayClass.startsWith("Int") ? "an" : "a"} ${arrayClass}`;

/** The elements of an array of the port's class: float16 as bits, bool as bytes of 0 and 1. */
export function elementsOf(port: Port, value: unknown, where: string, details: object): TensorElements {
  const { array, refusal } = elementTypes[port.dtype];
  if (array === null && Array.isArray(value)) {
    const at = value.findIndex((text) => refusal(text) !== null);
    if (at < 0) return value as readonly string[];
    const why = refusal(value[at]);
    throw new InputError(why?.code ?? "SL5006", `${where}, element ${at}: ${why?.text ?? ""}`, {
      input: port.name,
      ...details,
    });
  }
  const name = typedArrayName(value);
  // Node has Float16Array from version 24 on.
  if (array === null || (name !== array.name && !(port.dtype === "float16" && name === "Float16Array"))) {
    const expected = array === null ? "a list of strings" : withArticle(array.name);
    const got = name === null ? describeValue(value) : withArticle(name);
    throw new InputError("SL5014", `${where} is ${port.dtype}: expected ${expected}, got ${got}`, {
      input: port.name,
      ...details,
    });
  }
  const { buffer, byteOffset, byteLength } = value as Uint8Array;
  // Arrays of another realm, subclasses and Float16Array become arrays of the port's own class.
  const elements =
    Object.getPrototypeOf(value) === array.prototype
      ? (value as Exclude<TensorElements, readonly string[]>)
      : new array(buffer as ArrayBuffer, byteOffset, byteLength / array.BYTES_PER_ELEMENT);
  if (port.dtype === "bool") {
    const at = wrongByte(elements as Uint8Array);
    if (at >= 0)
      throw new InputError("SL5010", `${where}, element ${at}: a bool is 0 or 1, got ${elements[at]}`, {
        input: port.name,
        ...details,
      });
  }
  return elements;
}

/** The dimensions of flat elements: those of the port, at most one of which may be open. */
function shapeOfFlat(
  port: Port,
  dims: readonly Dim[] | null,
  length: number,
  where: string,
  details: object,
): readonly number[] {
  const known = dims?.filter((dim) => typeof dim === "number") ?? [];
  const size = known.reduce((product, dim) => product * dim, 1);
  const open = (dims?.length ?? 0) - known.length;
  if (dims === null || open > 1)
    throw new InputError(
      "SL5015",
      `${where}: the sizes of the row are open, so flat elements have no shape; give { data, shape: [${(dims ?? ["…"]).map((dim) => dim ?? "?").join(", ")}] }`,
      { input: port.name, ...details },
    );
  const rest = size === 0 ? 0 : length / size;
  if (open === 0 ? length !== size : !Number.isInteger(rest) || size === 0)
    throw new InputError(
      "SL5015",
      `${where}: ${countElements(length)} cannot have the shape [${dims.map((dim) => dim ?? "?").join(", ")}]`,
      { input: port.name, ...details },
    );
  return dims.map((dim) => (typeof dim === "number" ? dim : rest));
}
