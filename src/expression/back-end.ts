import type { ExpressionTree } from "./tree.js";

/**
 * Writes a tree in a back-end's language, or throws a LambdaError (SL12xx) where that cannot mean exactly what the
 * lambda means. `name` is the validation's, for languages that carry it.
 */
export type BackEndEmitter = (tree: ExpressionTree, name: string | undefined) => string;
