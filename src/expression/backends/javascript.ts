import { printReadable } from "../tree/print.js";
import type { ValidationBackEnd } from "./backend.js";

/** The predicate itself as JavaScript source, for people to read: `(x) => x.out.score[0] < 0.9`. */
export const javascript: ValidationBackEnd = {
  validation: (tree) => `(x) => ${printReadable(tree)}`,
  alert: (tree) => `(all) => ${printReadable(tree)}`,
  guards: {},
};
