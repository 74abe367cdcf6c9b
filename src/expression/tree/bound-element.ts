import { children, columnName, type ExpressionTree, type Place, type Read } from "./tree.js";

/** A list that an enclosing `every` or `some` runs over. */
export interface Bound {
  readonly list: Read;
  readonly binder: number;
}

const isSame = (a: Place, b: Place | undefined): boolean =>
  typeof a === "object" && typeof b === "object" ? a.binder === b.binder : a === b;

/** The element of an enclosing list that a read starts from, and its places after that; null where it starts from the row. */
export function elementIn(
  node: Read,
  bounds: readonly Bound[],
): { readonly binder: number; readonly rest: readonly Place[] } | null {
  for (const { list, binder } of bounds) {
    const place = node.at[list.at.length];
    const within = typeof place === "object" && place.binder === binder && columnName(node) === columnName(list);
    if (within && list.at.every((outer, axis) => isSame(outer, node.at[axis])))
      return { binder, rest: node.at.slice(list.at.length + 1) };
  }
  return null;
}

/** Whether a body asks for the place of its element, and not for the element alone. */
export function usesPlace(body: ExpressionTree, bound: Bound): boolean {
  if ((body.op === "position" || body.op === "pick") && body.binder === bound.binder) return true;
  if (body.op === "read") {
    const places = elementIn(body, [bound])?.rest ?? body.at;
    return places.some((place) => typeof place === "object" && place.binder === bound.binder);
  }
  return children(body).some((child) => usesPlace(child, bound));
}
