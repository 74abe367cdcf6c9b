import { ts, type TS } from "../../typescript.js";
import type { Diagnostic, SourceLocation, Surface } from "../../../src/expression/surface/surface.js";
import { FileDeclarations } from "../lower/file-declarations.js";
import { applyEdits, sortedEdits, type Edit } from "./text-edits.js";
import { isGlobal } from "../lower/globals.js";
import { attachableFunctions, exportedFunctions, functionNamed, possibleFunctions } from "../lower/find-functions.js";
import { lowerHelper, lowerLambda, type LoweredLambda, type LoweredHelper } from "../lower/lower.js";
import { outermost, withoutWrapping, type FreePath, type LambdaNode } from "../lower/context.js";
import { memberName, pathFromOutside } from "../lower/names.js";
import { Scope } from "../lower/scope.js";
import { insertProperty } from "./insert-property.js";
import { diagnosticAt, diagnosticForAll, refusals } from "../refusals.js";
import { parseErrors, parseFile } from "../parse.js";
import type { DiagnosticOrigin } from "../diagnostics.js";
import { type IsPipeline, moduleOf, PipelineValues } from "./pipeline-values.js";
import { isPlainValue } from "./plain-values.js";
import { nodesIn } from "../surface-nodes.js";
import { lambdaMethodName, lambdaMethods } from "../lambda-methods.js";
import { walk } from "../walk-ast.js";

export interface AttachOptions {
  /** The path for messages: relative to the project, with `/`. Its extension determines the language. */
  readonly file: string;
  /**
   * The functions that get a tree besides the lambdas, because lambdas may call them or steps may receive them.
   * "exported": functions that other files can import. "all": every function, if lambdas are known only at run time.
   */
  readonly helpers?: "exported" | "all";
  /**
   * Whether imports with this specifier, such as "shapeline", provide `pipeline`. If given, `.validate` and `.alert` of
   * other values are left alone. By default every call of a method with these names gets a tree, and only real
   * pipelines read it.
   */
  readonly isPipelineModule?: (specifier: string) => boolean;
  /** The extension that determines the language, such as ".ts"; by default that of the file. */
  readonly extension?: string;
}

/** A function that cannot be compiled. */
export interface RefusedFunction {
  readonly diagnostic: Diagnostic;
  readonly origin: DiagnosticOrigin;
}

/** A call of an imported function, which has a tree only if its own file is compiled with trees for its exports. */
export interface ImportedCall {
  readonly name: string;
  /** The module specifier of the import. */
  readonly from: string;
  /** The offset in the file. */
  readonly offset: number;
}

export interface AttachedFile {
  /** The file's code with a tree attached to every lambda, applied when read. Line numbers stay the same. */
  readonly code: string;
  /** The edits that `code` applies, in source order. All are insertions without line breaks. */
  readonly edits: readonly Edit[];
  readonly lambdas: readonly LoweredLambda[];
  /** The problems of the lambdas of pipelines, and of the functions of this file that they call. */
  readonly refused: readonly RefusedFunction[];
  /** The functions of other files that lambdas of pipelines call. */
  readonly importedCalls: readonly ImportedCall[];
  /** False if a step receives, or a lambda calls, a function that is known only at run time. */
  readonly complete: boolean;
}

// A file without these words is not parsed.
const mayExportFunction = /\bexport\b[^]*(?:=>|\bfunction\b)/;
const mayHoldFunction = /=>|\bfunction\b|\)\s*\{/;

/**
 * Attaches a surface tree, or its diagnostics, to each lambda that a file passes to `.validate(name, lambda)` or
 * `.alert(name, lambda, …)`, and to the functions of the file that the lambda calls. Names from outside get a thunk
 * that returns their value. The result can be run, but does not type-check.
 *
 * @returns null if the file needs no change
 */
export function attachLambdas(
  code: string,
  { file, helpers, isPipelineModule, extension = file }: AttachOptions,
): AttachedFile | null {
  if (
    !lambdaMethodName.test(code) &&
    !(helpers === "exported" && mayExportFunction.test(code)) &&
    !(helpers === "all" && mayHoldFunction.test(code))
  )
    return null;
  const source = parseFile(file, code, scriptKind(extension), true);
  // esbuild reports syntax errors with more context.
  if (source === null || parseErrors(source).length > 0) return null;
  return new Attacher(source, code, file, isPipelineModule).run(helpers);
}

/** A function of a file that is certainly part of a pipeline: the lambda of a step, or a function that one calls. */
export interface CheckedFunction {
  readonly node: LambdaNode;
  /** The method whose lambda it is, or "helper". */
  readonly role: "validate" | "alert" | "helper";
  /** The pipelines whose methods receive the lambda; none for a helper. */
  readonly receivers: readonly TS.Expression[];
  readonly lowered: LoweredLambda | LoweredHelper;
  /** The outside paths that it calls, or passes to a method that calls them. */
  readonly called: readonly FreePath[];
  /** The offset of the function in the file; spans are relative to it. */
  readonly offset: number;
}

export interface CheckedFile extends Pick<AttachedFile, "refused"> {
  /** Resolves names in the file. */
  readonly declarations: FileDeclarations;
  /** In source order. */
  readonly functions: readonly CheckedFunction[];
}

interface CheckOptions
  extends Omit<AttachOptions, "helpers" | "isPipelineModule">, Required<Pick<AttachOptions, "isPipelineModule">> {
  /** Whether the type of an expression is that of a pipeline. Asked where the file alone does not show a pipeline. */
  readonly isPipelineByType?: (node: TS.Expression) => boolean;
}

/**
 * Finds the lambdas of the file's pipelines and lowers them as `attachLambdas` does, for tools that report problems and
 * change no code.
 *
 * @returns null if the file has no pipeline or does not parse
 */
export function checkLambdas(
  code: string,
  { file, isPipelineModule, extension = file, isPipelineByType }: CheckOptions,
): CheckedFile | null {
  if (!lambdaMethodName.test(code)) return null;
  const source = parseFile(file, code, scriptKind(extension), true);
  if (source === null || parseErrors(source).length > 0) return null;
  return new Attacher(source, code, file, isPipelineModule, isPipelineByType).check();
}

class Attacher {
  readonly #source: TS.SourceFile;
  readonly #code: string;
  readonly #file: string;
  readonly #declarations = new FileDeclarations();
  /** Functions of the file that lambdas may call. */
  readonly #helpers = new Set<LambdaNode>();
  /** Those of them that a lambda or another helper names. */
  readonly #used = new Set<LambdaNode>();
  /** The functions that are certainly part of a pipeline; others may be, if a pipeline comes from another file. */
  readonly #certain = new Set<LambdaNode>();
  readonly #pipelines: PipelineValues | null;
  readonly #lowered = new Map<LambdaNode, LoweredFunction>();
  readonly #importedCalls: ImportedCall[] = [];
  readonly #notFunctions: RefusedFunction[] = [];
  readonly #methods = new Map<LambdaNode, "validate" | "alert">();
  readonly #receivers = new Map<LambdaNode, TS.Expression[]>();
  readonly #isPipelineByType: CheckOptions["isPipelineByType"];
  #complete = true;

  constructor(
    source: TS.SourceFile,
    code: string,
    file: string,
    isPipelineModule: AttachOptions["isPipelineModule"],
    isPipelineByType?: CheckOptions["isPipelineByType"],
  ) {
    this.#source = source;
    this.#code = code;
    this.#file = file;
    this.#pipelines =
      isPipelineModule === undefined ? null : new PipelineValues(source, this.#declarations, isPipelineModule);
    this.#isPipelineByType = isPipelineByType;
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
        edits: insertProperty(node, this.#source, propertyText("shapeline.lambda", data, data.lambda !== null, thunks)),
      });
      lambdas.push(lowered);
    }
    // The set grows during the loop: helpers may call other helpers.
    for (const node of this.#helpers) {
      const { lowered, thunks } = this.#lower(node, lowerHelper, (l) => l.helper);
      // Most functions of an application are no helpers, and their problems would only fill the bundle.
      if (this.#pipelines !== null && lowered.diagnostics.length > 0 && !this.#used.has(node)) continue;
      const data = { helper: lowered.diagnostics.length === 0 ? lowered.helper : null, ...commonData(lowered) };
      attachments.push({
        node,
        edits: insertProperty(node, this.#source, propertyText("shapeline.helper", data, data.helper !== null, thunks)),
      });
    }
    // For functions that end at the same position, the inner one's edits must come first.
    attachments.sort((a, b) => b.node.pos - a.node.pos);
    const edits = sortedEdits(attachments.flatMap((attachment) => attachment.edits));
    if (edits.length === 0 && this.#complete) return null;
    const code = this.#code;
    return {
      get code() {
        return applyEdits(code, edits);
      },
      edits,
      lambdas,
      ...this.#problems(),
      complete: this.#complete,
    };
  }

  check(): CheckedFile {
    for (const node of this.#findLambdas())
      if (this.#certain.has(node)) this.#lower(node, lowerLambda, (l) => l.lambda?.body);
    // The set grows during the loop: helpers may call other helpers.
    for (const node of this.#helpers) this.#lower(node, lowerHelper, (l) => l.helper);
    const { refused } = this.#problems();
    const functions = [...this.#certain].flatMap((node): CheckedFunction[] => {
      const found = this.#lowered.get(node);
      if (found === undefined) return [];
      const role = "lambda" in found.lowered ? (this.#methods.get(node) ?? "validate") : "helper";
      return [{ ...found, node, role, receivers: this.#receivers.get(node) ?? [] }];
    });
    return { declarations: this.#declarations, functions: functions.sort((a, b) => a.offset - b.offset), refused };
  }

  /** The functions of the file that are passed to steps, without duplicates, in source order. */
  #findLambdas(): ReadonlySet<LambdaNode> {
    const found = new Set<LambdaNode>();
    walk(this.#source, (node) => {
      if (!isMember(node) || !lambdaMethods.has(memberName(node) ?? "")) return true;
      const isPipeline = this.#isPipeline(node.expression);
      if (isPipeline === "no") return true;
      const functions = this.#functionsPassedTo(node, isPipeline === "yes");
      if (functions === null) this.#complete = false;
      for (const fn of functions ?? []) {
        found.add(fn);
        if (isPipeline !== "yes") continue;
        this.#certain.add(fn);
        this.#methods.set(fn, memberName(node) === "alert" ? "alert" : "validate");
        this.#receivers.set(fn, [...(this.#receivers.get(fn) ?? []), node.expression]);
      }
      return true;
    });
    return new Set([...found].sort((a, b) => a.pos - b.pos));
  }

  #isPipeline(receiver: TS.Expression): IsPipeline {
    const shown = this.#pipelines?.isPipeline(receiver) ?? "yes";
    return shown !== "yes" && this.#isPipelineByType?.(receiver) === true ? "yes" : shown;
  }

  /** The functions of the file that a method is called with; null if they are known only at run time. */
  #functionsPassedTo(method: TS.Node, isPipeline: boolean): LambdaNode[] | null {
    const callee = outermost(method);
    const call = callee.parent;
    // `const { validate } = p`, `p.validate.bind(p)`: the arguments are unknown.
    if (!ts.isCallExpression(call) || call.expression !== callee) return null;
    const [name, check] = call.arguments;
    if (name === undefined || ts.isSpreadElement(name)) return name === undefined ? [] : null;
    if (check === undefined) return [];
    if (ts.isSpreadElement(check)) return null;
    const path = pathFromOutside(check, new Scope(null, ""));
    if (isPipeline && path !== null) this.#noteImport(path, check, check.getStart(this.#source));
    if (isPipeline && isPlainValue(withoutWrapping(check))) this.#refuseValue(check);
    return possibleFunctions(check, this.#declarations);
  }

  #refuseValue(node: TS.Expression): void {
    const source = node.getText(this.#source);
    const origin = { source, location: this.#locationOf(node) };
    const what = ts.isClassExpression(withoutWrapping(node)) ? "a class" : "this value";
    this.#notFunctions.push({ diagnostic: diagnosticForAll(source, refusals.notAFunction(what)), origin });
  }

  #locationOf(node: TS.Node): SourceLocation {
    const offset = node.getStart(this.#source);
    const { line, character } = this.#source.getLineAndCharacterOfPosition(offset);
    return { file: this.#file, offset, line: line + 1, column: character + 1 };
  }

  /** Lowers a function at its place in the file, and collects the functions of the file that it uses. */
  #lower<T extends LoweredLambda | LoweredHelper>(
    node: LambdaNode,
    lower: Lower<T>,
    bodyOf: (lowered: T) => Surface | null | undefined,
  ): { lowered: T; thunks: ReadonlyMap<string, string> } {
    const location = this.#locationOf(node);
    const shadowsGlobal = (name: string) => this.#declarations.find(name, node) !== undefined;
    const lowered = lower(node, this.#source, { shadowsGlobal, location });
    const thunks = new Map<string, string>();
    const mutable: Diagnostic[] = [];
    for (const { path, span } of lowered.free) {
      const root = path[0] ?? "";
      if (isGlobal(root)) continue;
      const declaration = this.#declarations.find(root, node);
      if (declaration?.kind === "let" || declaration?.kind === "var")
        mutable.push(diagnosticAt(refusals.mutable(root, declaration.kind), span[0], span[0] + root.length));
      const fn = functionNamed(root, node, this.#declarations);
      if (fn !== null) {
        this.#helpers.add(fn);
        this.#used.add(fn);
      }
      thunks.set(root, thunk(root, declaration?.kind));
    }
    const called = functionPaths(bodyOf(lowered) ?? null);
    for (const { path } of called) if (!this.#isResolvable(path, node)) this.#complete = false;
    const diagnostics = [...lowered.diagnostics, ...mutable].sort((a, b) => a.start - b.start);
    this.#lowered.set(node, { lowered, diagnostics, called, offset: location.offset });
    return { lowered: mutable.length === 0 ? lowered : { ...lowered, diagnostics }, thunks };
  }

  /** The problems of the lambdas of pipelines and of all functions of the file that they call, in source order. */
  #problems(): Pick<AttachedFile, "refused" | "importedCalls"> {
    const refused = [...this.#notFunctions];
    // The set grows during the loop.
    for (const node of this.#certain) {
      const found = this.#lowered.get(node);
      if (found === undefined) continue;
      for (const diagnostic of found.diagnostics) refused.push({ diagnostic, origin: found.lowered });
      // A function that is refused has no tree to find calls in, but its names are known.
      for (const { path } of found.lowered.free) {
        const fn = functionNamed(path[0] ?? "", node, this.#declarations);
        if (fn !== null) this.#certain.add(fn);
      }
      for (const { path, span } of found.called) this.#noteImport(path, node, found.offset + span[0]);
    }
    return {
      refused: refused.sort((a, b) => placeIn(a) - placeIn(b)),
      importedCalls: this.#importedCalls.sort((a, b) => a.offset - b.offset),
    };
  }

  #noteImport(path: readonly string[], from: TS.Node, offset: number): void {
    const declaration = this.#declarations.find(path[0] ?? "", from);
    const module = declaration === undefined ? null : moduleOf(declaration);
    if (module !== null) this.#importedCalls.push({ name: path.join("."), from: module, offset });
  }

  /** Whether the function at a path gets a tree: it is declared in this file, or imported from one that exports it. */
  #isResolvable([root = "", ...rest]: readonly string[], from: LambdaNode): boolean {
    if (rest.length === 0 && functionNamed(root, from, this.#declarations) !== null) return true;
    const kind = this.#declarations.find(root, from)?.kind;
    return (kind === "import" && rest.length === 0) || (kind === "import *" && rest.length === 1);
  }
}

/** What is kept of a lowered function to report its problems. */
interface LoweredFunction {
  readonly lowered: LoweredLambda | LoweredHelper;
  readonly diagnostics: readonly Diagnostic[];
  readonly called: readonly FreePath[];
  readonly offset: number;
}

type Lower<T> = (node: LambdaNode, source: TS.SourceFile, options: NonNullable<Parameters<typeof lowerLambda>[2]>) => T;

const placeIn = ({ origin, diagnostic }: RefusedFunction): number => (origin.location?.offset ?? 0) + diagnostic.start;

const isMember = (node: TS.Node): node is TS.PropertyAccessExpression | TS.ElementAccessExpression =>
  ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);

/** The outside paths that a body calls, or passes to a method that calls them. */
function functionPaths(body: Surface | null): FreePath[] {
  return nodesIn(body).flatMap((node) => {
    if (node.kind === "apply") return node.callee.kind === "free" ? [node.callee] : [];
    return node.kind === "method" && callbackMethods.has(node.name)
      ? node.args.filter((arg) => arg.kind === "free")
      : [];
  });
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
