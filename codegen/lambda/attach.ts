import { ts } from "ts-morph";
import type { Diagnostic } from "../../src/expression/surface.js";
import { Declarations } from "./declarations.js";
import { applyEdits, type Edit } from "./edits.js";
import { isGlobal } from "./globals.js";
import { lowerLambda, type Lowered } from "./lower.js";
import { withoutWrapping, type LambdaNode } from "./lowering.js";
import { refusals } from "./refusals.js";
import { located, parseErrors, parseFile } from "./source.js";
import { walk } from "./walk.js";

export interface AttachOptions {
  /** The file as shown to people, relative to the project, with `/`. Its ending says the language. */
  readonly file: string;
}

export interface AttachedFile {
  /** The file with a tree on every lambda. Every line keeps its number. */
  readonly code: string;
  /** What was put where, for a source map. */
  readonly edits: readonly Edit[];
  readonly lambdas: readonly Lowered[];
}

/** A file without such a call is not even parsed. */
const mayValidate = /\.\s*validate\s*[(<]/;

/**
 * Puts its surface tree, or what is wrong with it, on each lambda that a file passes to `.validate(name, lambda)`, with thunks for
 * the names it takes from outside. The result is to be run, not type-checked.
 *
 * @returns null when the file is to be left as it is
 */
export function attachLambdas(code: string, { file }: AttachOptions): AttachedFile | null {
  if (!mayValidate.test(code)) return null;
  const source = parseFile(file, code, scriptKind(file), true);
  // Whoever runs the file reports its syntax errors, with more context than here.
  if (source === null || parseErrors(source).length > 0) return null;
  const declarations = new Declarations();
  const edits: Edit[] = [];
  const lambdas: Lowered[] = [];
  for (const node of lambdasOf(source, declarations)) {
    const { lowered, thunks } = lowerInFile(node, source, file, declarations);
    const property = `{ [Symbol.for("shapeline.lambda")]: ${literal(lowered, thunks)} }`;
    edits.push(...placed(node, source, property));
    lambdas.push(lowered);
  }
  return lambdas.length === 0 ? null : { code: applyEdits(code, edits), edits, lambdas };
}

/** The functions passed to `.validate`, each once: written there, or declared in the file under the name passed. */
function lambdasOf(source: ts.SourceFile, declarations: Declarations): readonly LambdaNode[] {
  const found = new Set<LambdaNode>();
  walk(source, (node) => {
    const lambda = ts.isCallExpression(node) ? passedLambda(node, declarations) : null;
    if (lambda !== null) found.add(lambda);
    return true;
  });
  return [...found].sort((a, b) => a.pos - b.pos);
}

function passedLambda(call: ts.CallExpression, declarations: Declarations): LambdaNode | null {
  const callee = withoutWrapping(call.expression);
  const [name, check] = call.arguments;
  if (!ts.isPropertyAccessExpression(callee) || callee.name.text !== "validate") return null;
  if (name === undefined || check === undefined || ts.isSpreadElement(name) || ts.isSpreadElement(check)) return null;
  const passed = withoutWrapping(check);
  if (isFunction(passed)) return passed;
  if (!ts.isIdentifier(passed)) return null;
  const declaration = declarations.find(passed.text, passed);
  const node = declaration?.node;
  if (declaration?.kind === "function" && node && ts.isFunctionDeclaration(node) && node.body && opensWithItsNames(node.parent)) return node;
  if (declaration?.kind !== "const" || !node || !ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name)) return null;
  const value = node.initializer && withoutWrapping(node.initializer);
  return value && isFunction(value) ? value : null;
}

const isFunction = (node: ts.Node): node is ts.ArrowFunction | ts.FunctionExpression => ts.isArrowFunction(node) || ts.isFunctionExpression(node);

/** A place whose first line sees the functions declared in it. */
const opensWithItsNames = (node: ts.Node): node is ts.SourceFile | ts.Block | ts.ModuleBlock =>
  ts.isSourceFile(node) || ts.isBlock(node) || ts.isModuleBlock(node);

function lowerInFile(node: LambdaNode, source: ts.SourceFile, file: string, declarations: Declarations): { lowered: Lowered; thunks: ReadonlyMap<string, string> } {
  const offset = node.getStart(source);
  const { line, character } = source.getLineAndCharacterOfPosition(offset);
  const hidesGlobal = (name: string) => declarations.find(name, node) !== undefined;
  const lowered = lowerLambda(node, source, { hidesGlobal, location: { file, offset, line: line + 1, column: character + 1 } });
  const thunks = new Map<string, string>();
  const found: Diagnostic[] = [];
  for (const { path, span } of lowered.free) {
    const root = path[0] ?? "";
    if (isGlobal(root)) continue;
    const declaration = declarations.find(root, node);
    if (declaration?.kind === "let" || declaration?.kind === "var")
      found.push(located(refusals.mutable(root, declaration.kind), span[0], span[0] + root.length));
    thunks.set(root, thunk(root, declaration?.kind));
  }
  if (found.length === 0) return { lowered, thunks };
  const diagnostics = [...lowered.diagnostics, ...found].sort((a, b) => a.start - b.start);
  return { lowered: { ...lowered, lambda: null, diagnostics }, thunks };
}

function thunk(name: string, kind: string | undefined): string {
  // A name that a bundler fills in, or nobody: reading it must not throw.
  if (kind === undefined) return `() => typeof ${name} === "undefined" ? undefined : ${name}`;
  // A bundler's namespace object has getters; its values are wanted.
  return kind === "import *" ? `() => ({ ...${name} })` : `() => ${name}`;
}

function literal({ lambda, diagnostics, source, location }: Lowered, thunks: ReadonlyMap<string, string>): string {
  const data = JSON.stringify({ lambda, source, location, diagnostics });
  const constants = lambda === null ? [] : [...thunks].map(([name, text]) => `[${JSON.stringify(name)}]: ${text}`);
  return `{ ...${data}, constants: { ${constants.join(", ")} } }`;
}

function placed(node: LambdaNode, source: ts.SourceFile, property: string): Edit[] {
  if (!ts.isFunctionDeclaration(node)) {
    const start = node.getStart(source);
    return [
      { start, end: start, text: "Object.assign(" },
      { start: node.end, end: node.end, text: `, ${property})` },
    ];
  }
  // A declared function is there from the first line of its block on, and what it carries has to be, too.
  const statements = (node.parent as ts.BlockLike).statements;
  const first = statements.find((s) => !(ts.isExpressionStatement(s) && ts.isStringLiteral(s.expression))) ?? node;
  const start = first.getStart(source);
  return [{ start, end: start, text: `Object.assign(${node.name?.text ?? ""}, ${property}); ` }];
}

function scriptKind(file: string): ts.ScriptKind {
  if (/\.tsx$/.test(file)) return ts.ScriptKind.TSX;
  if (/\.jsx$/.test(file)) return ts.ScriptKind.JSX;
  return /\.[cm]?js$/.test(file) ? ts.ScriptKind.JS : ts.ScriptKind.TS;
}
