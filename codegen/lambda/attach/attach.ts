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
  /** The path for messages: relative to the project, with `/`. Its extension determines the language. */
  readonly file: string;
  /**
   * The functions that get a tree besides the lambdas, because lambdas may call them or steps may receive them.
   * "exported": functions that other files can import. "all": every function, if lambdas are known only at run time.
   */
  readonly helpers?: "exported" | "all";
}

export interface AttachedFile {
  /** The file's code with a tree attached to every lambda. Line numbers stay the same. */
  readonly code: string;
  /** The edits that were applied, for a source map. */
  readonly edits: readonly Edit[];
  readonly lambdas: readonly Lowered[];
  /** False if a step receives, or a lambda calls, a function that is known only at run time. */
  readonly complete: boolean;
}

/** The methods of a pipeline that take a lambda as their second argument. */
const lambdaMethods: ReadonlySet<string> = new Set(["validate", "alert"]);

/** A file without these words is not parsed. */
const mayTakeLambda = new RegExp(`\\b(?:${[...lambdaMethods].join("|")})\\b`);
const mayExportFunction = /\bexport\b[^]*(?:=>|\bfunction\b)/;
const mayHoldFunction = /=>|\bfunction\b|\)\s*\{/;

/**
 * Attaches a surface tree, or its diagnostics, to each lambda that a file passes to `.validate(name, lambda)` or
 * `.alert(name, lambda, …)`, and to the functions of the file that the lambda calls. Names from outside get a thunk that
 * returns their value. The result can be run, but does not type-check.
 *
 * @returns null if the file needs no change
 */
export function attachLambdas(code: string, { file, helpers }: AttachOptions): AttachedFile | null {
  if (
    !mayTakeLambda.test(code) &&
    !(helpers === "exported" && mayExportFunction.test(code)) &&
    !(helpers === "all" && mayHoldFunction.test(code))
  )
    return null;
  const source = parseFile(file, code, scriptKind(file), true);
  // esbuild reports syntax errors with more context.
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
    // The set grows during the loop: helpers may call other helpers.
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
    // For functions that end at the same position, the inner one's edits must come first.
    const edits = found.sort((a, b) => b.node.pos - a.node.pos).flatMap((f) => f.edits);
    if (edits.length === 0 && this.#complete) return null;
    return { code: applyEdits(this.#code, edits), edits, lambdas, complete: this.#complete };
  }

  /** The functions of the file that are passed to steps, without duplicates, in source order. */
  #passed(): ReadonlySet<LambdaNode> {
    const found = new Set<LambdaNode>();
    walk(this.#source, (node) => {
      if (isMember(node) && lambdaMethods.has(memberName(node) ?? "")) {
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
    // `const { validate } = p`, `p.validate.bind(p)`: the arguments are unknown.
    if (!ts.isCallExpression(call) || call.expression !== callee) return null;
    const [name, check] = call.arguments;
    if (name === undefined || ts.isSpreadElement(name)) return name === undefined ? [] : null;
    if (check === undefined) return [];
    return ts.isSpreadElement(check) ? null : functionsOf(check, this.#declarations);
  }

  /** Lowers a function at its place in the file, and collects the functions of the file that it uses. */
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

  /** Whether the function at a path gets a tree: it is declared in this file, or imported from one that exports it. */
  #canBeFound([root = "", ...rest]: readonly string[], from: LambdaNode): boolean {
    if (rest.length === 0 && functionNamed(root, from, this.#declarations) !== null) return true;
    const kind = this.#declarations.find(root, from)?.kind;
    return (kind === "import" && rest.length === 0) || (kind === "import *" && rest.length === 1);
  }
}

type Lower<T> = (node: LambdaNode, source: TS.SourceFile, options: NonNullable<Parameters<typeof lowerLambda>[2]>) => T;

const isMember = (node: TS.Node): node is TS.PropertyAccessExpression | TS.ElementAccessExpression =>
  ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);

/** The outside paths that a body calls, or passes to a method that calls them. */
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
  // An undeclared name, which a bundler may replace: reading it must not throw.
  if (kind === undefined) return `() => typeof ${name} === "undefined" ? undefined : ${name}`;
  // A bundler's namespace object has getters: copy the values.
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
