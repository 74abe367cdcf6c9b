import type { Surface } from "./surface.js";
import { children, type ExpressionTree } from "../tree/tree.js";

/** The deepest surface tree that is typed. */
export const deepestSurface = 1000;

export interface Measure {
  readonly size: number;
  readonly depth: number;
}

/** Size and depth with shared parts counted each time they stand, in time linear in what is really there. */
export function measure(tree: ExpressionTree, known = new Map<ExpressionTree, Measure>()): Measure {
  const before = known.get(tree);
  if (before !== undefined) return before;
  let size = 1;
  let depth = 0;
  for (const child of children(tree)) {
    const below = measure(child, known);
    size += below.size;
    depth = Math.max(depth, below.depth);
  }
  const result = { size, depth: depth + 1 };
  known.set(tree, result);
  return result;
}

/** How deep a surface tree nests, found without recursion; just over the limit for all that are deeper. */
export function depthOfSurface(body: Surface | null): number {
  let deepest = 0;
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value: body, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    deepest = Math.max(deepest, next.depth);
    if (deepest > deepestSurface) break;
    const isArray = Array.isArray(next.value);
    for (const child of Object.values(next.value))
      pending.push({ value: child, depth: next.depth + (isArray ? 0 : 1) });
  }
  return deepest;
}
