import { relative, sep } from "node:path";
import { attachLambdas, type ImportedCall } from "../lambda/attach/attach.js";
import { applyEdits } from "../lambda/attach/text-edits.js";
import { placeOf, renderDiagnostic, type DiagnosticOrigin, type ProblemPlace } from "../lambda/diagnostics.js";
import { diagnosticAt, refusals } from "../lambda/refusals.js";
import type { Diagnostic } from "../../src/expression/surface/surface.js";
import { insertionsMap } from "./insertions-map.js";
import { isHelperFile, isPipelineModule, mayImportHelpers, type ResolvedOptions } from "./options.js";
import { createPrefilter } from "./prefilter.js";
import { scriptBlocks } from "./script-blocks.js";

/** Later builds then start faster. */
export { saveCompiledCode } from "../typescript.js";

/** A problem of a lambda, for the bundler. */
export interface TransformProblem {
  readonly code: string;
  /** Place, code, message, frame, hint and link, in one text: bundlers drop other properties. */
  readonly text: string;
  /** The place, with the file's path as the bundler knows it. Lines and columns are 1-based. */
  readonly place: ProblemPlace;
}

export interface TransformedFile {
  readonly code: string;
  /** A source map of version 3, as JSON. */
  readonly map: string;
  readonly problems: readonly TransformProblem[];
  /** What may be refused when `build()` runs. */
  readonly warnings: readonly TransformProblem[];
}

/**
 * Attaches the syntax trees of its lambdas to a file. Looks at this file alone, so that results can be cached per file.
 *
 * @param id the file's path, perhaps with a query
 * @returns null if the file stays as it is
 */
export type Transform = (code: string, id: string) => TransformedFile | null;

export function createTransform(options: ResolvedOptions): Transform {
  const mayHaveLambdas = createPrefilter(options);
  return (code, id) => {
    const path = id.replace(/[?#].*$/, "");
    if (!mayHaveLambdas(code, path)) return null;
    const scripts = scriptsOf(code, path, id);
    return scripts === null ? null : transformScripts(code, scripts, path, options);
  };
}

function transformScripts(
  code: string,
  scripts: Scripts,
  path: string,
  options: ResolvedOptions,
): TransformedFile | null {
  const shown = relative(options.root, path).split(sep).join("/");
  const parsed = {
    file: shown,
    isPipelineModule: (specifier: string) => isPipelineModule(specifier, path, options),
    extension: scripts.extension,
  };
  const known = attachLambdas(scripts.code, {
    ...parsed,
    ...(isHelperFile(path, options) && { helpers: "exported" as const }),
  });
  if (known === null) return null;
  // A step receives a function that is known only at run time, such as a parameter: every function gets a tree.
  const attached = known.complete ? known : (attachLambdas(scripts.code, { ...parsed, helpers: "all" }) ?? known);
  if (attached.edits.length === 0 && attached.refused.length === 0 && attached.importedCalls.length === 0) return null;
  return {
    code: applyEdits(code, attached.edits),
    map: insertionsMap(code, attached.edits, path),
    problems: attached.refused.map(({ diagnostic, origin }) => problemOf(diagnostic, origin, code, path, "error")),
    warnings: attached.importedCalls
      .filter(({ from }) => !mayImportHelpers(from, path, options))
      .map((call) => importWarning(call, code, shown, path)),
  };
}

/** The code to parse. Its offsets are those of the file. */
interface Scripts {
  readonly code: string;
  readonly extension: string;
}

/** The whole file, or the scripts of a component unless its framework has cut them out before. */
function scriptsOf(code: string, path: string, id: string): Scripts | null {
  if (!/\.(?:vue|svelte)$/.test(path)) return { code, extension: path };
  if (!/[?&]type=script\b/.test(id)) return scriptBlocks(code);
  return { code, extension: /\blang[.=]tsx?\b/.test(id) ? ".ts" : ".js" };
}

function importWarning(
  { name, from, offset }: ImportedCall,
  code: string,
  shown: string,
  path: string,
): TransformProblem {
  const origin = { source: code, location: { file: shown, offset: 0, line: 1, column: 1 } };
  const diagnostic = diagnosticAt(refusals.unlistedHelper(name, from), offset, offset + name.length);
  return problemOf(diagnostic, origin, code, path, "warning");
}

function problemOf(
  diagnostic: Diagnostic,
  origin: DiagnosticOrigin,
  fileText: string,
  path: string,
  severity: "error" | "warning",
): TransformProblem {
  const place = placeOf(diagnostic, origin, { fileText });
  if (place === null) throw new TypeError("attachLambdas() gives every function a location");
  const text = renderDiagnostic(diagnostic, origin, { fileText, severity });
  return { code: diagnostic.code, text, place: { ...place, file: path } };
}
