import { ts, type TS } from "../../typescript.js";
import type { Surface } from "../../../src/expression/surface/surface.js";
import { functionHints, globalNamespaces, isGlobalFunction, isValueMethod } from "./globals.js";
import { objectOf, withoutWrapping, type LoweringContext } from "./context.js";
import { freeValue, globalRefusal, memberName, pathFromOutside } from "./names.js";
import { refusals } from "../refusals.js";
import type { Scope } from "./scope.js";

/** Lowers a call of a global function (`Math.abs`), a method of a value (`x.out.scores.every`) or a helper function. */
export function lowerCall(node: TS.CallExpression, scope: Scope, context: LoweringContext): Surface | null {
  const callee = calleeOf(node.expression);
  const named = keepNamesArgument(node, callee, scope);
  if (named !== null) return context.expression(named, scope);
  if (callee.kind === ts.SyntaxKind.SuperKeyword)
    return refuseCall(node, context, scope, () => context.refuse(callee, refusals.callContext("super")));
  if (callee.kind === ts.SyntaxKind.ImportKeyword)
    return refuseCall(node, context, scope, () => context.refuse(callee, refusals.otherSyntax("`import(…)`")));
  const path = pathFromOutside(callee, scope);
  if (path !== null) return lowerOutsideCall(node, callee, path, scope, context);
  const name = memberName(callee);
  if (ts.isIdentifier(callee) || ts.isArrowFunction(callee) || ts.isFunctionExpression(callee))
    return lowerApply(node, context.expression(callee, scope), scope, context);
  if (name === null || name === "")
    return refuseCall(node, context, scope, () => context.refuse(callee, refusals.unknownCall("this expression")));
  const object = objectOf(callee as TS.PropertyAccessExpression | TS.ElementAccessExpression, scope, context);
  const args = lowerArguments(node, scope, context);
  return object && args && { kind: "method", object, name, args, span: context.span(node) };
}

/** Lowers a call of a function of the project, or of one defined in the lambda. */
function lowerApply(
  node: TS.CallExpression,
  callee: Surface | null,
  scope: Scope,
  context: LoweringContext,
): Surface | null {
  const args = lowerArguments(node, scope, context);
  return callee && args && { kind: "apply", callee, args, span: context.span(node) };
}

function lowerOutsideCall(
  node: TS.CallExpression,
  callee: TS.Expression,
  path: readonly string[],
  scope: Scope,
  context: LoweringContext,
): Surface | null {
  const root = path[0] ?? "";
  const name = path.at(-1) ?? "";
  const text = path.join(".");
  if (!context.shadowsGlobal(root)) {
    const refusal = globalRefusal(root, path);
    if (refusal !== null) return refuseCall(node, context, scope, () => context.refuse(callee, refusal));
    if (isGlobalFunction(path)) {
      context.calledGlobals.push({ path, span: context.span(callee) });
      const args = lowerArguments(node, scope, context);
      return args && { kind: "call", callee: text, args, span: context.span(node) };
    }
  } else if (globalNamespaces.has(root))
    return refuseCall(node, context, scope, () => context.refuse(callee, refusals.shadowedGlobal(root)));
  if (path.length === 1 || !isValueMethod(name)) {
    const known = context.shadowsGlobal(root) ? undefined : functionHints.get(text);
    if (known !== undefined)
      return refuseCall(node, context, scope, () =>
        context.refuse(callee, refusals.unknownCall(`\`${text}(…)\``, known)),
      );
    return lowerApply(node, freeValue(callee, path, context), scope, context);
  }
  const object = freeValue((callee as TS.PropertyAccessExpression).expression, path.slice(0, -1), context);
  const args = lowerArguments(node, scope, context);
  return object && args && { kind: "method", object, name, args, span: context.span(node) };
}

/** The called expression. Bundlers write a call of an imported function as `(0, limits.check)(v)`. */
function calleeOf(node: TS.Expression): TS.Expression {
  const callee = withoutWrapping(node);
  return ts.isBinaryExpression(callee) &&
    callee.operatorToken.kind === ts.SyntaxKind.CommaToken &&
    ts.isNumericLiteral(callee.left)
    ? withoutWrapping(callee.right)
    : callee;
}

/** The function in `__name((v) => v > 0, "positive")`, which esbuild writes with its option `keepNames`; else null. */
function keepNamesArgument(node: TS.CallExpression, callee: TS.Expression, scope: Scope): TS.Expression | null {
  const [fn, name] = node.arguments;
  const helper = ts.isIdentifier(callee) && callee.text === "__name" && scope.find("__name") === undefined;
  return helper && fn !== undefined && name !== undefined && ts.isStringLiteralLike(name) ? fn : null;
}

function refuseCall(node: TS.CallExpression, context: LoweringContext, scope: Scope, refuse: () => null): null {
  refuse();
  lowerArguments(node, scope, context);
  return null;
}

function lowerArguments(node: TS.CallExpression, scope: Scope, context: LoweringContext): Surface[] | null {
  const args = node.arguments.map((arg) => predicate(arg, scope, context) ?? lowerItem(arg, scope, context));
  return args.every((arg) => arg !== null) ? args : null;
}

/** Lowers an argument or a list element, which may be a spread. */
export function lowerItem(node: TS.Expression, scope: Scope, context: LoweringContext): Surface | null {
  if (!ts.isSpreadElement(node)) return context.expression(node, scope);
  const operand = context.expression(node.expression, scope);
  return operand && { kind: "spread", operand, span: context.span(node) };
}

const predicates = new Set(["isFinite", "isNaN", "isInteger", "isSafeInteger"]);

/** Lowers the argument of `scores.every(Number.isFinite)` as `(v) => Number.isFinite(v)`; null for other arguments. */
function predicate(arg: TS.Expression, scope: Scope, context: LoweringContext): Surface | null {
  const path = pathFromOutside(arg, scope);
  if (
    path === null ||
    path.length !== 2 ||
    path[0] !== "Number" ||
    !predicates.has(path[1] ?? "") ||
    context.shadowsGlobal("Number")
  )
    return null;
  const span = context.span(arg);
  context.calledGlobals.push({ path, span });
  const name = scope.inner().fresh("v");
  const call: Surface = { kind: "call", callee: path.join("."), args: [{ kind: "local", name, span }], span };
  return { kind: "lambda", params: [name], body: call, span };
}
