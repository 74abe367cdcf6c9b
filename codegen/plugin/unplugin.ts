import type { EncodedSourceMap } from "@jridgewell/remapping";
import { createUnplugin, type UnpluginInstance, type UnpluginMessage, type UnpluginOptions } from "unplugin";
import { ownPackage } from "../../src/util/own-package.js";
import { resolveOptions, type PluginOptions, type ResolvedOptions } from "./options.js";
import { importOfPipeline, packageFile, sourceFile } from "./prefilter.js";
import { readerModule, readerReplacement } from "./reader-module.js";
import type { Transform, TransformedFile, TransformProblem } from "./transform.js";

/** The plugin for all bundlers but esbuild, which has its own. */
export const plugin: UnpluginInstance<PluginOptions | undefined> = createUnplugin(
  (userOptions: PluginOptions | undefined, { framework }: { readonly framework: string }): UnpluginOptions => {
    const options = resolveOptions(userOptions ?? {}, `shapeline/${framework}`);
    let compiler: typeof import("./transform.js") | undefined;
    let transform: Transform | undefined;
    return {
      name: "shapeline",
      // The text of a lambda is read before other plugins remove its types and change its names.
      enforce: "pre",
      transform: {
        filter: {
          id: { include: sourceFile, exclude: packageFile },
          // Bundlers written in Rust apply this filter themselves. A file of helpers can have any text.
          ...(options.helpers.length === 0 && { code: importOfPipeline(options) }),
        },
        async handler(code, id) {
          // Loads the TypeScript parser, so not before there is a file that may need it.
          compiler ??= await import("./transform.js");
          transform ??= compiler.createTransform(options);
          const transformed = transform(code, id);
          if (transformed === null) return null;
          report(transformed, options, framework, this);
          return {
            code: transformed.code,
            map: takesMapObject.has(framework) ? mapObject(transformed) : transformed.map,
          };
        },
      },
      ...(!options.readAtRunTime && {
        load: { filter: { id: readerModule }, handler: () => readerReplacement },
      }),
      buildEnd: () => compiler?.saveCompiledCode(),
      webpack: (compiler: Compiler) => keyCache(compiler.options, options),
      rspack: (compiler: Compiler) => keyCache(compiler.options, options),
    };
  },
);

// Their loaders pass a source map on as it is, and the next one may take a text for an object: that of Next.js does.
const takesMapObject: ReadonlySet<string> = new Set(["webpack", "rspack"]);
const mapObject = ({ map }: TransformedFile) => JSON.parse(map) as EncodedSourceMap;

interface Reporter {
  readonly error: (message: UnpluginMessage) => void;
  readonly warn: (message: UnpluginMessage) => void;
}

/** In these bundlers the first error ends the build, so it has the text of all. */
const stopsAtFirstError: ReadonlySet<string> = new Set(["rollup", "rolldown", "vite", "unloader"]);

/** Reports all problems of a file through the bundler. */
function report(
  { problems, warnings }: TransformedFile,
  { failOnError }: ResolvedOptions,
  framework: string,
  bundler: Reporter,
): void {
  for (const warning of [...warnings, ...(failOnError ? [] : problems)]) bundler.warn(messageOf([warning], warning));
  const [first] = problems;
  if (!failOnError || first === undefined) return;
  if (stopsAtFirstError.has(framework)) bundler.error(messageOf(problems, first));
  else for (const problem of problems) bundler.error(messageOf([problem], problem));
}

function messageOf(problems: readonly TransformProblem[], { code, place }: TransformProblem): UnpluginMessage {
  return {
    message: problems.map(({ text }) => text).join("\n\n"),
    id: place.file,
    plugin: "shapeline",
    pluginCode: code,
    loc: { file: place.file, line: place.line, column: place.column - 1 },
  };
}

/** The part of webpack's and Rspack's compilers used here. Rspack 1 has its persistent cache among the experiments. */
interface Compiler {
  readonly options: { readonly cache?: unknown; readonly experiments?: { readonly cache?: unknown } };
}

/** Adds our version and the options to the key of a persistent cache, so that a new version transforms files again. */
function keyCache({ cache, experiments }: Compiler["options"], options: ResolvedOptions): void {
  const own = JSON.stringify([ownPackage().version, options]);
  for (const each of [cache, experiments?.cache]) {
    if (typeof each !== "object" || each === null) continue;
    const keyed = each as { version?: string };
    keyed.version = [keyed.version, `shapeline ${own}`].filter(Boolean).join(" ");
  }
}
