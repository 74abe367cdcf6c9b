import { ts, type TS } from "../../typescript.js";
import type { Surface } from "../../../src/expression/surface/surface.js";
import { clocks, globalNamespaces, globalValues, hostGlobals, isGlobal, random } from "./globals.js";
import { withoutWrapping, type LoweringContext } from "./context.js";
import { refusals } from "../refusals.js";
import type { Scope } from "./scope.js";

/** The name in a member access `a.b` or `a["b"]`; null for other nodes. */
export function memberName(node: TS.Expression): string | null {
  if (ts.isPropertyAccessExpression(node)) return ts.isPrivateIdentifier(node.name) ? null : node.name.text;
  if (!ts.isElementAccessExpression(node)) return null;
  const key = withoutWrapping(node.argumentExpression);
  return ts.isStringLiteralLike(key) ? key.text : null;
}

/** The path `["Limits", "max"]` of `Limits.max` if `Limits` is declared outside the lambda; otherwise null. */
export function pathFromOutside(node: TS.Expression, scope: Scope): readonly string[] | null {
  const names: string[] = [];
  let at = withoutWrapping(node);
  for (let name = memberName(at); name !== null && name !== ""; name = memberName(at)) {
    if (at.flags & ts.NodeFlags.OptionalChain) return null;
    names.push(name);
    at = withoutWrapping((at as TS.PropertyAccessExpression | TS.ElementAccessExpression).expression);
  }
  if (!ts.isIdentifier(at) || at.text === "" || scope.find(at.text) !== undefined) return null;
  return [at.text, ...names.reverse()];
}

/** Lowers a path from outside to a `free` node, or refuses it. */
export function freeValue(node: TS.Expression, path: readonly string[], context: LoweringContext): Surface | null {
  const root = path[0] ?? "";
  if (isGlobal(root) && context.shadowsGlobal(root)) return context.refuse(node, refusals.shadowedGlobal(root));
  if (!context.shadowsGlobal(root)) {
    const refusal = globalRefusal(root, path);
    if (refusal !== null) return context.refuse(node, refusal);
    if (globalNamespaces.has(root) && path.length === 1)
      return context.refuse(node, refusals.otherSyntax(`'${root}' by itself`));
    if (globalValues.has(root) && path.length > 1)
      return context.refuse(node, refusals.otherSyntax(`a member of '${root}'`));
  }
  const span = context.span(node);
  context.free.push({ path, span });
  return { kind: "free", path, span };
}

/** The refusal of a global that lambdas may not use; null for other names. */
export function globalRefusal(root: string, path: readonly string[]) {
  const text = path.join(".");
  if (clocks.has(root)) return refusals.time(text);
  if (random.has(root) || text === "Math.random") return refusals.randomness(text);
  if (hostGlobals.has(root)) return refusals.hostGlobal(root);
  if (root === "arguments") return refusals.callContext(root);
  return null;
}

/** Lowers an identifier that is not part of a path. */
export function lowerIdentifier(node: TS.Identifier, scope: Scope, context: LoweringContext): Surface | null {
  const binding = scope.find(node.text);
  switch (binding?.kind) {
    case "local":
      return { kind: "local", name: binding.name, span: context.span(node) };
    case "pending":
      return context.refuse(node, refusals.usedBeforeDeclaration(node.text));
    case "self":
      return context.refuse(node, refusals.recursion(node.text));
    case "declaration":
      // The declaration itself may already be refused.
      return context.diagnostics.some(({ code }) => code === refusals.declaration("").code)
        ? null
        : context.refuse(node, refusals.declaration(`'${node.text}', declared`));
    case undefined:
      return freeValue(node, [node.text], context);
  }
}
