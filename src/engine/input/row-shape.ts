import { InputError } from "../../../dsl/errors.js";
import type { Dim, Port } from "../../../dsl/tensor.js";
import { elementCount } from "../../tensors/tensor-data.js";
import { describeValue, isArrayOrTypedArray } from "../../util/format-value.js";
import { numberOf } from "../../util/quantities/counted.js";
import { elementTypes } from "./elements.js";

/** What decided the size of a row's dimension: the port, the first row, or a symbol that another input bound. */
type SizeOrigin =
  | { readonly kind: "port" }
  | { readonly kind: "first" }
  | { readonly kind: "symbol"; readonly symbol: string; readonly input: string };

/** One dimension of a row, known before the elements are read. */
export interface RowDim {
  readonly size: number;
  readonly origin: SizeOrigin;
}

/** The shape of one row, known before its elements are read. */
export interface RowShape {
  readonly shape: readonly RowDim[];
  readonly dims: readonly number[];
  /** The number of elements. */
  readonly size: number;
}

/** The shapes of an input's rows. Rows of one shape share one object. */
export interface ColumnShapes {
  readonly first: RowShape;
  /** By row; null if all rows have the first one's shape. */
  readonly each: readonly RowShape[] | null;
}

export function rowShapeOf(shape: readonly RowDim[]): RowShape {
  const dims = shape.map(({ size }) => size);
  return { shape, dims, size: elementCount(dims) };
}

/** A value's place in messages: `row 3, input 'x'`, or deeper `row 3, input 'x', element [1][4]`. */
export function describePlace(input: string, row: number, path: readonly number[] = []): string {
  return `row ${row}, input '${input}'${path.length === 0 ? "" : `, element ${path.map((i) => `[${i}]`).join("")}`}`;
}

/** The dimensions of a port's rows, without the batch; null if the rank is unknown. */
export function rowDims(port: Port): readonly Dim[] | null {
  return port.shape === null ? null : port.shape.slice(1);
}

/** Whether the port fixes all sizes of its rows. */
export function hasFixedRows(port: Port): boolean {
  return rowDims(port)?.every((dim) => typeof dim === "number") ?? false;
}

export function symbolConflict(where: string, size: number, symbol: string, bound: number, input: string): InputError {
  return new InputError(
    "SL5012",
    `${where}: ${countElements(size)}, but '${symbol}' is ${bound} in input '${input}'; one symbol is one size in a row`,
    { symbol, size, bound },
  );
}

export function countElements(count: number): string {
  return count === 1 ? "1 element" : `${count} elements`;
}

/** Requires a value to be a list. */
export function requireList(
  port: Port,
  value: unknown,
  row: number,
  path: readonly number[],
  axis: number,
  rank: number,
): ArrayLike<unknown> {
  if (isArrayOrTypedArray(value)) return value;
  const where = describePlace(port.name, row, path);
  const details = { row, input: port.name };
  if (value === null || value === undefined) {
    throw new InputError(
      "SL5005",
      `${where}: expected ${describeList(port, axis, rank)}, got ${describeValue(value)}`,
      details,
    );
  }
  throw new InputError(
    "SL5008",
    `${where}: expected ${describeList(port, axis, rank)}, got ${describeValue(value)}`,
    details,
  );
}

/** `a list of 29 numbers (float32)`, `a list of lists`. */
export function describeList(port: Port, axis: number, rank: number): string {
  const dim = rowDims(port)?.[axis];
  const elements = (thing: string): string => (typeof dim === "number" ? numberOf(dim, thing) : `${thing}s`);
  return axis < rank - 1
    ? `a list of ${elements("list")}`
    : `a list of ${elements(elementTypes[port.dtype].word)} (${port.dtype})`;
}
