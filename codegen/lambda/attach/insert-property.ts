import { ts, type TS } from "../../typescript.js";
import type { Edit } from "./text-edits.js";
import { outermost, type LambdaNode } from "../lower/context.js";

/**
 * The edits that give a function a property at its place in the source. `Object.assign` returns the function itself;
 * bundlers drop the call together with an unused function.
 */
export function insertProperty(node: LambdaNode, source: TS.SourceFile, property: string): Edit[] {
  if (ts.isFunctionDeclaration(node)) return insertAtBlockStart(node, source, property);
  const name = nameOf(node);
  const start = node.getStart(source);
  // A shorthand method is not an expression: `low(x) {…}` becomes `low: Object.assign({ low(x) {…} }.low, …)`.
  if (ts.isMethodDeclaration(node)) {
    const [key, member] = methodKey(node, source);
    return wrapWith(start, node.end, `${key}: ${assign}{ `, ` }${member}, ${property})`);
  }
  // A function that is assigned to a name has that name, also in stack traces: it is read from an object's property.
  if (name === null) return wrapWith(start, node.end, assign, `, ${property})`);
  const isPlain = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) && name !== "__proto__";
  const [key, member] = isPlain ? [name, `.${name}`] : [`[${JSON.stringify(name)}]`, `[${JSON.stringify(name)}]`];
  return wrapWith(start, node.end, `${assign}{ ${key}: `, ` }${member}, ${property})`);
}

const assign = "/* @__PURE__ */ Object.assign(";

function wrapWith(start: number, end: number, before: string, after: string): Edit[] {
  return [
    { start, end: start, text: before },
    { start: end, end, text: after },
  ];
}

function insertAtBlockStart(node: TS.FunctionDeclaration, source: TS.SourceFile, property: string): Edit[] {
  // `export default function (x) {…}` can be wrapped like an expression.
  if (node.name === undefined)
    return wrapWith(node.modifiers?.end ?? node.getStart(source), node.end, ` ${assign}`, `, ${property})`);
  // A declared function is hoisted to the start of its block, so its property must be assigned there.
  const statements = (node.parent as TS.BlockLike).statements;
  const first = statements.find((s) => !(ts.isExpressionStatement(s) && ts.isStringLiteral(s.expression))) ?? node;
  const start = first.getStart(source);
  return [{ start, end: start, text: `Object.assign(${node.name.text}, ${property}); ` }];
}

/** The name that JavaScript gives a function without one: that of what it is the value of. */
function nameOf(node: LambdaNode): string | null {
  if (ts.isFunctionExpression(node) && node.name !== undefined) return null;
  const value = outermost(node).parent;
  if (ts.isExportAssignment(value)) return "default";
  if (ts.isBinaryExpression(value)) return ts.isIdentifier(value.left) ? value.left.text : null;
  if (
    !ts.isVariableDeclaration(value) &&
    !ts.isPropertyAssignment(value) &&
    !ts.isPropertyDeclaration(value) &&
    !ts.isParameter(value) &&
    !ts.isBindingElement(value)
  )
    return null;
  return ts.isIdentifier(value.name) || ts.isStringLiteral(value.name) ? value.name.text : null;
}

/** A method's key as written in front of a value, and the access to it. */
function methodKey({ name }: TS.MethodDeclaration, source: TS.SourceFile): [key: string, member: string] {
  const text = name.getText(source);
  if (ts.isIdentifier(name)) return [text, `.${text}`];
  return ts.isComputedPropertyName(name) ? [text, text] : [text, `[${text}]`];
}
