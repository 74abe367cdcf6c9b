import { InputError } from "../../../dsl/errors.js";
import { rowShape } from "../../../dsl/rows.js";
import type { Port } from "../../../dsl/tensor.js";
import { isRagged, rowCount, type RowsTensor } from "../../tensors/tensor-data.js";
import { type ColumnShapes, countElements, describePlace, rowDims, symbolConflict } from "./row-shape.js";

/** The sizes of symbols in one request, by the inputs that were read before. A symbol has one size within a row. */
export class SymbolSizes {
  readonly #places = new Map<string, { readonly input: string; readonly axis: number; readonly rows: ColumnShapes }>();

  /** The size of a symbol in a row, and the input that decided it. */
  sizeIn(symbol: string, row: number): { readonly size: number; readonly input: string } | undefined {
    const place = this.#places.get(symbol);
    if (place === undefined) return undefined;
    const { input, axis, rows } = place;
    return { size: (rows.each?.[row] ?? rows.first).dims[axis] ?? 0, input };
  }

  /**
   * Adds the symbols of an input's shapes.
   *
   * @throws InputError SL5012 if a symbol has another size already in all rows
   */
  add(port: Port, rows: ColumnShapes): void {
    for (const [axis, symbol] of (rowDims(port) ?? []).entries()) {
      if (typeof symbol !== "string") continue;
      const earlier = this.sizeIn(symbol, 0);
      const size = rows.first.dims[axis] ?? 0;
      if (earlier === undefined) this.#places.set(symbol, { input: port.name, axis, rows });
      else if (earlier.size !== size)
        throw symbolConflict(`input '${port.name}'`, size, symbol, earlier.size, earlier.input);
    }
  }
}

/** A dimension of an input's rows. */
interface SymbolPlace {
  readonly symbol: string;
  readonly input: number;
  readonly axis: number;
}

/**
 * Creates the check that a symbol has one size within a row, over all inputs. Rows may differ. Null if no symbol stands
 * at two places.
 *
 * @returns a function that throws InputError SL5012
 */
export function symbolCheck(ports: readonly Port[]): ((tensors: readonly RowsTensor[]) => void) | null {
  const first = new Map<string, SymbolPlace>();
  const pairs: (readonly [SymbolPlace, SymbolPlace])[] = [];
  for (const [input, port] of ports.entries())
    for (const [axis, symbol] of (rowShape(port.shape) ?? []).entries()) {
      if (typeof symbol !== "string") continue;
      const place = { symbol, input, axis };
      const earlier = first.get(symbol);
      if (earlier === undefined) first.set(symbol, place);
      else pairs.push([earlier, place]);
    }
  if (pairs.length === 0) return null;
  return (tensors) => {
    for (const [a, b] of pairs) {
      const [earlier, later] = [tensors[a.input], tensors[b.input]];
      if (earlier === undefined || later === undefined) continue;
      const rows = isRagged(earlier) || isRagged(later) ? rowCount(earlier) : 1;
      for (let row = 0; row < rows; row++) {
        const [bound, size] = [sizeOf(earlier, row, a.axis), sizeOf(later, row, b.axis)];
        if (bound !== size) throw conflict(ports, a, b, row, bound, size);
      }
    }
  };
}

function sizeOf(tensor: RowsTensor, row: number, axis: number): number {
  return (isRagged(tensor) ? tensor.shapes[row]?.[axis] : tensor.dims[axis + 1]) ?? 0;
}

function conflict(
  ports: readonly Port[],
  { symbol, input }: SymbolPlace,
  later: SymbolPlace,
  row: number,
  bound: number,
  size: number,
): InputError {
  const port = ports[later.input];
  const axis = (rowShape(port?.shape ?? null)?.length ?? 0) > 1 ? `, dimension ${later.axis}` : "";
  return new InputError(
    "SL5012",
    `${describePlace(port?.name ?? "", row)}${axis}: ${countElements(size)}, but '${symbol}' is ${bound} in input '${ports[input]?.name}'; one symbol is one size in a row`,
    { symbol, size, bound, row },
  );
}
