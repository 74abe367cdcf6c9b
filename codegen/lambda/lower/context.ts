import { ts, type TS } from "../../typescript.js";
import type { Diagnostic, Span, Surface } from "../../../src/expression/surface/surface.js";
import type { Refusal } from "../refusals.js";
import type { Scope } from "./scope.js";

/** A function whose body can be lowered. */
export type LambdaNode = TS.ArrowFunction | TS.FunctionExpression | TS.FunctionDeclaration | TS.MethodDeclaration;

/** A name taken from outside the lambda, at one place. */
export interface FreePath {
  readonly path: readonly string[];
  readonly span: Span;
}

/**
 * One run of the lowering. A rule answers `null` after it has refused something; the others go on, so that all
 * findings of a lambda come at once.
 */
export interface Lowering {
  readonly file: TS.SourceFile;
  readonly diagnostics: Diagnostic[];
  readonly free: FreePath[];
  readonly called: FreePath[];
  /** True when the name of a global is declared by the file around the lambda. */
  readonly shadowsGlobal: (name: string) => boolean;
  span(node: TS.Node): Span;
  refuse(at: TS.Node | Span, refusal: Refusal): null;
  expression(node: TS.Expression, scope: Scope): Surface | null;
  /** An inner arrow function or function expression. */
  innerLambda(node: TS.ArrowFunction | TS.FunctionExpression, scope: Scope): Surface | null;
}

/** Parentheses, `as`, `satisfies`, `!` and `<T>x`: what stands inside is meant. */
export function withoutWrapping(node: TS.Expression): TS.Expression {
  let inner = node;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    ts.isTypeAssertionExpression(inner) ||
    ts.isExpressionWithTypeArguments(inner)
  )
    inner = inner.expression;
  return inner;
}

/** `cov_1a2b().s[0]++`: what a coverage tool puts before a statement or an operand. */
export function isCounter(node: TS.Expression): boolean {
  let at: TS.Expression = node;
  if (!ts.isPostfixUnaryExpression(at)) return false;
  at = at.operand;
  while (ts.isPropertyAccessExpression(at) || ts.isElementAccessExpression(at)) at = at.expression;
  return ts.isCallExpression(at) && ts.isIdentifier(at.expression) && at.expression.text.startsWith("cov_");
}

/** What stands before the dot or bracket of an access, marked where the dot is `?.`. */
export function objectOf(
  node: TS.PropertyAccessExpression | TS.ElementAccessExpression,
  scope: Scope,
  run: Lowering,
): Surface | null {
  const operand = run.expression(node.expression, scope);
  return operand === null || node.questionDotToken === undefined
    ? operand
    : { kind: "optional", operand, span: run.span(node.expression) };
}

/** Reads a member: on a name from outside the path grows, on a value it is a port, a field or `length`. */
export function member(object: Surface, name: string, span: Span): Surface {
  return object.kind === "free" && name !== ""
    ? { kind: "free", path: [...object.path, name], span }
    : { kind: "member", object, name, span };
}
