import { ts, type TS } from "../typescript.js";

/**
 * Visits a node and its descendants. Not recursive, because the tree of a long call chain is as deep as the chain.
 *
 * @param visit returns false to skip the node's children
 */
export function walk(root: TS.Node, visit: (node: TS.Node) => boolean): void {
  const pending: TS.Node[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (visit(node)) ts.forEachChild(node, (child) => void pending.push(child));
  }
}
