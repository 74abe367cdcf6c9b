import { ts } from "../typescript/typescript.js";

/** Visits a node and all that stands in it, without recursion: a chain of calls is as deep as it is long. `false` leaves a node's inside out. */
export function walk(root: ts.Node, visit: (node: ts.Node) => boolean): void {
  const open: ts.Node[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (visit(node)) ts.forEachChild(node, (child) => void open.push(child));
  }
}
