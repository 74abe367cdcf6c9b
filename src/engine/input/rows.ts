import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import { isSameShape } from "../../tensors/row-ranges.js";
import type { RowsTensor, TensorElements } from "../../tensors/tensor-data.js";
import { describeValue, isArrayOrTypedArray } from "../../util/format-value.js";
import { typedArrayName } from "../../util/typed-array.js";
import { numberOf } from "../../util/quantities/counted.js";
import { columnShapes, type DecidedShapes } from "./column-shapes.js";
import { elementTypes, wrongByte } from "./elements.js";
import { type FlatValue, flatValue } from "./flat-value.js";
import { type RequestLimits, defaultRequestLimits, requireInputSize } from "./request-size.js";
import {
  countElements,
  describeList,
  describePlace,
  requireList,
  type RowDim,
  rowDims,
  type RowShape,
  rowShapeOf,
  symbolConflict,
} from "./row-shape.js";
import type { SymbolSizes } from "./symbols.js";

/**
 * Creates the reader of one input's values, one per row. It decides the shapes of the rows, then writes all elements to
 * one typed array and only detects an invalid row; a second pass over that row finds the reason. Rows of one shape
 * become a tensor, others a ragged column.
 *
 * @param key the member of the rows that holds the values; null: the rows are the values
 * @returns a function that throws InputError SL5005 to SL5015 with row and input
 */
export function rowsReader(
  port: Port,
  key: string | null,
  nullAsNaN = false,
  limits: RequestLimits = defaultRequestLimits,
): RowsReader {
  const fixed = fixedShapes(port);
  const { dtype } = port;
  const { allocate, putAll, put } = elementTypes[dtype];
  /** Whether the row has the shape and was written; false also for a form that `fillOther` takes. */
  const fillRow = (elements: TensorElements, value: unknown, { shape, size }: RowShape, at: number): boolean => {
    if (shape.length === 0) return put(elements, value, at);
    if (shape.length === 1)
      return isArrayOrTypedArray(value) && value.length === size && putAll(elements, value, at, size);
    return Array.isArray(value) && fill(port, elements, shape, 0, value, at, size);
  };
  /** For a row that the fast path does not take: flat elements, a lone number, or nulls that are NaN. */
  const fillOther = (elements: TensorElements, value: unknown, rowShape: RowShape, at: number, row: number): void => {
    const { shape, dims, size } = rowShape;
    if (fillFlat(port, elements, dims, flatValue(port, value, row), at, size)) return;
    const other = nullAsNaN ? withNaN(value) : value;
    if (shape.length > 0 && size === 1 && put(elements, other, at)) return;
    if (other !== value && fillRow(elements, other, rowShape, at)) return;
    throw refusedRow(port, shape, value, row);
  };
  return (rows, symbols) => {
    const { first, each, fault } = fixed ?? columnShapes(port, (row) => valueOf(rows, key, row), rows.length, symbols);
    const count = fault === null ? rows.length : fault.row;
    const offsets = each === null ? null : offsetsOf(each);
    const total = offsets?.[count] ?? count * first.size;
    requireInputSize(port, total, limits);
    const elements = allocate(total);
    for (let row = 0; row < count; row++) {
      const value = valueOf(rows, key, row);
      const rowShape = each?.[row] ?? first;
      const at = offsets?.[row] ?? row * first.size;
      if (!fillRow(elements, value, rowShape, at)) fillOther(elements, value, rowShape, at, row);
    }
    if (fault !== null) throw fault.error;
    if (fixed === null) symbols.add(port, { first, each });
    return each === null || offsets === null
      ? { dtype, dims: first.dims.length === 1 ? [count, first.size] : [count, ...first.dims], data: elements }
      : { dtype, shapes: each.map(({ dims }) => dims), offsets, data: elements };
  };
}

/**
 * Reads one input's values, one per row. `symbols` has the sizes that other inputs decided, and gets those of this one.
 */
export type RowsReader = (rows: ArrayLike<unknown>, symbols: SymbolSizes) => RowsTensor;

/** Where each row starts, and where the last one ends. */
function offsetsOf(rows: readonly RowShape[]): number[] {
  const offsets = new Array<number>(rows.length + 1);
  let end = 0;
  for (let row = 0; row < rows.length; row++) {
    offsets[row] = end;
    end += rows[row]?.size ?? 0;
  }
  offsets[rows.length] = end;
  return offsets;
}

/** Copies flat elements to a row. False if there are none, or if they have another shape. */
function fillFlat(
  port: Port,
  elements: TensorElements,
  dims: readonly number[],
  flat: FlatValue | null,
  at: number,
  size: number,
): boolean {
  if (flat?.data.length !== size || !isSameShape(flat.shape, dims)) return false;
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

/** The shapes of the rows if the port fixes them, else null. */
function fixedShapes(port: Port): DecidedShapes | null {
  const dims = rowDims(port);
  if (dims === null || !dims.every((dim) => typeof dim === "number")) return null;
  const first = rowShapeOf(dims.map((size) => ({ size, origin: { kind: "port" } })));
  return { first, each: null, fault: null };
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
      `${where}: its shape [${flat.shape.join(", ")}] has ${numberOf(flat.shape.length, "dimension")}, ${port.dtype}[${shape.map(({ size }) => size).join(", ")}] has ${shape.length}`,
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
  if (last && port.dtype === "bool" && typedArrayName(list) === "Uint8Array") {
    const at = wrongByte(list as Uint8Array);
    const text = `${describePlace(port.name, row, [...path, at])}: a bool is 0 or 1, got ${list[at] as number}`;
    return at < 0 ? null : new InputError("SL5010", text, { row, input: port.name });
  }
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
