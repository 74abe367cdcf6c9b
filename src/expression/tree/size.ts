import { bounds, exceeded } from "../../util/bounds.js";
import { children, type ExpressionTree } from "./tree.js";

/** The deepest tree that is read, so that no config can overflow the stack of a recursive function. */
export const maxDepth = bounds.expressionDepth.limit;
/** The longest list that is unrolled element by element. */
export const maxUnrolledLength = 256;
/** The largest tree that is compiled, in nodes. */
export const maxNodes = bounds.expressionNodes.limit;

/** The error message for a tree (or any JSON) that is too deep or too large to process, or null. */
export function sizeProblem(value: unknown): string | null {
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  let nodes = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    // There is at most one array between two nodes.
    if (next.depth > 2 * maxDepth) return exceeded(bounds.expressionDepth);
    if (++nodes > 4 * maxNodes) return exceeded(bounds.expressionNodes);
    for (const child of Object.values(next.value)) pending.push({ value: child, depth: next.depth + 1 });
  }
  return null;
}

export interface Measure {
  readonly size: number;
  readonly depth: number;
}

/** Size and depth of a tree. Shared subtrees count each time, but are visited once. */
export function measureTree(tree: ExpressionTree, known = new Map<ExpressionTree, Measure>()): Measure {
  const cached = known.get(tree);
  if (cached !== undefined) return cached;
  let size = 1;
  let depth = 0;
  for (const child of children(tree)) {
    const below = measureTree(child, known);
    size += below.size;
    depth = Math.max(depth, below.depth);
  }
  const result = { size, depth: depth + 1 };
  known.set(tree, result);
  return result;
}

/** The error message for a tree that has more nodes or levels than are compiled, or null. */
export function treeSizeProblem(tree: ExpressionTree): string | null {
  const { size, depth } = measureTree(tree);
  if (size > maxNodes) return exceeded(bounds.expressionNodes, size);
  return depth > maxDepth ? exceeded(bounds.expressionDepth, depth) : null;
}
