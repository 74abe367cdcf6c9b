import { ts, type TS } from "../../typescript.js";
import type { Edit } from "./text-edits.js";
import type { LambdaNode } from "../lower/context.js";

/** The edits that put a property on a function where it is written. */
export function insertAtFunction(node: LambdaNode, source: TS.SourceFile, property: string): Edit[] {
  if (ts.isFunctionDeclaration(node)) return insertAtBlockStart(node, source, property);
  // A method in shorthand is no expression: `low(x) {…}` becomes `low: Object.assign(function (x) {…}, …)`.
  if (ts.isMethodDeclaration(node)) return wrapWith(node.name.end, node.end, ": Object.assign(function ", property);
  return wrapWith(node.getStart(source), node.end, "Object.assign(", property);
}

function wrapWith(start: number, end: number, before: string, property: string): Edit[] {
  return [
    { start, end: start, text: before },
    { start: end, end, text: `, ${property})` },
  ];
}

function insertAtBlockStart(node: TS.FunctionDeclaration, source: TS.SourceFile, property: string): Edit[] {
  // `export default function (x) {…}` is an expression as soon as something stands around it.
  if (node.name === undefined)
    return wrapWith(node.modifiers?.end ?? node.getStart(source), node.end, " Object.assign(", property);
  // A declared function is there from the first line of its block on, and what it carries has to be, too.
  const statements = (node.parent as TS.BlockLike).statements;
  const first = statements.find((s) => !(ts.isExpressionStatement(s) && ts.isStringLiteral(s.expression))) ?? node;
  const start = first.getStart(source);
  return [{ start, end: start, text: `Object.assign(${node.name.text}, ${property}); ` }];
}

/** As `placed`; a function that a `const` holds keeps its name. */
export function insertAfterDeclaration(node: LambdaNode, source: TS.SourceFile, property: string): Edit[] {
  let holder: TS.Node = node;
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
    return insertAtFunction(node, source, property);
  const { end } = holder.parent.parent;
  return [{ start: end, end, text: `;Object.assign(${holder.name.text}, ${property});` }];
}
