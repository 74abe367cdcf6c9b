import { ts, type TS } from "../typescript.js";

/** Visits a node and all that stands in it, without recursion: a chain of calls is as deep as it is long. `false` leaves a node's inside out. */
export function walk(root: TS.Node, visit: (node: TS.Node) => boolean): void {
  const open: TS.Node[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (visit(node)) ts.forEachChild(node, (child) => void open.push(child));
  }
}
