import { ts, type TS } from "../../typescript.js";
import type { Declarations } from "./declarations.js";
import { withoutWrapping, type LambdaNode } from "./context.js";
import { memberName } from "./names.js";
import { walk } from "../walk-ast.js";

export const isFunction = (node: TS.Node): node is TS.ArrowFunction | TS.FunctionExpression =>
  ts.isArrowFunction(node) || ts.isFunctionExpression(node);

/** A place whose first line sees the functions declared in it. */
const hoistsFunctions = (node: TS.Node): node is TS.SourceFile | TS.Block | TS.ModuleBlock =>
  ts.isSourceFile(node) || ts.isBlock(node) || ts.isModuleBlock(node);

/** The function that a file declares under a name, with `function` or as a `const`; null for all else. */
export function functionNamed(name: string, from: TS.Node, declarations: Declarations): LambdaNode | null {
  const declaration = declarations.find(name, from);
  if (declaration?.kind === "function") return declared(declaration.node);
  return declaration?.kind === "const" && ts.isVariableDeclaration(declaration.node) ? initial(declaration.node) : null;
}

function declared(node: TS.Node): LambdaNode | null {
  return ts.isFunctionDeclaration(node) &&
    node.body !== undefined &&
    node.name !== undefined &&
    hoistsFunctions(node.parent)
    ? node
    : null;
}

function initial({ name, initializer, parent }: TS.VariableDeclaration): LambdaNode | null {
  if (!ts.isIdentifier(name) || initializer === undefined || !ts.isVariableStatement(parent.parent)) return null;
  const value = withoutWrapping(initializer);
  return isFunction(value) ? value : null;
}

/** How many names are followed one after the other. */
const maxHops = 16;

/**
 * The functions of the file that an expression can stand for: one written in place, one under a name, a member of a constant object or
 * list, both sides of `?:`. Null where only running the file can tell.
 */
export function functionsOf(node: TS.Expression, declarations: Declarations, trail = 0): LambdaNode[] | null {
  const value = withoutWrapping(node);
  if (isFunction(value)) return [value];
  if (trail > maxHops) return null;
  const follow = (next: TS.Expression) => functionsOf(next, declarations, trail + 1);
  if (ts.isConditionalExpression(value)) {
    const [then, otherwise] = [follow(value.whenTrue), follow(value.whenFalse)];
    return then && otherwise && [...then, ...otherwise];
  }
  if (ts.isIdentifier(value)) {
    const declaration = declarations.find(value.text, value);
    if (declaration?.kind === "function") return asList(declared(declaration.node));
    const initializer = constantValue(value, declarations);
    return initializer && follow(initializer);
  }
  const member = memberOf(value, declarations);
  if (member === null) return null;
  return ts.isMethodDeclaration(member) ? [member] : follow(member);
}

const asList = <T>(value: T | null): T[] | null => value && [value];

/** What a `const` of the file holds. */
function constantValue(name: TS.Identifier, declarations: Declarations): TS.Expression | null {
  const declaration = declarations.find(name.text, name);
  if (
    declaration?.kind !== "const" ||
    !ts.isVariableDeclaration(declaration.node) ||
    !ts.isIdentifier(declaration.node.name)
  )
    return null;
  return declaration.node.initializer ?? null;
}

/** `rules.low`, `rules["low"]` and `rules[0]` of an object or list that a `const` of the file holds. */
function memberOf(node: TS.Expression, declarations: Declarations): TS.Expression | TS.MethodDeclaration | null {
  if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return null;
  const owner = withoutWrapping(node.expression);
  const held = ts.isIdentifier(owner) ? constantValue(owner, declarations) : memberOf(owner, declarations);
  if (held === null || ts.isMethodDeclaration(held)) return null;
  const value = withoutWrapping(held);
  if (ts.isObjectLiteralExpression(value)) return propertyNamed(memberName(node), value);
  if (!ts.isArrayLiteralExpression(value) || !ts.isElementAccessExpression(node)) return null;
  const index = withoutWrapping(node.argumentExpression);
  const items = value.elements;
  return ts.isNumericLiteral(index) && !items.some((item) => ts.isSpreadElement(item))
    ? (items[Number(index.text)] ?? null)
    : null;
}

function propertyNamed(
  name: string | null,
  { properties }: TS.ObjectLiteralExpression,
): TS.Expression | TS.MethodDeclaration | null {
  const keyOf = ({ name: key }: TS.ObjectLiteralElementLike) =>
    key !== undefined && (ts.isIdentifier(key) || ts.isStringLiteralLike(key)) ? key.text : null;
  // A spread or a computed key may stand for any name.
  if (name === null || properties.some((property) => keyOf(property) === null)) return null;
  const property = properties.findLast((candidate) => keyOf(candidate) === name);
  if (property === undefined) return null;
  if (ts.isPropertyAssignment(property)) return property.initializer;
  if (ts.isShorthandPropertyAssignment(property)) return property.name;
  return ts.isMethodDeclaration(property) ? property : null;
}

/** The functions that a file exports, by name or as its default. */
export function exportedFunctions(source: TS.SourceFile): LambdaNode[] {
  const exported = new Set(source.statements.flatMap(namesOfExport));
  return source.statements
    .flatMap((statement): (LambdaNode | null)[] => {
      if (ts.isExportAssignment(statement)) {
        const value = withoutWrapping(statement.expression);
        return isFunction(value) ? [value] : [];
      }
      const all =
        ts.canHaveModifiers(statement) &&
        (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false);
      if (ts.isFunctionDeclaration(statement))
        return all || exported.has(statement.name?.text ?? "") ? [defaultOrDeclared(statement)] : [];
      if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) === 0) return [];
      return statement.declarationList.declarations
        .filter(({ name }) => all || (ts.isIdentifier(name) && exported.has(name.text)))
        .map(initial);
    })
    .filter((node) => node !== null);
}

const defaultOrDeclared = (node: TS.FunctionDeclaration): LambdaNode | null =>
  node.name === undefined && node.body !== undefined ? node : declared(node);

/** `export { a, b as c }`, `export default a`: the names of the file that are meant. */
function namesOfExport(statement: TS.Statement): string[] {
  if (ts.isExportAssignment(statement)) return ts.isIdentifier(statement.expression) ? [statement.expression.text] : [];
  if (
    !ts.isExportDeclaration(statement) ||
    statement.moduleSpecifier !== undefined ||
    statement.exportClause === undefined
  )
    return [];
  if (!ts.isNamedExports(statement.exportClause)) return [];
  return statement.exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
}

/** All functions of a file that something can be put on, those in `except` and what stands in them left out. */
export function everyFunction(source: TS.SourceFile, except: ReadonlySet<TS.Node>): LambdaNode[] {
  const found: LambdaNode[] = [];
  walk(source, (node) => {
    if (except.has(node)) return false;
    if (isFunction(node)) found.push(node);
    else if (ts.isFunctionDeclaration(node)) {
      const fn = defaultOrDeclared(node);
      if (fn !== null) found.push(fn);
    } else if (ts.isMethodDeclaration(node) && isPlainMethod(node)) found.push(node);
    return true;
  });
  return found;
}

/** A method in shorthand that may as well be written `name: function (…) {…}`. */
function isPlainMethod(node: TS.MethodDeclaration): boolean {
  if (
    !ts.isObjectLiteralExpression(node.parent) ||
    node.asteriskToken !== undefined ||
    node.modifiers !== undefined ||
    node.body === undefined
  )
    return false;
  let plain = true;
  walk(node.body, (inner) => {
    if (inner.kind === ts.SyntaxKind.SuperKeyword) plain = false;
    return plain;
  });
  return plain;
}
