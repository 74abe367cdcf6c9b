import { ts } from "../../typescript/typescript.js";
import type { Edit } from "./text-edits.js";
import type { LambdaNode } from "../lower/context.js";

/** The edits that put a property on a function where it is written. */
export function placed(node: LambdaNode, source: ts.SourceFile, property: string): Edit[] {
  if (ts.isFunctionDeclaration(node)) return declaredWith(node, source, property);
  // A method in shorthand is no expression: `low(x) {…}` becomes `low: Object.assign(function (x) {…}, …)`.
  if (ts.isMethodDeclaration(node)) return around(node.name.end, node.end, ": Object.assign(function ", property);
  return around(node.getStart(source), node.end, "Object.assign(", property);
}

function around(start: number, end: number, before: string, property: string): Edit[] {
  return [
    { start, end: start, text: before },
    { start: end, end, text: `, ${property})` },
  ];
}

function declaredWith(node: ts.FunctionDeclaration, source: ts.SourceFile, property: string): Edit[] {
  // `export default function (x) {…}` is an expression as soon as something stands around it.
  if (node.name === undefined)
    return around(node.modifiers?.end ?? node.getStart(source), node.end, " Object.assign(", property);
  // A declared function is there from the first line of its block on, and what it carries has to be, too.
  const statements = (node.parent as ts.BlockLike).statements;
  const first = statements.find((s) => !(ts.isExpressionStatement(s) && ts.isStringLiteral(s.expression))) ?? node;
  const start = first.getStart(source);
  return [{ start, end: start, text: `Object.assign(${node.name.text}, ${property}); ` }];
}

/** As `placed`; a function that a `const` holds keeps its name. */
export function placedAfter(node: LambdaNode, source: ts.SourceFile, property: string): Edit[] {
  let holder: ts.Node = node;
  // Through parentheses and assertions, which TypeScript has around a value.
  while (
    holder === node ||
    ts.isParenthesizedExpression(holder) ||
    ts.isAsExpression(holder) ||
    ts.isSatisfiesExpression(holder) ||
    ts.isTypeAssertionExpression(holder)
  )
    holder = holder.parent;
  if (
    !ts.isVariableDeclaration(holder) ||
    !ts.isIdentifier(holder.name) ||
    !ts.isVariableStatement(holder.parent.parent)
  )
    return placed(node, source, property);
  const { end } = holder.parent.parent;
  return [{ start: end, end, text: `;Object.assign(${holder.name.text}, ${property});` }];
}
