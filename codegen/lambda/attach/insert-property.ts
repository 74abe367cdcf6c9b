import { ts, type TS } from "../../typescript.js";
import type { Edit } from "./text-edits.js";
import type { LambdaNode } from "../lower/context.js";

/** The edits that assign a property to a function at its position in the source. */
export function insertAtFunction(node: LambdaNode, source: TS.SourceFile, property: string): Edit[] {
  if (ts.isFunctionDeclaration(node)) return insertAtBlockStart(node, source, property);
  // A shorthand method is not an expression: `low(x) {…}` becomes `low: Object.assign(function (x) {…}, …)`.
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
  // `export default function (x) {…}` can be wrapped like an expression.
  if (node.name === undefined)
    return wrapWith(node.modifiers?.end ?? node.getStart(source), node.end, " Object.assign(", property);
  // A declared function is hoisted to the start of its block, so its property must be assigned there.
  const statements = (node.parent as TS.BlockLike).statements;
  const first = statements.find((s) => !(ts.isExpressionStatement(s) && ts.isStringLiteral(s.expression))) ?? node;
  const start = first.getStart(source);
  return [{ start, end: start, text: `Object.assign(${node.name.text}, ${property}); ` }];
}

/**
 * Like `insertAtFunction`, but for `const f = …` the assignment follows the declaration, so that `f.name` stays "f".
 */
export function insertAfterDeclaration(node: LambdaNode, source: TS.SourceFile, property: string): Edit[] {
  let holder: TS.Node = node;
  // Skip parentheses and type assertions around the function.
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
