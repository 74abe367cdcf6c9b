import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import type { TensorData, TensorElements } from "../../tensors/tensor-data.js";
import { describeValue, isArrayOrTypedArray } from "../../util/format-value.js";
import { elementTypes } from "./elements.js";
import { type FlatValue, flatValue } from "./flat-value.js";
import { resolveRowShape } from "./resolve-shape.js";
import {
  type Bindings,
  countElements,
  requireList,
  describeList,
  describePlace,
  type RowDim,
  rowDims,
  symbolConflict,
} from "./row-shape.js";

/**
 * Creates the reader of one input's values, one per row, into one tensor. A single pass writes them to one typed array
 * and only detects an invalid row; a second pass over that row finds the reason.
 *
 * @param key the member of the rows that holds the values; null: the rows are the values
 * @returns a function that throws InputError SL5005 to SL5012 with row and input
 */
export function rowsReader(port: Port, key: string | null, nullAsNaN = false): RowsReader {
  const fixed = fixedShape(port);
  const { dtype } = port;
  const { allocate, putAll, put } = elementTypes[dtype];
  /** For a row that the fast path does not take: flat elements, a lone number, or nulls that are NaN. */
  const fillOther = ({ elements, shape, size, firstRow }: Filling, value: unknown, row: number): void => {
    if (fillFlat(port, elements, shape, flatValue(port, value, firstRow + row), row * size, size)) return;
    if (shape.length > 0 && size === 1 && put(elements, value, row)) return;
    const other = nullAsNaN ? withNaN(value) : value;
    const filled = () =>
      shape.length === 0 ? put(elements, other, row) : fill(port, elements, shape, 0, other, row * size, size);
    if (other !== value && filled()) return;
    throw refusedRow(port, shape, value, firstRow + row);
  };
  return (rows, bindings, firstRow = 0) => {
    const count = rows.length;
    const { shape, size } = fixed ?? sized(resolveRowShape(port, valueOf(rows, key, 0), bindings, firstRow));
    const elements = allocate(count * size);
    if (shape.length === 0) {
      for (let row = 0; row < count; row++) {
        const value = valueOf(rows, key, row);
        if (!put(elements, value, row)) fillOther({ elements, shape, size, firstRow }, value, row);
      }
      return { dtype, dims: [count], data: elements };
    }
    if (shape.length === 1) {
      for (let row = 0; row < count; row++) {
        const value = valueOf(rows, key, row);
        if (!isArrayOrTypedArray(value) || value.length !== size || !putAll(elements, value, row * size, size))
          fillOther({ elements, shape, size, firstRow }, value, row);
      }
      return { dtype, dims: [count, size], data: elements };
    }
    for (let row = 0; row < count; row++) {
      const value = valueOf(rows, key, row);
      if (!Array.isArray(value) || !fill(port, elements, shape, 0, value, row * size, size))
        fillOther({ elements, shape, size, firstRow }, value, row);
    }
    return { dtype, dims: [count, ...shape.map((dim) => dim.size)], data: elements };
  };
}

/**
 * Reads one input's values, one per row, which must have one shape.
 *
 * @param firstRow the number of the first row, for messages
 */
export type RowsReader = (rows: ArrayLike<unknown>, bindings: Bindings, firstRow?: number) => TensorData;

/** The tensor that a reader fills. */
interface Filling extends RowShape {
  readonly elements: TensorElements;
  readonly firstRow: number;
}

/** Copies flat elements to a row. False if there are none, or if they have another shape. */
function fillFlat(
  port: Port,
  elements: TensorElements,
  shape: readonly RowDim[],
  flat: FlatValue | null,
  at: number,
  size: number,
): boolean {
  if (flat?.data.length !== size) return false;
  if (flat.shape.length !== shape.length || !flat.shape.every((dim, axis) => dim === shape[axis]?.size)) return false;
  if (ArrayBuffer.isView(elements)) (elements as Float64Array).set(flat.data as Float64Array, at);
  else return elementTypes[port.dtype].putAll(elements, flat.data, at, size);
  return true;
}

/** The value with NaN in place of each null. */
function withNaN(value: unknown): unknown {
  if (value === null) return NaN;
  return Array.isArray(value) ? value.map(withNaN) : value;
}

function valueOf(rows: ArrayLike<unknown>, key: string | null, row: number): unknown {
  return key === null ? rows[row] : (rows[row] as Readonly<Record<string, unknown>>)[key];
}

interface RowShape {
  readonly shape: readonly RowDim[];
  /** The number of elements of a row. */
  readonly size: number;
}

function sized(shape: readonly RowDim[]): RowShape {
  return { shape, size: shape.reduce((product, dim) => product * dim.size, 1) };
}

/** The dimensions of the rows if the port fixes them all, else null. */
function fixedShape(port: Port): RowShape | null {
  const dims = rowDims(port);
  if (dims === null || !dims.every((dim) => typeof dim === "number")) return null;
  return sized(dims.map((size) => ({ size, origin: { kind: "port" } })));
}

function fill(
  port: Port,
  elements: TensorElements,
  shape: readonly RowDim[],
  axis: number,
  value: unknown,
  at: number,
  span: number,
): boolean {
  const length = shape[axis]?.size ?? 0;
  if (!isArrayOrTypedArray(value) || value.length !== length) return false;
  if (axis === shape.length - 1) return elementTypes[port.dtype].putAll(elements, value, at, length);
  const step = length === 0 ? 0 : span / length;
  for (let i = 0; i < length; i++)
    if (!fill(port, elements, shape, axis + 1, value[i], at + i * step, step)) return false;
  return true;
}

function refusedRow(port: Port, shape: readonly RowDim[], value: unknown, row: number): InputError {
  const flat = flatValue(port, value, row);
  if (flat !== null) return wrongFlatShape(port, shape, flat, row);
  return (
    firstFault(port, shape, 0, value, row, []) ??
    new InputError("SL5000", `${describePlace(port.name, row)}: the row changed while it was read`, {
      row,
      input: port.name,
    })
  );
}

/** The error for flat elements of another shape. */
function wrongFlatShape(port: Port, shape: readonly RowDim[], flat: FlatValue, row: number): InputError {
  const where = describePlace(port.name, row);
  const details = { row, input: port.name };
  if (flat.shape.length !== shape.length)
    return new InputError(
      "SL5008",
      `${where}: its shape [${flat.shape.join(", ")}] has ${flat.shape.length} dimensions, ${port.dtype}[${shape.map(({ size }) => size).join(", ")}] has ${shape.length}`,
      details,
    );
  const axis = shape.findIndex(({ size }, i) => size !== flat.shape[i]);
  const dim = shape[axis] ?? { size: 0, origin: { kind: "port" } };
  return wrongLength(port, dim, axis, shape.length, flat.shape[axis] ?? 0, row, []);
}

/** Finds the first fault of a row, in order. */
function firstFault(
  port: Port,
  shape: readonly RowDim[],
  axis: number,
  value: unknown,
  row: number,
  path: readonly number[],
): InputError | null {
  const dim = shape[axis];
  if (dim === undefined)
    return elementTypes[port.dtype].refusal(value) === null ? null : refusedElement(port, value, row, path);
  const list = requireList(port, value, row, path, axis, shape.length);
  const last = axis === shape.length - 1;
  if (last && isArrayOrTypedArray(list[0])) {
    return new InputError(
      "SL5008",
      `${describePlace(port.name, row, path)}: expected ${describeList(port, axis, shape.length)}, got a list of lists; remove one level of nesting`,
      { row, input: port.name },
    );
  }
  if (list.length !== dim.size) return wrongLength(port, dim, axis, shape.length, list.length, row, path);
  for (let i = 0; i < list.length; i++) {
    const fault = firstFault(port, shape, axis + 1, list[i], row, [...path, i]);
    if (fault !== null) return fault;
  }
  return null;
}

function wrongLength(
  port: Port,
  { size, origin }: RowDim,
  axis: number,
  rank: number,
  length: number,
  row: number,
  path: readonly number[],
): InputError {
  const where = describePlace(port.name, row, path);
  const details = { row, input: port.name, expected: size, found: length };
  if (origin.kind === "symbol") return symbolConflict(where, length, origin.symbol, size, origin.input);
  if (origin.kind === "first") {
    return new InputError(
      "SL5009",
      `${where}: ${countElements(length)} where the first has ${size}; the lists of a row have one length`,
      details,
    );
  }
  return new InputError("SL5007", `${where}: expected ${describeList(port, axis, rank)}, got ${length}`, details);
}

function refusedElement(port: Port, value: unknown, row: number, path: readonly number[]): InputError {
  const refusal = isArrayOrTypedArray(value)
    ? {
        code: "SL5008" as const,
        text: `expected a ${elementTypes[port.dtype].word} (${port.dtype}), got ${describeValue(value)}`,
      }
    : elementTypes[port.dtype].refusal(value);
  return new InputError(
    refusal?.code ?? "SL5006",
    `${describePlace(port.name, row, path)}: ${refusal?.text ?? describeValue(value)}`,
    { row, input: port.name, path },
  );
}
