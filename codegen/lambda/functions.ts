import { ts } from "ts-morph";
import type { Declarations } from "./declarations.js";
import { withoutWrapping, type LambdaNode } from "./lowering.js";

export const isFunction = (node: ts.Node): node is ts.ArrowFunction | ts.FunctionExpression => ts.isArrowFunction(node) || ts.isFunctionExpression(node);

/** A place whose first line sees the functions declared in it. */
const opensWithItsNames = (node: ts.Node): node is ts.SourceFile | ts.Block | ts.ModuleBlock =>
  ts.isSourceFile(node) || ts.isBlock(node) || ts.isModuleBlock(node);

/** The function that a file declares under a name, with `function` or as a `const`; null for all else. */
export function functionNamed(name: string, from: ts.Node, declarations: Declarations): LambdaNode | null {
  const declaration = declarations.find(name, from);
  if (declaration?.kind === "function") return declared(declaration.node);
  return declaration?.kind === "const" && ts.isVariableDeclaration(declaration.node) ? initial(declaration.node) : null;
}

function declared(node: ts.Node): LambdaNode | null {
  return ts.isFunctionDeclaration(node) && node.body !== undefined && node.name !== undefined && opensWithItsNames(node.parent) ? node : null;
}

function initial({ name, initializer, parent }: ts.VariableDeclaration): LambdaNode | null {
  if (!ts.isIdentifier(name) || initializer === undefined || !ts.isVariableStatement(parent.parent)) return null;
  const value = withoutWrapping(initializer);
  return isFunction(value) ? value : null;
}

/** The functions that a file exports by name. */
export function exportedFunctions(source: ts.SourceFile): LambdaNode[] {
  const exported = new Set(source.statements.flatMap(namesOfExport));
  return source.statements.flatMap((statement): (LambdaNode | null)[] => {
    const all = ts.canHaveModifiers(statement) && (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false);
    if (ts.isFunctionDeclaration(statement)) return all || exported.has(statement.name?.text ?? "") ? [declared(statement)] : [];
    if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) === 0) return [];
    return statement.declarationList.declarations.filter(({ name }) => all || (ts.isIdentifier(name) && exported.has(name.text))).map(initial);
  }).filter((node) => node !== null);
}

/** `export { a, b as c }`, `export default a`: the names of the file that are meant. */
function namesOfExport(statement: ts.Statement): string[] {
  if (ts.isExportAssignment(statement)) return ts.isIdentifier(statement.expression) ? [statement.expression.text] : [];
  if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier !== undefined || statement.exportClause === undefined) return [];
  if (!ts.isNamedExports(statement.exportClause)) return [];
  return statement.exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
}
