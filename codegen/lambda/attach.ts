import { ts } from "ts-morph";
import type { Diagnostic } from "../../src/expression/surface.js";
import { Declarations } from "./declarations.js";
import { applyEdits, type Edit } from "./edits.js";
import { isGlobal } from "./globals.js";
import { exportedFunctions, functionNamed, isFunction } from "./functions.js";
import { lowerHelper, lowerLambda, type Lowered, type LoweredHelper } from "./lower.js";
import { withoutWrapping, type LambdaNode } from "./lowering.js";
import { refusals } from "./refusals.js";
import { located, parseErrors, parseFile } from "./source.js";
import { walk } from "./walk.js";

export interface AttachOptions {
  /** The file as shown to people, relative to the project, with `/`. Its ending says the language. */
  readonly file: string;
  /** Whether exported functions get their trees, too, for lambdas of other files to call. */
  readonly helpers?: boolean;
}

export interface AttachedFile {
  /** The file with a tree on every lambda. Every line keeps its number. */
  readonly code: string;
  /** What was put where, for a source map. */
  readonly edits: readonly Edit[];
  readonly lambdas: readonly Lowered[];
}

/** The methods of a pipeline that take a lambda after a name. */
const methods = new Set(["validate", "alert"]);
/** A file without such a call is not even parsed. */
const mayValidate = /\.\s*(?:validate|alert)\s*[(<]/;
const mayExportFunction = /\bexport\b[^]*(?:=>|\bfunction\b)/;

/**
 * Puts its surface tree, or what is wrong with it, on each lambda that a file passes to `.validate(name, lambda)` or `.alert(name, lambda, …)` and on the functions
 * of the file that it calls, with thunks for the names it takes from outside. The result is to be run, not type-checked.
 *
 * @returns null when the file is to be left as it is
 */
export function attachLambdas(code: string, { file, helpers = false }: AttachOptions): AttachedFile | null {
  if (!mayValidate.test(code) && !(helpers && mayExportFunction.test(code))) return null;
  const source = parseFile(file, code, scriptKind(file), true);
  // Whoever runs the file reports its syntax errors, with more context than here.
  if (source === null || parseErrors(source).length > 0) return null;
  const declarations = new Declarations();
  const edits: Edit[] = [];
  const lambdas: Lowered[] = [];
  const called = new Set<LambdaNode>(helpers ? exportedFunctions(source) : []);
  for (const node of lambdasOf(source, declarations)) {
    const { lowered, thunks } = withThunks(node, source, file, declarations, lowerLambda, called);
    const data = { lambda: lowered.diagnostics.length === 0 ? lowered.lambda : null, ...said(lowered) };
    edits.push(...placed(node, source, property("shapeline.lambda", data, data.lambda !== null, thunks)));
    lambdas.push(lowered);
  }
  // The set grows by what the helpers themselves call.
  for (const node of called) {
    const { lowered, thunks } = withThunks(node, source, file, declarations, lowerHelper, called);
    const data = { helper: lowered.diagnostics.length === 0 ? lowered.helper : null, ...said(lowered) };
    edits.push(...placedAfter(node, source, property("shapeline.helper", data, data.helper !== null, thunks)));
  }
  return edits.length === 0 ? null : { code: applyEdits(code, edits), edits, lambdas };
}

/** The functions passed to `.validate` and `.alert`, each once: written there, or declared in the file under the name passed. */
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
  if (!ts.isPropertyAccessExpression(callee) || !methods.has(callee.name.text)) return null;
  if (name === undefined || check === undefined || ts.isSpreadElement(name) || ts.isSpreadElement(check)) return null;
  const passed = withoutWrapping(check);
  if (isFunction(passed)) return passed;
  if (!ts.isIdentifier(passed)) return null;
  return functionNamed(passed.text, passed, declarations);
}

type Lower<T> = (node: LambdaNode, source: ts.SourceFile, options: NonNullable<Parameters<typeof lowerLambda>[2]>) => T;

/** Lowers a function where it stands in its file, and notes the functions of the file that it names. */
function withThunks<T extends Lowered | LoweredHelper>(
  node: LambdaNode,
  source: ts.SourceFile,
  file: string,
  declarations: Declarations,
  lower: Lower<T>,
  called: Set<LambdaNode>,
): { lowered: T; thunks: ReadonlyMap<string, string> } {
  const offset = node.getStart(source);
  const { line, character } = source.getLineAndCharacterOfPosition(offset);
  const hidesGlobal = (name: string) => declarations.find(name, node) !== undefined;
  const lowered = lower(node, source, { hidesGlobal, location: { file, offset, line: line + 1, column: character + 1 } });
  const thunks = new Map<string, string>();
  const found: Diagnostic[] = [];
  for (const { path, span } of lowered.free) {
    const root = path[0] ?? "";
    if (isGlobal(root)) continue;
    const declaration = declarations.find(root, node);
    if (declaration?.kind === "let" || declaration?.kind === "var")
      found.push(located(refusals.mutable(root, declaration.kind), span[0], span[0] + root.length));
    const fn = functionNamed(root, node, declarations);
    if (fn !== null) called.add(fn);
    thunks.set(root, thunk(root, declaration?.kind));
  }
  if (found.length === 0) return { lowered, thunks };
  return { lowered: { ...lowered, diagnostics: [...lowered.diagnostics, ...found].sort((a, b) => a.start - b.start) }, thunks };
}

function thunk(name: string, kind: string | undefined): string {
  // A name that a bundler fills in, or nobody: reading it must not throw.
  if (kind === undefined) return `() => typeof ${name} === "undefined" ? undefined : ${name}`;
  // A bundler's namespace object has getters; its values are wanted.
  return kind === "import *" ? `() => ({ ...${name} })` : `() => ${name}`;
}

const said = ({ source, location, diagnostics }: Lowered | LoweredHelper) => ({ source, location, diagnostics });

function property(key: string, data: object, compiles: boolean, thunks: ReadonlyMap<string, string>): string {
  const constants = compiles ? [...thunks].map(([name, text]) => `[${JSON.stringify(name)}]: ${text}`) : [];
  return `{ [Symbol.for("${key}")]: { ...${JSON.stringify(data)}, constants: { ${constants.join(", ")} } } }`;
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

/** Puts a property on a declared function, which keeps its name. */
function placedAfter(node: LambdaNode, source: ts.SourceFile, property: string): Edit[] {
  if (ts.isFunctionDeclaration(node)) return placed(node, source, property);
  let declaration: ts.Node = node;
  while (!ts.isVariableDeclaration(declaration)) declaration = declaration.parent;
  const statement = declaration.parent.parent;
  const { end } = ts.isVariableStatement(statement) ? statement : node;
  return [{ start: end, end, text: `;Object.assign(${declaration.name.getText(source)}, ${property});` }];
}

function scriptKind(file: string): ts.ScriptKind {
  if (/\.tsx$/.test(file)) return ts.ScriptKind.TSX;
  if (/\.jsx$/.test(file)) return ts.ScriptKind.JSX;
  return /\.[cm]?js$/.test(file) ? ts.ScriptKind.JS : ts.ScriptKind.TS;
}
