import { ts, type TS } from "../../typescript.js";
import type {
  Diagnostic,
  SourceLocation,
  Span,
  Surface,
  SurfaceLambda,
} from "../../../src/expression/surface/surface.js";
import { lowerExpression } from "./expressions.js";
import type { FreePath, LambdaNode, LoweringContext } from "./context.js";
import { bindPattern, type Let } from "./patterns.js";
import { refusals, type Refusal } from "../refusals.js";
import { Scope } from "./scope.js";
import { lowerBody } from "./statements.js";

/** Deeper trees would overflow the stack of a later stage; larger trees are too slow to evaluate for each row. */
const maxDepth = 400;
const maxNodes = 20_000;

export interface LowerOptions {
  /** Whether the file declares this name around the lambda. A declared `Math` is not the global. */
  readonly shadowsGlobal?: (name: string) => boolean;
  readonly location?: SourceLocation;
}

/** The result fields that lambdas and helpers share. */
interface LoweringResult {
  readonly diagnostics: readonly Diagnostic[];
  /** Every use of a name from outside, including globals, in source order. */
  readonly free: readonly FreePath[];
  /** The calls of global functions, such as `Math.abs`. */
  readonly calledGlobals: readonly FreePath[];
  readonly source: string;
  readonly location: SourceLocation | null;
}

export interface LoweredHelper extends LoweringResult {
  /** A `lambda` node; null if there are diagnostics. */
  readonly helper: Surface | null;
}

export interface LoweredLambda extends LoweringResult {
  /** Null if there are diagnostics. */
  readonly lambda: SurfaceLambda | null;
}

/** Lowers a lambda of a parsed file to its surface tree, or returns all its diagnostics. */
export function lowerLambda(node: LambdaNode, file: TS.SourceFile, options: LowerOptions = {}): LoweredLambda {
  const { lowered, ...result } = lower(node, file, options, (lowerer, source) => lowerer.lambda(node, source));
  const { source, location } = result;
  return { lambda: lowered && { source, ...lowered, location }, ...result };
}

/** Lowers a function that lambdas may call. It can have any number of parameters. */
export function lowerHelper(node: LambdaNode, file: TS.SourceFile, options: LowerOptions = {}): LoweredHelper {
  const { lowered, ...result } = lower(node, file, options, (lowerer, source) => lowerer.helper(node, source));
  return { helper: lowered, ...result };
}

function lower<T extends { readonly body: Surface }>(
  node: LambdaNode,
  file: TS.SourceFile,
  options: LowerOptions,
  lowerNode: (lowerer: LambdaLowerer, source: string) => T | null,
): LoweringResult & { readonly lowered: T | null } {
  const start = node.getStart(file);
  const source = file.text.slice(start, node.end);
  const lowerer = new LambdaLowerer(file, start, options.shadowsGlobal ?? (() => false));
  const lowered = lowerNode(lowerer, source);
  if (lowered !== null && countNodes(lowered.body, maxNodes) > maxNodes) lowerer.refuse(node, refusals.tooLarge());
  const diagnostics = [...lowerer.diagnostics].sort((a, b) => a.start - b.start || a.end - b.end);
  return {
    lowered: diagnostics.length === 0 ? lowered : null,
    diagnostics,
    free: lowerer.free,
    calledGlobals: lowerer.calledGlobals,
    source,
    location: options.location ?? null,
  };
}

class LambdaLowerer implements LoweringContext {
  readonly file: TS.SourceFile;
  readonly diagnostics: Diagnostic[] = [];
  readonly free: FreePath[] = [];
  readonly calledGlobals: FreePath[] = [];
  readonly shadowsGlobal: (name: string) => boolean;
  readonly #start: number;
  #depth = 0;

  constructor(file: TS.SourceFile, start: number, shadowsGlobal: (name: string) => boolean) {
    this.file = file;
    this.shadowsGlobal = shadowsGlobal;
    this.#start = start;
  }

  span(node: TS.Node): Span {
    return [node.getStart(this.file) - this.#start, node.end - this.#start];
  }

  refuse(at: TS.Node | Span, { code, message, hint }: Refusal): null {
    const [start, end] = "kind" in at ? this.span(at) : at;
    this.diagnostics.push({ code, message, start, end, ...(hint !== undefined && { hint }) });
    return null;
  }

  expression(node: TS.Expression, scope: Scope): Surface | null {
    if (this.#depth > maxDepth) {
      return this.diagnostics.some((d) => d.code === refusals.tooLarge().code)
        ? null
        : this.refuse(node, refusals.tooLarge());
    }
    this.#depth += 1;
    const surface = lowerExpression(node, scope, this);
    this.#depth -= 1;
    return surface;
  }

  lambda(node: LambdaNode, source: string): { readonly param: string; readonly body: Surface } | null {
    const scope = new Scope(null, source);
    if ((ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node)) && node.name !== undefined)
      scope.set(node.name.text, { kind: "self" });
    const second = ownParameters(node)[1];
    if (second !== undefined) this.refuse(second, refusals.parameters());
    const { params, body } = this.#function(node, scope);
    return body && { param: params[0] ?? scope.fresh("row"), body };
  }

  helper(node: LambdaNode, source: string): Extract<Surface, { kind: "lambda" }> | null {
    const scope = new Scope(null, source);
    if (ts.isFunctionExpression(node) && node.name !== undefined) scope.set(node.name.text, { kind: "self" });
    const { params, body } = this.#function(node, scope);
    return body && { kind: "lambda", params, body, span: this.span(node) };
  }

  innerLambda(node: TS.ArrowFunction | TS.FunctionExpression, scope: Scope): Surface | null {
    const inside = scope.inner();
    if (ts.isFunctionExpression(node) && node.name !== undefined) inside.set(node.name.text, { kind: "self" });
    const { params, body } = this.#function(node, inside);
    return body && { kind: "lambda", params, body, span: this.span(node) };
  }

  #function(node: LambdaNode, scope: Scope): { readonly params: string[]; readonly body: Surface | null } {
    this.#refuseModifiers(node);
    const params: string[] = [];
    const lets: Let[] = [];
    const inside = scope.inner();
    for (const parameter of ownParameters(node)) {
      if (parameter.dotDotDotToken !== undefined) this.refuse(parameter, refusals.rest());
      if (parameter.initializer !== undefined) this.refuse(parameter.initializer, refusals.defaultValue());
      if (ts.isIdentifier(parameter.name)) params.push(inside.bind(parameter.name.text));
      else {
        const name = inside.fresh("row");
        params.push(name);
        bindPattern(parameter.name, { kind: "local", name, span: this.span(parameter.name) }, inside, this, lets);
      }
    }
    const body = this.#body(node, inside);
    const bound = lets.reduceRight<Surface | null>(
      (inner, { name, value, span }) => inner && value && { kind: "let", name, value, body: inner, span },
      body,
    );
    return { params, body: bound };
  }

  #body(node: LambdaNode, scope: Scope): Surface | null {
    if (node.body === undefined) return this.refuse(node, refusals.notAFunction("a declaration without a body"));
    return ts.isBlock(node.body) ? lowerBody(node.body, scope, this) : this.expression(node.body, scope);
  }

  #refuseModifiers(node: LambdaNode): void {
    const modifier = node.modifiers?.find((m) => m.kind === ts.SyntaxKind.AsyncKeyword);
    if (modifier !== undefined) this.refuse(modifier, refusals.asyncFunction("an async function"));
    const star = ts.isArrowFunction(node) ? undefined : node.asteriskToken;
    if (star !== undefined) this.refuse(star, refusals.asyncFunction("a generator"));
  }
}

/** The parameters without TypeScript's `this`, which exists only as a type. */
function ownParameters(node: LambdaNode): readonly TS.ParameterDeclaration[] {
  return node.parameters.filter((p) => !(ts.isIdentifier(p.name) && p.name.text === "this"));
}

/** The number of nodes, where shared subtrees count each time. Stops counting after the limit. */
function countNodes(surface: Surface, limit: number): number {
  let count = 0;
  const pending: Surface[] = [surface];
  for (let node = pending.pop(); node !== undefined && count <= limit; node = pending.pop()) {
    count += 1;
    for (const part of Object.values(node) as unknown[])
      if (Array.isArray(part)) pending.push(...part.filter(isSurface));
      else if (isSurface(part)) pending.push(part);
  }
  return count;
}

const isSurface = (part: unknown): part is Surface => typeof part === "object" && part !== null && "kind" in part;
