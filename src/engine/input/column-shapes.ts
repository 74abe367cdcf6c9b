import { InputError } from "../../../dsl/errors.js";
import type { Dim, Port } from "../../../dsl/tensor.js";
import { isSameShape } from "../../tensors/row-ranges.js";
import { isArrayOrTypedArray } from "../../util/format-value.js";
import { numberOf } from "../../util/quantities/counted.js";
import { resolveRowShape } from "./resolve-shape.js";
import { type ColumnShapes, describePlace, rowDims, type RowShape, rowShapeOf } from "./row-shape.js";
import type { SymbolSizes } from "./symbols.js";

/** The shapes of the rows before the first fault; those rows may have faults in their elements. */
export interface DecidedShapes extends ColumnShapes {
  readonly fault: { readonly row: number; readonly error: InputError } | null;
}

/**
 * Decides the shape of each row of an input, before any element is read.
 *
 * @param valueOf the value of a row
 * @throws InputError as `resolveRowShape`, for the first row
 */
export function columnShapes(
  port: Port,
  valueOf: (row: number) => unknown,
  rows: number,
  symbols: SymbolSizes,
): DecidedShapes {
  const dims = rowDims(port);
  const first = rowShapeOf(resolveRowShape(port, valueOf(0), symbols, 0));
  let previous = first;
  let each: RowShape[] | null = null;
  for (let row = 1; row < rows; row++) {
    const value = valueOf(row);
    if (!looksLike(value, previous.dims, dims) || !hasSymbolSizes(dims, previous.dims, symbols, row)) {
      let own: RowShape;
      try {
        own = rowShapeOf(resolveRowShape(port, value, symbols, row));
        if (own.dims.length !== first.dims.length) throw otherRank(port, row, own.dims.length, first.dims.length);
      } catch (error) {
        if (error instanceof InputError) return { first, each, fault: { row, error } };
        throw error;
      }
      if (!isSameShape(own.dims, previous.dims)) {
        each ??= new Array<RowShape>(row).fill(first);
        previous = own;
      }
    }
    each?.push(previous);
  }
  return { first, each, fault: null };
}

/** Whether a value has the sizes of a row, as far as its first elements tell. Its elements are checked when read. */
function looksLike(value: unknown, sizes: readonly number[], dims: readonly Dim[] | null): boolean {
  if (!isArrayOrTypedArray(value)) return hasShape(value, sizes);
  let inner: unknown = value;
  for (const size of sizes) {
    if (!isArrayOrTypedArray(inner) || inner.length !== size) return false;
    inner = inner[0];
  }
  return dims !== null || !isArrayOrTypedArray(inner);
}

/** Whether a value is `{ data, shape }` with these sizes. */
function hasShape(value: unknown, sizes: readonly number[]): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "shape" in value &&
    Array.isArray(value.shape) &&
    isSameShape(value.shape as readonly number[], sizes)
  );
}

/** Whether the symbols that earlier inputs decided have these sizes in a row. */
function hasSymbolSizes(
  dims: readonly Dim[] | null,
  sizes: readonly number[],
  symbols: SymbolSizes,
  row: number,
): boolean {
  if (dims === null) return true;
  for (let axis = 0; axis < dims.length; axis++) {
    const symbol = dims[axis];
    if (typeof symbol !== "string") continue;
    const decided = symbols.sizeIn(symbol, row);
    if (decided !== undefined && decided.size !== sizes[axis]) return false;
  }
  return true;
}

/** A port of unknown rank has one rank in all rows, because a column has one type. */
function otherRank({ name }: Port, row: number, rank: number, first: number): InputError {
  return new InputError(
    "SL5008",
    `${describePlace(name, row)}: ${numberOf(rank, "dimension")}, row 0 has ${first}; give all rows of a request the same nesting`,
    { row, input: name },
  );
}
