import { LambdaError } from "../../dsl/errors.js";
import type { RowScope } from "../../dsl/row.js";
import { type AlertBackEnd, alertBackEndNames, type BackEnd, backEndNames, backEnds } from "./backends/back-ends.js";
import type { AlertContext } from "./backends/backend.js";
import { writeText } from "./backends/emitter.js";
import { promqlAlert } from "./backends/promql.js";
import { alertSql } from "./backends/sql.js";
import type { Constants, Diagnostic, SurfaceLambda } from "./surface/surface.js";
import { collectAggregates } from "./tree/aggregates.js";
import type { ExpressionTree } from "./tree/tree.js";
import { typeAlert, typeExpression } from "./typecheck/typecheck.js";

interface Refusal {
  readonly code: string;
  readonly reason: string;
}

/** A compiled lambda: its typed tree, and for each back-end its text or the reason for its refusal. */
export interface Expression {
  readonly tree: ExpressionTree;
  readonly strings: Readonly<Partial<Record<BackEnd, string>>>;
  readonly refused: Readonly<Partial<Record<BackEnd, Refusal>>>;
}

/** A compiled condition of an alert. */
export interface AlertExpression {
  readonly tree: ExpressionTree;
  readonly strings: Readonly<Partial<Record<AlertBackEnd, string>>>;
  readonly refused: Readonly<Partial<Record<AlertBackEnd, Refusal>>>;
}

export type Compiled<E = Expression> =
  { readonly ok: true; readonly expression: E } | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Compiles a lambda to its typed tree and to every back-end's text. The same lambda always produces the same bytes.
 *
 * @param lambda the surface tree of the lambda
 * @param scope the ports of a row at the lambda's step
 * @param constants the values of the lambda's free variables
 * @param options `name`: the validation's name, which platforms store with the text
 * @example compileExpression(lambda, scope, { LIMIT: 0.9 }, { name: "amt" })
 */
export function compileExpression(
  lambda: SurfaceLambda,
  scope: RowScope,
  constants: Constants,
  options: { readonly name?: string } = {},
): Compiled {
  const typed = typeExpression(lambda, scope, constants);
  if (!typed.ok) return typed;
  return { ok: true, expression: { tree: typed.tree, ...emitAll(typed.tree, options.name, scope) } };
}

/** Emits a validation's tree in every back-end. */
export function emitAll(
  tree: ExpressionTree,
  name: string | undefined,
  scope: RowScope,
): Pick<Expression, "strings" | "refused"> {
  return collect(backEndNames, (backEnd) => backEnds[backEnd].validation(tree, name, scope));
}

/**
 * Compiles the condition of an alert, as `compileExpression` does a validation.
 *
 * @param context `scope`: the ports of one row; the rest is what platforms store with the text
 * @example compileAlert(lambda, { scope, pipeline: "fraud", name: "drift", overSeconds: 300 }, {})
 */
export function compileAlert(
  lambda: SurfaceLambda,
  context: AlertContext,
  constants: Constants,
): Compiled<AlertExpression> {
  const typed = typeAlert(lambda, context.scope, constants);
  if (!typed.ok) return typed;
  return { ok: true, expression: { tree: typed.tree, ...emitAlertAll(typed.tree, context) } };
}

/** Emits the tree of an alert's condition in every back-end. */
export function emitAlertAll(
  tree: ExpressionTree,
  context: AlertContext,
): Pick<AlertExpression, "strings" | "refused"> {
  return collect(alertBackEndNames, (backEnd) => backEnds[backEnd].alert(tree, context));
}

/**
 * The condition of an alert as DuckDB evaluates it over the log, from its tree; or the reason why it has no SQL. What
 * is run always comes from here, never from a config's text.
 */
export function emitAlertSql(tree: ExpressionTree): { readonly sql: string } | Refusal {
  const { strings, refused } = collect(["sql"], () => alertSql(tree));
  return strings.sql === undefined ? (refused.sql as Refusal) : { sql: strings.sql };
}

/**
 * The aggregates of an alert's condition as DuckDB numbers, in the order in which its PromQL text numbers them. Only
 * for trees that `emitAlertSql` accepts.
 */
export function emitAggregatesSql(tree: ExpressionTree): string[] {
  return collectAggregates(tree).map(alertSql);
}

/**
 * The condition of an alert for Prometheus, from its tree; or the reason why it has none.
 *
 * @param pipeline the pipeline's name
 * @param name the alert's name
 */
export function emitAlertPromql(
  tree: ExpressionTree,
  pipeline: string,
  name: string,
): { readonly promql: string } | Refusal {
  const { strings, refused } = collect(["promql"], () => promqlAlert(tree, { pipeline, name }));
  return strings.promql === undefined ? (refused.promql as Refusal) : { promql: strings.promql };
}

/** Each back-end's text, or the reason for its refusal. */
function collect<K extends string>(names: readonly K[], emit: (name: K) => string) {
  const strings: Partial<Record<K, string>> = {};
  const refused: Partial<Record<K, Refusal>> = {};
  // Only the reason of a refusal is used. Collecting its stack would take longer than emitting a short text.
  const { stackTraceLimit } = Error;
  for (const name of names) {
    try {
      Error.stackTraceLimit = 0;
      strings[name] = writeText(() => emit(name));
    } catch (error) {
      if (!(error instanceof LambdaError)) throw error;
      refused[name] = { code: error.code, reason: error.message };
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
  return { strings, refused };
}
