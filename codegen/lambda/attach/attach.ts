import { ts, type TS } from "../../typescript.js";
import type { Diagnostic, Surface } from "../../../src/expression/surface/surface.js";
import { Declarations } from "../lower/declarations.js";
import { applyEdits, type Edit } from "./text-edits.js";
import { isGlobal } from "../lower/globals.js";
import { everyFunction, exportedFunctions, functionNamed, functionsOf } from "../lower/functions.js";
import { lowerHelper, lowerLambda, type Lowered, type LoweredHelper } from "../lower/lower.js";
import type { LambdaNode } from "../lower/context.js";
import { memberName } from "../lower/names.js";
import { insertAtFunction, insertAfterDeclaration } from "./insert-property.js";
import { refusals } from "../refusals.js";
import { diagnosticAt, parseErrors, parseFile } from "../parse.js";
import { walk } from "../walk-ast.js";

export interface AttachOptions {
  /** The file as shown to people, relative to the project, with `/`. Its ending says the language. */
  readonly file: string;
  /**
   * Which functions get their trees beside the lambdas, for lambdas to call or steps to be given: "exported", those that other files can
   * name; "all", every one, for files whose lambdas come from where only running them can tell.
   */
  readonly helpers?: "exported" | "all";
}

export interface AttachedFile {
  /** The file with a tree on every lambda. Every line keeps its number. */
  readonly code: string;
  /** What was put where, for a source map. */
  readonly edits: readonly Edit[];
  readonly lambdas: readonly Lowered[];
  /** False where a step is given a function, or a lambda calls one, that cannot be found without running the project. */
  readonly complete: boolean;
}

/** The methods of a pipeline that take a lambda, as their second argument. */
const takesLambda: ReadonlySet<string> = new Set(["validate", "alert"]);

/** A file without such a word is not even parsed. */
const mayTakeLambda = new RegExp(`\\b(?:${[...takesLambda].join("|")})\\b`);
const mayExportFunction = /\bexport\b[^]*(?:=>|\bfunction\b)/;
const mayHoldFunction = /=>|\bfunction\b|\)\s*\{/;

/**
 * Puts its surface tree, or what is wrong with it, on each lambda that a file passes to `.validate(name, lambda)` or `.alert(name, lambda, …)`
 * and on the functions of the file that it calls, with thunks for the names it takes from outside. The result is to be run, not type-checked.
 *
 * @returns null when the file is to be left as it is
 */
export function attachLambdas(code: string, { file, helpers }: AttachOptions): AttachedFile | null {
  if (
    !mayTakeLambda.test(code) &&
    !(helpers === "exported" && mayExportFunction.test(code)) &&
    !(helpers === "all" && mayHoldFunction.test(code))
  )
    return null;
  const source = parseFile(file, code, scriptKind(file), true);
  // Whoever runs the file reports its syntax errors, with more context than here.
  if (source === null || parseErrors(source).length > 0) return null;
  return new Attacher(source, code, file).run(helpers);
}

class Attacher {
  readonly #source: TS.SourceFile;
  readonly #code: string;
  readonly #file: string;
  readonly #declarations = new Declarations();
  /** Functions of the file that lambdas may call. */
  readonly #called = new Set<LambdaNode>();
  #complete = true;

  constructor(source: TS.SourceFile, code: string, file: string) {
    this.#source = source;
    this.#code = code;
    this.#file = file;
  }

  run(helpers: AttachOptions["helpers"]): AttachedFile | null {
    const passed = this.#passed();
    if (helpers === "exported") for (const node of exportedFunctions(this.#source)) this.#called.add(node);
    if (helpers === "all") for (const node of everyFunction(this.#source, passed)) this.#called.add(node);
    const found: { readonly node: LambdaNode; readonly edits: Edit[] }[] = [];
    const lambdas: Lowered[] = [];
    for (const node of passed) {
      const { lowered, thunks } = this.#lowered(node, lowerLambda, (l) => l.lambda?.body);
      const data = { lambda: lowered.diagnostics.length === 0 ? lowered.lambda : null, ...commonData(lowered) };
      found.push({
        node,
        edits: insertAtFunction(node, this.#source, property("shapeline.lambda", data, data.lambda !== null, thunks)),
      });
      lambdas.push(lowered);
    }
    // The set grows by what the helpers themselves call.
    for (const node of this.#called) {
      const { lowered, thunks } = this.#lowered(node, lowerHelper, (l) => l.helper);
      const data = { helper: lowered.diagnostics.length === 0 ? lowered.helper : null, ...commonData(lowered) };
      found.push({
        node,
        edits: insertAfterDeclaration(
          node,
          this.#source,
          property("shapeline.helper", data, data.helper !== null, thunks),
        ),
      });
    }
    // Of functions that end at one place the inner comes first.
    const edits = found.sort((a, b) => b.node.pos - a.node.pos).flatMap((f) => f.edits);
    if (edits.length === 0 && this.#complete) return null;
    return { code: applyEdits(this.#code, edits), edits, lambdas, complete: this.#complete };
  }

  /** The functions of the file that steps are given, each once. */
  #passed(): ReadonlySet<LambdaNode> {
    const found = new Set<LambdaNode>();
    walk(this.#source, (node) => {
      if (isMember(node) && takesLambda.has(memberName(node) ?? "")) {
        const functions = this.#passedTo(node);
        if (functions === null) this.#complete = false;
        else for (const fn of functions) found.add(fn);
      }
      return true;
    });
    return new Set([...found].sort((a, b) => a.pos - b.pos));
  }

  #passedTo(method: TS.Node): LambdaNode[] | null {
    let callee = method;
    while (
      ts.isParenthesizedExpression(callee.parent) ||
      ts.isNonNullExpression(callee.parent) ||
      ts.isAsExpression(callee.parent)
    )
      callee = callee.parent;
    const call = callee.parent;
    // `const { validate } = p`, `p.validate.bind(p)`: who knows what it is given.
    if (!ts.isCallExpression(call) || call.expression !== callee) return null;
    const [name, check] = call.arguments;
    if (name === undefined || ts.isSpreadElement(name)) return name === undefined ? [] : null;
    if (check === undefined) return [];
    return ts.isSpreadElement(check) ? null : functionsOf(check, this.#declarations);
  }

  /** Lowers a function where it stands in its file, and notes the functions of the file that it names. */
  #lowered<T extends Lowered | LoweredHelper>(
    node: LambdaNode,
    lower: Lower<T>,
    bodyOf: (lowered: T) => Surface | null | undefined,
  ): { lowered: T; thunks: ReadonlyMap<string, string> } {
    const offset = node.getStart(this.#source);
    const { line, character } = this.#source.getLineAndCharacterOfPosition(offset);
    const shadowsGlobal = (name: string) => this.#declarations.find(name, node) !== undefined;
    const lowered = lower(node, this.#source, {
      shadowsGlobal,
      location: { file: this.#file, offset, line: line + 1, column: character + 1 },
    });
    const thunks = new Map<string, string>();
    const found: Diagnostic[] = [];
    for (const { path, span } of lowered.free) {
      const root = path[0] ?? "";
      if (isGlobal(root)) continue;
      const declaration = this.#declarations.find(root, node);
      if (declaration?.kind === "let" || declaration?.kind === "var")
        found.push(diagnosticAt(refusals.mutable(root, declaration.kind), span[0], span[0] + root.length));
      const fn = functionNamed(root, node, this.#declarations);
      if (fn !== null) this.#called.add(fn);
      thunks.set(root, thunk(root, declaration?.kind));
    }
    for (const path of functionPaths(bodyOf(lowered) ?? null))
      if (!this.#canBeFound(path, node)) this.#complete = false;
    if (found.length === 0) return { lowered, thunks };
    return {
      lowered: { ...lowered, diagnostics: [...lowered.diagnostics, ...found].sort((a, b) => a.start - b.start) },
      thunks,
    };
  }

  /** Whether the function behind a path gets its tree: one of the file's own, or an import, which its own file exports. */
  #canBeFound([root = "", ...rest]: readonly string[], from: LambdaNode): boolean {
    if (rest.length === 0 && functionNamed(root, from, this.#declarations) !== null) return true;
    const kind = this.#declarations.find(root, from)?.kind;
    return (kind === "import" && rest.length === 0) || (kind === "import *" && rest.length === 1);
  }
}

type Lower<T> = (node: LambdaNode, source: TS.SourceFile, options: NonNullable<Parameters<typeof lowerLambda>[2]>) => T;

const isMember = (node: TS.Node): node is TS.PropertyAccessExpression | TS.ElementAccessExpression =>
  ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);

/** The paths from outside that a body calls, or hands to a method that calls them. */
function functionPaths(body: Surface | null): (readonly string[])[] {
  const paths: (readonly string[])[] = [];
  const open: unknown[] = [body];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (typeof at !== "object" || at === null) continue;
    const node = at as Surface;
    if (node.kind === "apply" && node.callee.kind === "free") paths.push(node.callee.path);
    if (node.kind === "method" && callbackMethods.has(node.name))
      for (const arg of node.args) if (arg.kind === "free") paths.push(arg.path);
    open.push(...(Object.values(at) as unknown[]));
  }
  return paths;
}

const callbackMethods: ReadonlySet<string> = new Set([
  "every",
  "some",
  "reduce",
  "count",
  "sum",
  "avg",
  "min",
  "max",
  "share",
  "quantile",
]);

function thunk(name: string, kind: string | undefined): string {
  // A name that a bundler fills in, or nobody: reading it must not throw.
  if (kind === undefined) return `() => typeof ${name} === "undefined" ? undefined : ${name}`;
  // A bundler's namespace object has getters; its values are wanted.
  return kind === "import *" ? `() => ({ ...${name} })` : `() => ${name}`;
}

const commonData = ({ source, location, diagnostics }: Lowered | LoweredHelper) => ({ source, location, diagnostics });

function property(key: string, data: object, compiles: boolean, thunks: ReadonlyMap<string, string>): string {
  const constants = compiles ? [...thunks].map(([name, text]) => `[${JSON.stringify(name)}]: ${text}`) : [];
  return `{ [Symbol.for("${key}")]: { ...${JSON.stringify(data)}, constants: { ${constants.join(", ")} } } }`;
}

function scriptKind(file: string): TS.ScriptKind {
  if (/\.tsx$/.test(file)) return ts.ScriptKind.TSX;
  if (/\.jsx$/.test(file)) return ts.ScriptKind.JSX;
  return /\.[cm]?js$/.test(file) ? ts.ScriptKind.JS : ts.ScriptKind.TS;
}
