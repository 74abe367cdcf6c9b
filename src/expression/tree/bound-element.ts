import { children, columnName, type ExpressionTree, type Index, type Read } from "./tree.js";

/** A list that an enclosing `every` or `some` iterates over. */
export interface BoundList {
  readonly list: Read;
  readonly binder: number;
}

const isSame = (a: Index, b: Index | undefined): boolean =>
  typeof a === "object" && typeof b === "object" ? a.binder === b.binder : a === b;

/**
 * The element of an enclosing list that a read starts from, and the indexes after it. Null if it starts from the row.
 */
export function boundElement(
  node: Read,
  bounds: readonly BoundList[],
): { readonly binder: number; readonly rest: readonly Index[] } | null {
  for (const { list, binder } of bounds) {
    const index = node.at[list.at.length];
    const within = typeof index === "object" && index.binder === binder && columnName(node) === columnName(list);
    if (within && list.at.every((outer, axis) => isSame(outer, node.at[axis])))
      return { binder, rest: node.at.slice(list.at.length + 1) };
  }
  return null;
}

/** Whether a body uses the position of its element, and not only the element. */
export function usesPosition(body: ExpressionTree, bound: BoundList): boolean {
  if ((body.op === "position" || body.op === "pick") && body.binder === bound.binder) return true;
  if (body.op === "read") {
    const indexes = boundElement(body, [bound])?.rest ?? body.at;
    return indexes.some((index) => typeof index === "object" && index.binder === bound.binder);
  }
  return children(body).some((child) => usesPosition(child, bound));
}
