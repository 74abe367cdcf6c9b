import type { Surface } from "../../src/expression/surface/surface.js";

/** All nodes of a tree, in no order. A loop, because trees may be deep. */
export function nodesIn(tree: Surface | null): Surface[] {
  const nodes: Surface[] = [];
  const pending: unknown[] = [tree];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== "object" || value === null) continue;
    if ("kind" in value) nodes.push(value as Surface);
    pending.push(...(Object.values(value) as unknown[]));
  }
  return nodes;
}
