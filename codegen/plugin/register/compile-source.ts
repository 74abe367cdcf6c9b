import { createRequire } from "node:module";
import type { ResolvedOptions } from "../options.js";
import { problemsError } from "../problems-error.js";
import { withInlineMap } from "../inline-map.js";
import { createPrefilter, packageFile, sourceFile } from "../prefilter.js";
import type { Transform, TransformedFile } from "../transform.js";

/**
 * Compiles the lambdas of a file, and prints warnings.
 *
 * @returns the new source, with its source map at the end; null if the file stays as it is
 * @throws LambdaError with all problems of the file, unless `failOnError` is false
 */
export type CompileSource = (code: string, path: string) => string | null;

/** @param isOriginal whether a text is that of the file; asked only for files that may have lambdas */
export function createCompileSource(
  options: ResolvedOptions,
  isOriginal: (code: string, path: string) => boolean = () => true,
): CompileSource {
  const mayHaveLambdas = createPrefilter(options);
  let transform: Transform | undefined;
  return (code, path) => {
    if (!sourceFile.test(path) || packageFile.test(path)) return null;
    if (!mayHaveLambdas(code, path) || !isOriginal(code, path)) return null;
    transform ??= loadTransform()(options);
    const transformed = transform(code, path);
    return transformed === null ? null : sourceOf(transformed, options);
  };
}

/** Loads the compiler only when it is needed, and by `require`: hooks of Node 20 cannot wait for an import. */
function loadTransform(): (typeof import("../transform.js"))["createTransform"] {
  const require = createRequire(import.meta.url);
  return (require("./shapeline-transform.js") as typeof import("../transform.js")).createTransform;
}

function sourceOf(transformed: TransformedFile, { failOnError }: ResolvedOptions): string {
  const { problems, warnings } = transformed;
  if (failOnError && problems.length > 0) throw problemsError(problems);
  for (const { text } of [...warnings, ...problems]) process.stderr.write(`${text}\n\n`);
  return withInlineMap(transformed);
}
