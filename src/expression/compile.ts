import { LambdaError } from "../../dsl/errors.js";
import { alertBackEnds, type AlertBackEnd } from "./backends/alerts.js";
import type { AlertContext, BackEndEmitter } from "./backends/backend.js";
import { cel } from "./backends/cel.js";
import { checks } from "./backends/checks.js";
import { javascript } from "./backends/javascript.js";
import { polars018 } from "./backends/polars/v0-18.js";
import { polars1 } from "./backends/polars/v1.js";
import { polars144 } from "./backends/polars/v1-44.js";
import type { RowScope } from "../../dsl/row.js";
import { sql } from "./backends/sql.js";
import type { Constants, Diagnostic, SurfaceLambda } from "./surface/surface.js";
import type { ExpressionTree } from "./tree/tree.js";
import { typeAlert, typeExpression } from "./typecheck/typecheck.js";

/** The languages an expression is written in. Adding one is a file and a line here. */
export const backEnds = {
  "polars-0.18": polars018,
  "polars-1": polars1,
  "polars-1.44": polars144,
  checks,
  cel,
  sql,
  javascript,
} as const satisfies Record<string, BackEndEmitter>;

export type BackEnd = keyof typeof backEnds;

interface Refusal {
  readonly code: string;
  readonly reason: string;
}

/** A compiled lambda: its typed tree, and for each back-end its text or why there is none. */
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
 * Compiles a lambda to its typed tree and to every back-end's text. The same lambda gives the same bytes.
 *
 * @param lambda the surface tree of the lambda
 * @param scope the ports a row has at its place in the pipeline
 * @param constants the values of names from outside
 * @param options `name`: the validation's, which platforms store with the text
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

/** A validation's tree in every back-end, or why it has no text there. */
export function emitAll(
  tree: ExpressionTree,
  name: string | undefined,
  scope: RowScope,
): Pick<Expression, "strings" | "refused"> {
  return collect<BackEnd, BackEndEmitter>(backEnds, (write) => write(tree, name, scope));
}

/**
 * The same for the condition of an alert.
 *
 * @param context `scope`: the ports a row has at its place; the rest is what platforms store with the text
 * @example compileAlert(lambda, { scope, pipeline: "fraud", name: "drift", overSeconds: 300 }, {})
 */
export function compileAlert(
  lambda: SurfaceLambda,
  context: AlertContext,
  constants: Constants,
): Compiled<AlertExpression> {
  const typed = typeAlert(lambda, context.scope, constants);
  if (!typed.ok) return typed;
  const { tree } = typed;
  return { ok: true, expression: { tree, ...collect(alertBackEnds, (write) => write(tree, context)) } };
}

/** Each back-end's text, or why it has none. */
function collect<K extends string, W>(writers: Readonly<Record<K, W>>, write: (writer: W) => string) {
  const strings: Partial<Record<K, string>> = {};
  const refused: Partial<Record<K, Refusal>> = {};
  // A refusal is told by its reason; where in a back-end it was thrown costs more than writing a short text.
  const { stackTraceLimit } = Error;
  for (const [backEnd, writer] of Object.entries(writers) as [K, W][]) {
    try {
      Error.stackTraceLimit = 0;
      strings[backEnd] = write(writer);
    } catch (error) {
      if (!(error instanceof LambdaError)) throw error;
      refused[backEnd] = { code: error.code, reason: error.message };
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
  return { strings, refused };
}
