import type { Port } from "../../../dsl/tensor.js";
import { isArrayOrTypedArray } from "../../util/format-value.js";
import { flatValue } from "./flat-value.js";
import { requireList, type RowDim, rowDims } from "./row-shape.js";
import type { SymbolSizes } from "./symbols.js";

/**
 * Decides the sizes of a row: from the port, else from a symbol that another input or an earlier dimension decided,
 * else from the row's first elements.
 *
 * @throws InputError SL5008 if the row is not nested to the port's rank, SL5005 if it has null in place of a list
 */
export function resolveRowShape(port: Port, value: unknown, symbols: SymbolSizes, row: number): RowDim[] {
  const flat = flatValue(port, value, row);
  const dims = rowDims(port) ?? (flat?.shape ?? measure(value)).map(() => null);
  const resolved: RowDim[] = [];
  let inner = value;
  for (let axis = 0; axis < dims.length; axis++) {
    const dim = dims[axis] ?? null;
    const decided =
      typeof dim === "string" ? (symbols.sizeIn(dim, row) ?? ownSize(port, dims, resolved, dim)) : undefined;
    let size: number;
    if (typeof dim === "number") {
      resolved.push({ size: dim, origin: { kind: "port" } });
      size = dim;
    } else if (decided !== undefined) {
      resolved.push({ size: decided.size, origin: { kind: "symbol", symbol: String(dim), input: decided.input } });
      size = decided.size;
    } else {
      size =
        flat?.shape[axis] ?? requireList(port, inner, row, new Array<number>(axis).fill(0), axis, dims.length).length;
      resolved.push({ size, origin: { kind: "first" } });
    }
    inner = isArrayOrTypedArray(inner) && size > 0 ? inner[0] : [];
  }
  return resolved;
}

/** The size that an earlier dimension of the row has decided for a symbol. */
function ownSize(
  { name }: Port,
  dims: readonly unknown[],
  resolved: readonly RowDim[],
  symbol: string,
): { readonly size: number; readonly input: string } | undefined {
  const earlier = resolved[dims.indexOf(symbol)];
  return earlier === undefined ? undefined : { size: earlier.size, input: name };
}

/** The nested sizes of a value's first elements, for a port of unknown rank. */
function measure(value: unknown): number[] {
  const sizes: number[] = [];
  for (let inner = value; isArrayOrTypedArray(inner) && sizes.length < maxRank; inner = inner[0])
    sizes.push(inner.length);
  return sizes;
}

/** Ends the walk through a list that contains itself. */
const maxRank = 64;
