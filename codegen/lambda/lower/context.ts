import { ts, type TS } from "../../typescript.js";
import type { Diagnostic, Span, Surface } from "../../../src/expression/surface/surface.js";
import type { Refusal } from "../refusals.js";
import type { Scope } from "./scope.js";

/** A function whose body can be lowered. */
export type LambdaNode = TS.ArrowFunction | TS.FunctionExpression | TS.FunctionDeclaration | TS.MethodDeclaration;

/** One use of a name from outside the lambda. */
export interface FreePath {
  readonly path: readonly string[];
  readonly span: Span;
}

/**
 * The state of lowering one function. A rule returns `null` after it has refused something; lowering continues, so that
 * all problems of a lambda are reported together.
 */
export interface LoweringContext {
  readonly file: TS.SourceFile;
  readonly diagnostics: Diagnostic[];
  readonly free: FreePath[];
  readonly calledGlobals: FreePath[];
  /** Whether the file declares this name around the lambda, which shadows the global of that name. */
  readonly shadowsGlobal: (name: string) => boolean;
  span(node: TS.Node): Span;
  refuse(at: TS.Node | Span, refusal: Refusal): null;
  expression(node: TS.Expression, scope: Scope): Surface | null;
  /** Lowers a function inside the lambda. */
  innerLambda(node: TS.ArrowFunction | TS.FunctionExpression, scope: Scope): Surface | null;
}

const isWrapping = (node: TS.Node) =>
  ts.isParenthesizedExpression(node) ||
  ts.isAsExpression(node) ||
  ts.isSatisfiesExpression(node) ||
  ts.isNonNullExpression(node) ||
  ts.isTypeAssertionExpression(node) ||
  ts.isExpressionWithTypeArguments(node);

/** The expression inside parentheses, `as`, `satisfies`, `!` and `<T>x`. */
export function withoutWrapping(node: TS.Expression): TS.Expression {
  let inner = node;
  while (isWrapping(inner)) inner = inner.expression;
  return inner;
}

/** The reverse of `withoutWrapping`: the outermost expression that is this one in parentheses and type assertions. */
export function outermost(node: TS.Node): TS.Node {
  let outer = node;
  while (isWrapping(outer.parent)) outer = outer.parent;
  return outer;
}

/** Whether a node is a counter like `cov_1a2b().s[0]++`, which coverage tools insert. */
export function isCounter(node: TS.Expression): boolean {
  let at: TS.Expression = node;
  if (!ts.isPostfixUnaryExpression(at)) return false;
  at = at.operand;
  while (ts.isPropertyAccessExpression(at) || ts.isElementAccessExpression(at)) at = at.expression;
  return ts.isCallExpression(at) && ts.isIdentifier(at.expression) && at.expression.text.startsWith("cov_");
}

/** Lowers the object of a member access; for `?.` it is wrapped in an `optional` node. */
export function objectOf(
  node: TS.PropertyAccessExpression | TS.ElementAccessExpression,
  scope: Scope,
  context: LoweringContext,
): Surface | null {
  const operand = context.expression(node.expression, scope);
  return operand === null || node.questionDotToken === undefined
    ? operand
    : { kind: "optional", operand, span: context.span(node.expression) };
}

/** The surface node of a member access. For a name from outside, it extends the path. */
export function member(object: Surface, name: string, span: Span): Surface {
  return object.kind === "free" && name !== ""
    ? { kind: "free", path: [...object.path, name], span }
    : { kind: "member", object, name, span };
}
