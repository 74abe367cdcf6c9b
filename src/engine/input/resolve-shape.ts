import type { Port } from "../../../dsl/tensor.js";
import { isArrayOrTypedArray } from "../../util/format-value.js";
import { flatValue } from "./flat-value.js";
import { type Bindings, requireList, type RowDim, rowDims } from "./row-shape.js";

/**
 * Decides the sizes of the rows of a batch: from the port, else from a bound symbol, else from the first row.
 *
 * @param row the number of the first row, for messages
 *
 * @throws InputError SL5008 if the first row is not nested to the port's rank, SL5005 if it has null in place of a list
 */
export function resolveRowShape(port: Port, first: unknown, bindings: Bindings, row = 0): RowDim[] {
  const flat = flatValue(port, first, row);
  const dims = rowDims(port) ?? (flat?.shape ?? measure(first)).map(() => null);
  const resolved: RowDim[] = [];
  let value = first;
  for (let axis = 0; axis < dims.length; axis++) {
    const dim = dims[axis] ?? null;
    const bound = typeof dim === "string" ? bindings.get(dim) : undefined;
    let size: number;
    if (typeof dim === "number") {
      resolved.push({ size: dim, origin: { kind: "port" } });
      size = dim;
    } else if (bound !== undefined) {
      resolved.push({ size: bound.size, origin: { kind: "symbol", symbol: String(dim), input: bound.input } });
      size = bound.size;
    } else {
      size =
        flat?.shape[axis] ?? requireList(port, value, row, new Array<number>(axis).fill(0), axis, dims.length).length;
      resolved.push({ size, origin: { kind: "first" } });
      if (typeof dim === "string") bindings.set(dim, { size, input: port.name });
    }
    value = isArrayOrTypedArray(value) && size > 0 ? value[0] : [];
  }
  return resolved;
}

/** The nested sizes of a value's first elements, for a port of unknown rank. */
function measure(value: unknown): number[] {
  const sizes: number[] = [];
  for (let inner = value; isArrayOrTypedArray(inner) && sizes.length < MAX_RANK; inner = inner[0])
    sizes.push(inner.length);
  return sizes;
}

/** Ends the walk through a list that contains itself. */
const MAX_RANK = 64;
