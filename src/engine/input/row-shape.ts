import { InputError } from "../../../dsl/errors.js";
import type { Dim, Port } from "../../../dsl/tensor.js";
import { describeValue, isArrayOrTypedArray } from "../../util/format-value.js";
import { elementTypes } from "./elements.js";

/** Where a size of a row came from: the port itself, the first row, or a symbol that another input bound. */
type SizeOrigin =
  | { readonly kind: "port" }
  | { readonly kind: "first" }
  | { readonly kind: "symbol"; readonly symbol: string; readonly input: string };

/** One dimension of the rows of a batch: settled before the elements are read. */
export interface RowDim {
  readonly size: number;
  readonly origin: SizeOrigin;
}

/** What each symbol stands for in one request, and the input that said so. */
export type Bindings = Map<string, { readonly size: number; readonly input: string }>;

/** How messages name a value: `row 3, input 'x'`, deeper `row 3, input 'x', element [1][4]`. */
export function describePlace(input: string, row: number, path: readonly number[] = []): string {
  return `row ${row}, input '${input}'${path.length === 0 ? "" : `, element ${path.map((i) => `[${i}]`).join("")}`}`;
}

/** The dimensions of a port's rows, the batch gone; null where the rank is unknown. */
export function rowDims(port: Port): readonly Dim[] | null {
  return port.shape === null ? null : port.shape.slice(1);
}

/** Whether the port itself says all sizes of its rows. */
export function hasFixedRows(port: Port): boolean {
  return rowDims(port)?.every((dim) => typeof dim === "number") ?? false;
}

/**
 * The sizes that the rows of a batch have: the port's own, a symbol's, else the first row's.
 *
 * @throws InputError SL5008 when the first row is not nested to the port's rank, SL5005 when it holds null for a list
 */
export function resolveRowShape(port: Port, first: unknown, bindings: Bindings): RowDim[] {
  const wanted = rowDims(port) ?? measure(first).map(() => null);
  const settled: RowDim[] = [];
  let value = first;
  for (let axis = 0; axis < wanted.length; axis++) {
    const dim = wanted[axis] ?? null;
    const bound = typeof dim === "string" ? bindings.get(dim) : undefined;
    let size: number;
    if (typeof dim === "number") {
      settled.push({ size: dim, origin: { kind: "port" } });
      size = dim;
    } else if (bound !== undefined) {
      settled.push({ size: bound.size, origin: { kind: "symbol", symbol: String(dim), input: bound.input } });
      size = bound.size;
    } else {
      size = requireList(port, value, 0, new Array<number>(axis).fill(0), axis, wanted.length).length;
      settled.push({ size, origin: { kind: "first" } });
      if (typeof dim === "string") bindings.set(dim, { size, input: port.name });
    }
    value = isArrayOrTypedArray(value) && size > 0 ? value[0] : [];
  }
  return settled;
}

/**
 * Binds a port's symbols to the sizes of a tensor that is already there.
 *
 * @throws InputError SL5012 when a symbol has two sizes
 */
export function bindSymbols(port: Port, dims: readonly number[], bindings: Bindings): void {
  for (let axis = 1; axis < (port.shape?.length ?? 0); axis++) {
    const dim = port.shape?.[axis];
    const size = dims[axis] ?? 0;
    if (typeof dim !== "string") continue;
    const bound = bindings.get(dim);
    if (bound === undefined) bindings.set(dim, { size, input: port.name });
    else if (bound.size !== size) throw symbolConflict(`input '${port.name}'`, size, dim, bound.size, bound.input);
  }
}

export function symbolConflict(where: string, size: number, symbol: string, bound: number, input: string): InputError {
  return new InputError(
    "SL5012",
    `${where}: ${countElements(size)}, but '${symbol}' is ${bound} in input '${input}'; one symbol is one size in a batch`,
    { symbol, size, bound },
  );
}

export function countElements(count: number): string {
  return count === 1 ? "1 element" : `${count} elements`;
}

/** A value as the list it must be. */
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
  const count = typeof dim === "number" ? `${dim} ` : "";
  return axis < rank - 1
    ? `a list of ${count}lists`
    : `a list of ${count}${elementTypes[port.dtype].word}s (${port.dtype})`;
}

/** The sizes of the first element of the first element and so on, where the port does not know its rank. */
function measure(value: unknown): number[] {
  const sizes: number[] = [];
  for (let inner = value; isArrayOrTypedArray(inner); inner = inner[0]) sizes.push(inner.length);
  return sizes;
}
