import type { Diagnostic, SurfaceLambda } from "../../src/expression/surface/surface.js";
import { isGlobal } from "./lower/globals.js";
import { shadowedGlobals } from "./shadowed-globals.js";
import { lowerLambda } from "./lower/lower.js";
import type { FreePath } from "./lower/context.js";
import { compileHint, diagnosticAt, diagnosticForAll, refusals } from "./refusals.js";
import { parseLambda } from "./parse.js";

/** A lambda read from a running function. It can be passed to `renderDiagnostic` as the origin. */
export interface ReadLambda {
  /** Null if there are diagnostics. */
  readonly lambda: SurfaceLambda | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly source: string;
  readonly location: null;
}

const cacheLimit = 2_000;
const cache = new Map<string, CachedRead>();

/**
 * Reads a lambda from its own text, `Function.prototype.toString()`. The values of names from outside are not
 * accessible: each such name is a diagnostic with two ways to fix it.
 *
 * @example readLambda((x) => x.out.score < 1).lambda?.body.kind // "binary"
 */
export function readLambda(fn: (...args: never[]) => unknown): ReadLambda {
  const source = textOf(fn);
  // All native functions have the same text, so they are not cached.
  if (nativeText.test(source))
    return refusedLambda(source, diagnosticForAll(source, refusals.nativeFunction(nativeName(fn.name))));
  const read = cache.get(source) ?? readLambdaText(source);
  if (cache.size >= cacheLimit) cache.clear();
  cache.set(source, read);
  return refuseShadowedGlobals(read, fn);
}

/** Runs for every function, cached or not: two modules can have the same text, and one may declare its own `Math`. */
function refuseShadowedGlobals({ globals, read }: CachedRead, fn: object): ReadLambda {
  if (globals.length === 0 || read.lambda === null) return read;
  const shadowed = shadowedGlobals(fn, new Set(globals.map(({ path: [root = ""] }) => root)));
  const found = globals.filter(({ path: [root = ""] }) => shadowed.has(root));
  if (found.length === 0) return read;
  const diagnostics = found.map(({ path: [root = ""], span: [start, end] }) =>
    diagnosticAt(refusals.shadowedGlobal(root), start, end),
  );
  return { ...read, lambda: null, diagnostics };
}

/** What a lambda's text alone determines. */
interface CachedRead {
  readonly read: ReadLambda;
  /** Where the lambda uses globals. */
  readonly globals: readonly FreePath[];
}

// A library may have replaced the function's own `toString`.
const textOf = (fn: unknown): string => (typeof fn === "function" ? Function.prototype.toString.call(fn) : "");

const nativeText = /^[^{]*\{\s*\[native code\]\s*\}$/;

/** The result for a function that was refused before lowering. */
const refusedLambda = (source: string, diagnostic: Diagnostic): ReadLambda => ({
  lambda: null,
  diagnostics: [diagnostic],
  source,
  location: null,
});

function readLambdaText(source: string): CachedRead {
  if (source === "")
    return { read: refusedLambda(source, diagnosticForAll(source, refusals.notAFunction("this value"))), globals: [] };
  const parsed = parseLambda(source);
  if ("diagnostic" in parsed) return { read: refusedLambda(source, parsed.diagnostic), globals: [] };
  const lowered = lowerLambda(parsed.node, parsed.file);
  const outside = lowered.free.filter(({ path }) => !isGlobal(path[0] ?? "")).map(outsideNameDiagnostic);
  const globals = [...lowered.free, ...lowered.calledGlobals].filter(({ path }) => isGlobal(path[0] ?? ""));
  const diagnostics = [...lowered.diagnostics, ...outside].sort((a, b) => a.start - b.start);
  return {
    read: { lambda: diagnostics.length === 0 ? lowered.lambda : null, diagnostics, source, location: null },
    globals,
  };
}

/** Describes a native function in messages. */
function nativeName(name: string): string {
  if (name.startsWith("bound ")) return `a bound function ('${name}')`;
  return name === "" ? "a native or wrapped function" : `the native or wrapped function '${name}'`;
}

function outsideNameDiagnostic({ path, span: [start, end] }: FreePath): Diagnostic {
  return diagnosticAt(
    refusals.outsideName(
      originalName(path),
      "comes from outside the lambda, and its value cannot be read from a running function",
      compileHint,
    ),
    start,
    end,
  );
}

/** Names of the objects that bundlers, compilers and test runners use for imports: `__vi_import_0__.LIMIT`. */
const importObjectName =
  /^__vi_import_\d+__$|^__vite_ssr_import_\d+__$|^import_[\w$]+$|__WEBPACK_IMPORTED_MODULE_\d+__$|^[\w$]+_\d+$/;

/** A path as the author wrote it, without such an object. */
function originalName(path: readonly string[]): string {
  const [root = "", first, ...rest] = path;
  if (first === undefined || !importObjectName.test(root)) return path.join(".");
  return [first, ...rest].join(".");
}
