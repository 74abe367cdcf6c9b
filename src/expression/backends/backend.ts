import type { RowScope } from "../../../dsl/row.js";
import type { ExpressionTree } from "../tree/tree.js";

/**
 * Writes a tree in a back-end's language, or throws a LambdaError (SL12xx) where that cannot mean exactly what the
 * lambda means. `name` is the validation's and `scope` the ports at its place, for languages that carry them.
 */
export type BackEndEmitter = (tree: ExpressionTree, name: string | undefined, scope: RowScope) => string;

/** What languages may carry of an alert beside its condition. */
export interface AlertContext {
  readonly pipeline: string;
  readonly name: string;
  readonly overSeconds: number;
  readonly scope: RowScope;
}

/** The same for the condition of an alert. */
export type AlertEmitter = (tree: ExpressionTree, context: AlertContext) => string;
