import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { TargetError } from "../../dsl/errors.js";
import type { Config } from "../../src/config/schema.js";
import { requireKnownOptions } from "../../src/util/options/known-options.js";
import { urlProblem } from "../../src/util/files/url-problem.js";
import { writeCachedConfigs, type CacheKey, type CachedConfig, readCachedConfigs } from "./cache/config-cache.js";
import type { InputRecorder } from "./cache/input-recorder.js";
import { projectFiles } from "./cache/inputs.js";
import type { CompiledConfig, CompileResult } from "./compile-result.js";

export interface CompileProjectOptions {
  /** Pipeline files; by default every `*.pipeline.ts` of the project. */
  readonly files?: readonly string[];
  /** The tsconfig, relative to `cwd`; by default `tsconfig.json`. */
  readonly project?: string;
  /** The folder for the configs; by default the folder of each pipeline's file. */
  readonly out?: string;
  readonly cwd?: string;
  /** The time limit for loading a pipeline file, in seconds; by default 60. */
  readonly seconds?: number;
  /** Whether to cache configs in `.shapeline/cache` below `cwd` and reuse them while no input has changed. */
  readonly cache?: boolean;
}

/**
 * Compiles the pipelines of a project to configs. Writes no config files.
 *
 * @returns the configs, and the problems of all files. A file with a problem has no config.
 * @throws ShapelineError if there is nothing to compile; TargetError SL6011 if `out` is a URL
 * @example
 * const { configs, problems } = await compileProject({ files: ["src/fraud.pipeline.ts"] });
 */
export async function compileProject(options: CompileProjectOptions = {}): Promise<CompileResult> {
  requireKnownOptions("compileProject()", options, ["files", "project", "out", "cwd", "seconds", "cache"]);
  const url = urlProblem(options.out);
  if (url !== null)
    throw new TargetError("SL6011", `compileProject(): the option 'out' '${String(options.out)}' ${url}`, {
      option: "out",
    });
  const cwd = resolve(options.cwd ?? ".");
  const project = resolve(cwd, options.project ?? "tsconfig.json");
  const files = (options.files ?? []).map((file) => resolve(cwd, file));
  const compileOptions = { files, project, cwd, out: options.out, seconds: options.seconds };
  const compile = async (caching: boolean): Promise<CompileResult & { readonly recorder: InputRecorder }> => {
    const compileFiles = await loadCompiler();
    const { InputRecorder } = await import("./cache/input-recorder.js");
    const recorder = new InputRecorder();
    return { ...(await compileFiles({ ...compileOptions, recorder, caching })), recorder };
  };
  if (options.cache !== true) return resultOf(await compile(false));
  const key: CacheKey = { cwd, project, files, out: options.out ?? null };
  const cached = readCachedConfigs(key);
  if (cached !== null) {
    const { files: read, contents } = cached.inputs;
    const inputs = projectFiles({ files: Object.keys(read), contents: Object.keys(contents) });
    return { configs: cached.configs.map(fromCache), problems: [], inputs };
  }
  const compiled = await compile(true);
  const inputs = compiled.problems.length === 0 ? compiled.recorder.inputs() : null;
  if (inputs !== null)
    await writeCachedConfigs(
      key,
      inputs,
      compiled.configs.map(({ file, path, text }) => ({ file, path, text })),
    );
  return resultOf(compiled);
}

const resultOf = ({ configs, problems, inputs }: CompileResult): CompileResult => ({ configs, problems, inputs });

/** Loads the compiler lazily: if the cache is valid, it is never loaded. */
async function loadCompiler(): Promise<typeof import("./compile-files.js").compileFiles> {
  // Start esbuild's process first: forking is faster while this process is small, and esbuild starts up in parallel.
  const { transform } = await import("esbuild");
  void transform("").catch(() => undefined);
  return (await import("./compile-files.js")).compileFiles;
}

function fromCache({ file, path, text }: CachedConfig): CompiledConfig {
  let written: string | null = null;
  try {
    written = readFileSync(path, "utf8");
  } catch {
    // The config file does not exist yet.
  }
  return { file, path, text, config: JSON.parse(text) as Config, changed: written !== text };
}
