import { ts, type TS } from "../../typescript.js";
import type { FileDeclarations } from "./file-declarations.js";
import { withoutWrapping, type LambdaNode } from "./context.js";
import { memberName } from "./names.js";
import { walk } from "../walk-ast.js";

export const isFunction = (node: TS.Node): node is TS.ArrowFunction | TS.FunctionExpression =>
  ts.isArrowFunction(node) || ts.isFunctionExpression(node);

/** A block whose function declarations are hoisted to its start. */
const isHoistingBlock = (node: TS.Node): node is TS.SourceFile | TS.Block | TS.ModuleBlock =>
  ts.isSourceFile(node) || ts.isBlock(node) || ts.isModuleBlock(node);

/** The function that the file declares under this name, with `function` or `const`; null if there is none. */
export function functionNamed(name: string, from: TS.Node, declarations: FileDeclarations): LambdaNode | null {
  const declaration = declarations.find(name, from);
  if (declaration?.kind === "function") return declaredFunction(declaration.node);
  return declaration?.kind === "const" && ts.isVariableDeclaration(declaration.node)
    ? constFunction(declaration.node)
    : null;
}

/** A function declaration that can be called from its whole block; null for other nodes. */
function declaredFunction(node: TS.Node): LambdaNode | null {
  return ts.isFunctionDeclaration(node) &&
    node.body !== undefined &&
    node.name !== undefined &&
    isHoistingBlock(node.parent)
    ? node
    : null;
}

/** The function that a variable statement assigns to a name; null if it assigns another value. */
function constFunction({ name, initializer, parent }: TS.VariableDeclaration): LambdaNode | null {
  if (!ts.isIdentifier(name) || initializer === undefined || !ts.isVariableStatement(parent.parent)) return null;
  const value = withoutWrapping(initializer);
  return isFunction(value) ? value : null;
}

/** The most references followed to find a function. */
const maxHops = 16;

/**
 * The functions of the file that an expression can evaluate to: a function expression, a named function, a member of a
 * constant object or list, or both sides of `?:`. Null if the function is known only at run time.
 */
export function possibleFunctions(node: TS.Expression, declarations: FileDeclarations, hops = 0): LambdaNode[] | null {
  const value = withoutWrapping(node);
  if (isFunction(value)) return [value];
  if (hops > maxHops) return null;
  const follow = (next: TS.Expression) => possibleFunctions(next, declarations, hops + 1);
  if (ts.isConditionalExpression(value)) {
    const [then, otherwise] = [follow(value.whenTrue), follow(value.whenFalse)];
    return then && otherwise && [...then, ...otherwise];
  }
  if (ts.isIdentifier(value)) {
    const declaration = declarations.find(value.text, value);
    if (declaration?.kind === "function") return asList(declaredFunction(declaration.node));
    const initializer = constInitializer(value, declarations);
    return initializer && follow(initializer);
  }
  const member = memberValue(value, declarations);
  if (member === null) return null;
  return ts.isMethodDeclaration(member) ? [member] : follow(member);
}

const asList = <T>(value: T | null): T[] | null => value && [value];

/** The initializer of a `const` of the file. */
export function constInitializer(name: TS.Identifier, declarations: FileDeclarations): TS.Expression | null {
  const declaration = declarations.find(name.text, name);
  if (
    declaration?.kind !== "const" ||
    !ts.isVariableDeclaration(declaration.node) ||
    !ts.isIdentifier(declaration.node.name)
  )
    return null;
  return declaration.node.initializer ?? null;
}

/** The value of `rules.low`, `rules["low"]` or `rules[0]`, where `rules` is a `const` object or list of the file. */
export function memberValue(
  node: TS.Expression,
  declarations: FileDeclarations,
): TS.Expression | TS.MethodDeclaration | null {
  if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return null;
  const owner = withoutWrapping(node.expression);
  const container = ts.isIdentifier(owner) ? constInitializer(owner, declarations) : memberValue(owner, declarations);
  if (container === null || ts.isMethodDeclaration(container)) return null;
  const value = withoutWrapping(container);
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
  // A spread or a computed key can define any name.
  if (name === null || properties.some((property) => keyOf(property) === null)) return null;
  const property = properties.findLast((candidate) => keyOf(candidate) === name);
  if (property === undefined) return null;
  if (ts.isPropertyAssignment(property)) return property.initializer;
  if (ts.isShorthandPropertyAssignment(property)) return property.name;
  return ts.isMethodDeclaration(property) ? property : null;
}

/** The functions that a file exports, by name or as the default. */
export function exportedFunctions(source: TS.SourceFile): LambdaNode[] {
  const exported = new Set(source.statements.flatMap(exportedNames));
  return source.statements
    .flatMap((statement): (LambdaNode | null)[] => {
      if (ts.isExportAssignment(statement)) {
        const value = withoutWrapping(statement.expression);
        return isFunction(value) ? [value] : [];
      }
      const isExported =
        ts.canHaveModifiers(statement) &&
        (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false);
      if (ts.isFunctionDeclaration(statement))
        return isExported || exported.has(statement.name?.text ?? "") ? [defaultOrDeclared(statement)] : [];
      if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) === 0) return [];
      return statement.declarationList.declarations
        .filter(({ name }) => isExported || (ts.isIdentifier(name) && exported.has(name.text)))
        .map(constFunction);
    })
    .filter((node) => node !== null);
}

const defaultOrDeclared = (node: TS.FunctionDeclaration): LambdaNode | null =>
  node.name === undefined && node.body !== undefined ? node : declaredFunction(node);

/** The local names in `export { a, b as c }` and `export default a`. */
function exportedNames(statement: TS.Statement): string[] {
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

/** The functions of a file that a tree can be attached to, without those in `except` and the functions inside them. */
export function attachableFunctions(source: TS.SourceFile, except: ReadonlySet<TS.Node>): LambdaNode[] {
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

/** Whether a shorthand method can be rewritten as `name: function (…) {…}`. */
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
