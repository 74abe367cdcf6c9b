import { readFileSync } from "node:fs";
import { extname } from "node:path";
import type { Loader, OnLoadResult, PartialMessage, Plugin, PluginBuild } from "esbuild";
import { lambdaMethods } from "../lambda/lambda-methods.js";
import { withInlineMap } from "./inline-map.js";
import { isHelperFile, resolveOptions, type PluginOptions, type ResolvedOptions } from "./options.js";
import { readerModule, readerReplacement } from "./reader-module.js";
import type { Transform, TransformProblem } from "./transform.js";

/**
 * The plugin for esbuild, which is written in Go: every file that matches a filter costs a message to Node and back. A
 * file without a pipeline must cost little more than that, so this does not use unplugin, which decodes every file.
 */
export function esbuildPlugin(userOptions: PluginOptions | undefined): Plugin {
  const options = resolveOptions(userOptions ?? {}, "shapeline/esbuild");
  return {
    name: "shapeline",
    setup(build) {
      compileLambdas(build, options);
      if (options.readAtRunTime) return;
      build.onLoad({ filter: readerModule, namespace: "file" }, () => ({ contents: readerReplacement }));
    },
  };
}

function compileLambdas(build: PluginBuild, options: ResolvedOptions): void {
  let compiler: typeof import("./transform.js") | undefined;
  let transform: Transform | undefined;
  const load = async (path: string, suffix: string): Promise<OnLoadResult | undefined> => {
    const code = codeWithLambdas(path, options);
    if (code === null) return undefined;
    // Loads the TypeScript parser, so not before there is a file that may need it.
    compiler ??= await import("./transform.js");
    transform ??= compiler.createTransform(options);
    const transformed = transform(code, path + suffix);
    if (transformed === null) return undefined;
    const problems = transformed.problems.map(messageOf);
    const warnings = transformed.warnings.map(messageOf);
    return {
      contents: withInlineMap(transformed),
      loader: build.initialOptions.loader?.[extname(path)] ?? loaders[extname(path)] ?? "js",
      errors: options.failOnError ? problems : [],
      warnings: options.failOnError ? warnings : [...warnings, ...problems],
    };
  };
  build.onLoad({ filter: ownSource, namespace: "file" }, ({ path, suffix }) => load(path, suffix));
  build.onEnd(() => compiler?.saveCompiledCode());
}

/** The text of a file that may pass a lambda to a pipeline, or has helpers. Most files are not even decoded. */
function codeWithLambdas(path: string, options: ResolvedOptions): string | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return null; // esbuild reports it.
  }
  const mayHaveLambdas = methodNames.some((name) => bytes.includes(name)) || isHelperFile(path, options);
  return mayHaveLambdas ? bytes.toString() : null;
}

const methodNames = [...lambdaMethods];

const loaders: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".jsx": "jsx",
};

/**
 * The source files outside `node_modules`. esbuild applies the filter itself, but Go's regular expressions have no
 * lookahead, so it spells out every other name of a folder.
 */
const ownSource = new RegExp(String.raw`^(?:${nameOtherThan("node_modules")}[\\/])*[^\\/]*\.[cm]?[jt]sx?$`);

function nameOtherThan(word: string): string {
  return [...word].reduceRight(
    (rest, letter) => String.raw`(?:[^${letter}\\/][^\\/]*|${letter}${rest})?`,
    String.raw`[^\\/]+`,
  );
}

const messageOf = ({ code, text, place }: TransformProblem): PartialMessage => ({
  id: code,
  pluginName: "shapeline",
  text,
  location: { file: place.file, line: place.line, column: place.column - 1 },
});
