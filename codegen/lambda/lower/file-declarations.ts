import { ts, type TS } from "../../typescript.js";
import { boundNames } from "./patterns.js";
import { walk } from "../walk-ast.js";

/** How a name is declared in the file around a lambda. */
export interface Declaration {
  readonly kind:
    | "const"
    | "let"
    | "var"
    | "parameter"
    | "function"
    | "class"
    | "enum"
    | "namespace"
    | "import"
    | "import *"
    | "catch";
  /** The declaration's node; for `const` the variable declaration. */
  readonly node: TS.Node;
}

type Names = Map<string, Declaration>;

/** Resolves names in a file as JavaScript does: from the place of use outwards. The nodes must have `parent` set. */
export class FileDeclarations {
  readonly #known = new Map<TS.Node, Names>();
  #hasVars: boolean | null = null;

  /** The declaration that `name` refers to at the node `from`; undefined if the file does not declare it. */
  find(name: string, from: TS.Node): Declaration | undefined {
    for (let at = from.parent as TS.Node | undefined; at !== undefined; at = at.parent as TS.Node | undefined) {
      const found = this.#names(at)?.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The names that a node declares for its descendants; undefined if its kind declares none. */
  #names(container: TS.Node): Names | undefined {
    if (!isContainer(container)) return undefined;
    const known = this.#known.get(container);
    if (known !== undefined) return known;
    const names: Names = new Map();
    this.#known.set(container, names);
    if ("statements" in container) for (const statement of container.statements) addStatement(statement, names);
    if (ts.isCaseBlock(container))
      for (const { statements } of container.clauses) for (const s of statements) addStatement(s, names);
    if (isForStatement(container))
      if (container.initializer !== undefined && ts.isVariableDeclarationList(container.initializer))
        addVariables(container.initializer, names);
    if (ts.isCatchClause(container) && container.variableDeclaration !== undefined)
      addNames(boundNames(container.variableDeclaration.name), { kind: "catch", node: container }, names);
    if (ts.isFunctionLike(container)) {
      for (const parameter of container.parameters)
        addNames(boundNames(parameter.name), { kind: "parameter", node: parameter }, names);
      if (ts.isFunctionExpression(container) && container.name !== undefined)
        addNames([container.name.text], { kind: "function", node: container }, names);
    }
    if (ts.isSourceFile(container) || ts.isFunctionLike(container))
      // Few files have a `var`, and finding them takes a walk over the whole function.
      if ((this.#hasVars ??= /\bvar\b/.test(container.getSourceFile().text))) addHoistedVars(container, names);
    return names;
  }
}

type Container =
  | TS.SourceFile
  | TS.Block
  | TS.ModuleBlock
  | TS.CaseOrDefaultClause
  | TS.CaseBlock
  | TS.ForStatement
  | TS.ForOfStatement
  | TS.ForInStatement
  | TS.CatchClause
  | TS.SignatureDeclaration;

const isForStatement = (node: TS.Node): node is TS.ForStatement | TS.ForOfStatement | TS.ForInStatement =>
  ts.isForStatement(node) || ts.isForOfStatement(node) || ts.isForInStatement(node);

const isContainer = (node: TS.Node): node is Container =>
  ts.isSourceFile(node) ||
  ts.isBlock(node) ||
  ts.isModuleBlock(node) ||
  ts.isCaseOrDefaultClause(node) ||
  ts.isCaseBlock(node) ||
  isForStatement(node) ||
  ts.isCatchClause(node) ||
  ts.isFunctionLike(node);

function addStatement(statement: TS.Statement, names: Names): void {
  if (ts.isVariableStatement(statement)) addVariables(statement.declarationList, names);
  else if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) {
    // Prefer the implementation to its overload signatures.
    if (statement.body !== undefined || !names.has(statement.name.text))
      addNames([statement.name.text], { kind: "function", node: statement }, names);
  } else if (ts.isClassDeclaration(statement) && statement.name !== undefined)
    addNames([statement.name.text], { kind: "class", node: statement }, names);
  else if (ts.isEnumDeclaration(statement)) addNames([statement.name.text], { kind: "enum", node: statement }, names);
  else if (ts.isModuleDeclaration(statement) && ts.isIdentifier(statement.name))
    addNames([statement.name.text], { kind: "namespace", node: statement }, names);
  else if (ts.isImportEqualsDeclaration(statement))
    addNames([statement.name.text], { kind: "import", node: statement }, names);
  else if (ts.isImportDeclaration(statement)) addImport(statement, names);
}

function addImport({ importClause: clause }: TS.ImportDeclaration, names: Names): void {
  if (clause === undefined) return;
  if (clause.name !== undefined) addNames([clause.name.text], { kind: "import", node: clause }, names);
  const bindings = clause.namedBindings;
  if (bindings === undefined) return;
  if (ts.isNamespaceImport(bindings)) addNames([bindings.name.text], { kind: "import *", node: bindings }, names);
  else for (const element of bindings.elements) addNames([element.name.text], { kind: "import", node: element }, names);
}

function addVariables(list: TS.VariableDeclarationList, names: Names): void {
  if ((list.flags & ts.NodeFlags.BlockScoped) === 0) return; // `var` is scoped to the function
  // `using` has its own flag; like `const` it cannot be reassigned.
  const kind = (list.flags & (ts.NodeFlags.Const | ts.NodeFlags.Using)) === 0 ? "let" : "const";
  for (const node of list.declarations) addNames(boundNames(node.name), { kind, node }, names);
}

function addHoistedVars(container: TS.Node, names: Names): void {
  walk(container, (node) => {
    if (node !== container && (ts.isFunctionLike(node) || ts.isClassLike(node))) return false;
    if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0)
      for (const declaration of node.declarations)
        addNames(boundNames(declaration.name), { kind: "var", node: declaration }, names);
    return true;
  });
}

function addNames(found: readonly string[], declaration: Declaration, names: Names): void {
  for (const name of found) names.set(name, declaration);
}
