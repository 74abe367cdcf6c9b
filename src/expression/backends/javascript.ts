import type { BackEndEmitter } from "./backend.js";
import { readableTree } from "../tree/print.js";

/** The predicate itself as JavaScript source, to be read by people: `(x) => x.out.score[0] < 0.9`. */
export const javascript: BackEndEmitter = (tree) => `(x) => ${readableTree(tree)}`;
