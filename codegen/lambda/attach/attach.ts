import { ts, type TS } from "../../typescript.js";
import type { Diagnostic, Surface } from "../../../src/expression/surface/surface.js";
import { FileDeclarations } from "../lower/file-declarations.js";
import { applyEdits, type Edit } from "./text-edits.js";
import { isGlobal } from "../lower/globals.js";
import { attachableFunctions, exportedFunctions, functionNamed, possibleFunctions } from "../lower/find-functions.js";
import { lowerHelper, lowerLambda, type LoweredLambda, type LoweredHelper } from "../lower/lower.js";
import type { LambdaNode } from "../lower/context.js";
import { memberName } from "../lower/names.js";
import { insertAtFunction, insertAfterDeclaration } from "./insert-property.js";
import { diagnosticAt, refusals } from "../refusals.js";
import { parseErrors, parseFile } from "../parse.js";
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
  readonly lambdas: readonly LoweredLambda[];
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
 * `.alert(name, lambda, …)`, and to the functions of the file that the lambda calls. Names from outside get a thunk
 * that
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
  readonly #declarations = new FileDeclarations();
  /** Functions of the file that lambdas may call. */
  readonly #helpers = new Set<LambdaNode>();
  #complete = true;

  constructor(source: TS.SourceFile, code: string, file: string) {
    this.#source = source;
    this.#code = code;
    this.#file = file;
  }

  run(helpers: AttachOptions["helpers"]): AttachedFile | null {
    const lambdaNodes = this.#findLambdas();
    if (helpers === "exported") for (const node of exportedFunctions(this.#source)) this.#helpers.add(node);
    if (helpers === "all") for (const node of attachableFunctions(this.#source, lambdaNodes)) this.#helpers.add(node);
    const attachments: { readonly node: LambdaNode; readonly edits: Edit[] }[] = [];
    const lambdas: LoweredLambda[] = [];
    for (const node of lambdaNodes) {
      const { lowered, thunks } = this.#lower(node, lowerLambda, (l) => l.lambda?.body);
      const data = { lambda: lowered.diagnostics.length === 0 ? lowered.lambda : null, ...commonData(lowered) };
      attachments.push({
        node,
        edits: insertAtFunction(
          node,
          this.#source,
          propertyText("shapeline.lambda", data, data.lambda !== null, thunks),
        ),
      });
      lambdas.push(lowered);
    }
    // The set grows during the loop: helpers may call other helpers.
    for (const node of this.#helpers) {
      const { lowered, thunks } = this.#lower(node, lowerHelper, (l) => l.helper);
      const data = { helper: lowered.diagnostics.length === 0 ? lowered.helper : null, ...commonData(lowered) };
      attachments.push({
        node,
        edits: insertAfterDeclaration(
          node,
          this.#source,
          propertyText("shapeline.helper", data, data.helper !== null, thunks),
        ),
      });
    }
    // For functions that end at the same position, the inner one's edits must come first.
    const edits = attachments.sort((a, b) => b.node.pos - a.node.pos).flatMap((attachment) => attachment.edits);
    if (edits.length === 0 && this.#complete) return null;
    return { code: applyEdits(this.#code, edits), edits, lambdas, complete: this.#complete };
  }

  /** The functions of the file that are passed to steps, without duplicates, in source order. */
  #findLambdas(): ReadonlySet<LambdaNode> {
    const found = new Set<LambdaNode>();
    walk(this.#source, (node) => {
      if (isMember(node) && lambdaMethods.has(memberName(node) ?? "")) {
        const functions = this.#functionsPassedTo(node);
        if (functions === null) this.#complete = false;
        else for (const fn of functions) found.add(fn);
      }
      return true;
    });
    return new Set([...found].sort((a, b) => a.pos - b.pos));
  }

  /** The functions of the file that a method is called with; null if they are known only at run time. */
  #functionsPassedTo(method: TS.Node): LambdaNode[] | null {
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
    return ts.isSpreadElement(check) ? null : possibleFunctions(check, this.#declarations);
  }

  /** Lowers a function at its place in the file, and collects the functions of the file that it uses. */
  #lower<T extends LoweredLambda | LoweredHelper>(
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
    const mutable: Diagnostic[] = [];
    for (const { path, span } of lowered.free) {
      const root = path[0] ?? "";
      if (isGlobal(root)) continue;
      const declaration = this.#declarations.find(root, node);
      if (declaration?.kind === "let" || declaration?.kind === "var")
        mutable.push(diagnosticAt(refusals.mutable(root, declaration.kind), span[0], span[0] + root.length));
      const fn = functionNamed(root, node, this.#declarations);
      if (fn !== null) this.#helpers.add(fn);
      thunks.set(root, thunk(root, declaration?.kind));
    }
    for (const path of functionPaths(bodyOf(lowered) ?? null))
      if (!this.#isResolvable(path, node)) this.#complete = false;
    if (mutable.length === 0) return { lowered, thunks };
    return {
      lowered: { ...lowered, diagnostics: [...lowered.diagnostics, ...mutable].sort((a, b) => a.start - b.start) },
      thunks,
    };
  }

  /** Whether the function at a path gets a tree: it is declared in this file, or imported from one that exports it. */
  #isResolvable([root = "", ...rest]: readonly string[], from: LambdaNode): boolean {
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
  const pending: unknown[] = [body];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== "object" || value === null) continue;
    const node = value as Surface;
    if (node.kind === "apply" && node.callee.kind === "free") paths.push(node.callee.path);
    if (node.kind === "method" && callbackMethods.has(node.name))
      for (const arg of node.args) if (arg.kind === "free") paths.push(arg.path);
    pending.push(...(Object.values(value) as unknown[]));
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

const commonData = ({ source, location, diagnostics }: LoweredLambda | LoweredHelper) => ({
  source,
  location,
  diagnostics,
});

function propertyText(key: string, data: object, compiles: boolean, thunks: ReadonlyMap<string, string>): string {
  const constants = compiles ? [...thunks].map(([name, text]) => `[${JSON.stringify(name)}]: ${text}`) : [];
  return `{ [Symbol.for("${key}")]: { ...${JSON.stringify(data)}, constants: { ${constants.join(", ")} } } }`;
}

function scriptKind(file: string): TS.ScriptKind {
  if (/\.tsx$/.test(file)) return ts.ScriptKind.TSX;
  if (/\.jsx$/.test(file)) return ts.ScriptKind.JSX;
  return /\.[cm]?js$/.test(file) ? ts.ScriptKind.JS : ts.ScriptKind.TS;
}
