import { ts } from "ts-morph";
import type { Surface } from "../../src/expression/surface.js";
import { functionHints, globalNamespaces, isValueMethod } from "./globals.js";
import { withoutWrapping, type Lowering } from "./lowering.js";
import { freeValue, hostRefusal, lowerIdentifier, memberName, pathFromOutside } from "./names.js";
import { refusals } from "./refusals.js";
import type { Scope } from "./scope.js";

/** A call: of a global function (`Math.abs`), or of a method on a value (`x.out.scores.every`). */
export function lowerCall(node: ts.CallExpression, scope: Scope, run: Lowering): Surface | null {
  if (node.flags & ts.NodeFlags.OptionalChain) return lowerOptionalChain(node, scope, run);
  const callee = calleeOf(node.expression);
  const named = keepNamesArgument(node, callee, scope);
  if (named !== null) return run.expression(named, scope);
  if (callee.kind === ts.SyntaxKind.SuperKeyword) return refuseCall(node, run, scope, () => run.refuse(callee, refusals.receiver("super")));
  if (callee.kind === ts.SyntaxKind.ImportKeyword)
    return refuseCall(node, run, scope, () => run.refuse(callee, refusals.otherSyntax("`import(…)`")));
  const path = pathFromOutside(callee, scope);
  if (path !== null) return lowerOutsideCall(node, callee, path, scope, run);
  if (ts.isIdentifier(callee))
    return refuseCall(node, run, scope, () => {
      const binding = scope.find(callee.text);
      return binding?.kind === "local" || binding?.kind === "declaration"
        ? run.refuse(callee, refusals.unknownCall(`\`${callee.text}(…)\``))
        : lowerIdentifier(callee, scope, run) && null;
    });
  const name = memberName(callee);
  if (name === null || name === "") return refuseCall(node, run, scope, () => run.refuse(callee, refusals.unknownCall("what is called here")));
  const object = run.expression((callee as ts.PropertyAccessExpression | ts.ElementAccessExpression).expression, scope);
  const args = lowerArguments(node, scope, run);
  return object && args && { kind: "method", object, name, args, span: run.span(node) };
}

/** `a?.b` and everything after it in the chain is refused once, at its `?.`; what stands before it is still looked at. */
export function lowerOptionalChain(
  node: ts.PropertyAccessExpression | ts.ElementAccessExpression | ts.CallExpression,
  scope: Scope,
  run: Lowering,
): null {
  if (node.questionDotToken !== undefined) run.refuse(node.questionDotToken, refusals.optionalChain());
  const before = withoutWrapping(node.expression);
  const chained =
    (ts.isPropertyAccessExpression(before) || ts.isElementAccessExpression(before)) && ts.isCallExpression(node)
      ? calleeObject(before, scope, run)
      : before;
  if (chained !== null) run.expression(chained, scope);
  if (ts.isCallExpression(node)) lowerArguments(node, scope, run);
  return null;
}

/** The object of a method call; the method itself is no value to look at. */
function calleeObject(callee: ts.PropertyAccessExpression | ts.ElementAccessExpression, scope: Scope, run: Lowering) {
  if (callee.questionDotToken === undefined) return callee.expression;
  lowerOptionalChain(callee, scope, run);
  return null;
}

function lowerOutsideCall(node: ts.CallExpression, callee: ts.Expression, path: readonly string[], scope: Scope, run: Lowering): Surface | null {
  const root = path[0] ?? "";
  const name = path.at(-1) ?? "";
  const text = path.join(".");
  if (!run.hidesGlobal(root)) {
    const refusal = hostRefusal(root, path);
    if (refusal !== null) return refuseCall(node, run, scope, () => run.refuse(callee, refusal));
    if (globalNamespaces.has(root) && path.length === 2) {
      const args = lowerArguments(node, scope, run);
      return args && { kind: "call", callee: text, args, span: run.span(node) };
    }
  } else if (globalNamespaces.has(root))
    return refuseCall(node, run, scope, () => run.refuse(callee, refusals.hiddenGlobal(root)));
  if (path.length === 1 || !isValueMethod(name)) {
    const known = run.hidesGlobal(root) ? undefined : functionHints.get(text);
    return refuseCall(node, run, scope, () => run.refuse(callee, refusals.unknownCall(`\`${text}(…)\``, known)));
  }
  const object = freeValue((callee as ts.PropertyAccessExpression).expression, path.slice(0, -1), run);
  const args = lowerArguments(node, scope, run);
  return object && args && { kind: "method", object, name, args, span: run.span(node) };
}

/** `(0, limits.check)(v)`: the way bundlers call an imported function. */
function calleeOf(node: ts.Expression): ts.Expression {
  const callee = withoutWrapping(node);
  return ts.isBinaryExpression(callee) && callee.operatorToken.kind === ts.SyntaxKind.CommaToken && ts.isNumericLiteral(callee.left)
    ? withoutWrapping(callee.right)
    : callee;
}

/** `__name((v) => v > 0, "positive")`: esbuild keeps the names of functions that way. */
function keepNamesArgument(node: ts.CallExpression, callee: ts.Expression, scope: Scope): ts.Expression | null {
  const [fn, name] = node.arguments;
  const helper = ts.isIdentifier(callee) && callee.text === "__name" && scope.find("__name") === undefined;
  return helper && fn !== undefined && name !== undefined && ts.isStringLiteralLike(name) ? fn : null;
}

function refuseCall(node: ts.CallExpression, run: Lowering, scope: Scope, refuse: () => null): null {
  refuse();
  lowerArguments(node, scope, run);
  return null;
}

function lowerArguments(node: ts.CallExpression, scope: Scope, run: Lowering): Surface[] | null {
  const args = node.arguments.map((arg) => predicate(arg, scope, run) ?? run.expression(arg, scope));
  return args.every((arg) => arg !== null) ? args : null;
}

const predicates = new Set(["isFinite", "isNaN", "isInteger", "isSafeInteger"]);

/** `scores.every(Number.isFinite)` means `scores.every((v) => Number.isFinite(v))`. */
function predicate(arg: ts.Expression, scope: Scope, run: Lowering): Surface | null {
  const path = pathFromOutside(arg, scope);
  if (path === null || path.length !== 2 || path[0] !== "Number" || !predicates.has(path[1] ?? "") || run.hidesGlobal("Number"))
    return null;
  const span = run.span(arg);
  const name = scope.inner().fresh("v");
  const call: Surface = { kind: "call", callee: path.join("."), args: [{ kind: "local", name, span }], span };
  return { kind: "lambda", params: [name], body: call, span };
}
