import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "../../src/config/schema.js";
import { writeCachedConfigs, type CacheKey, type CachedConfig, readCachedConfigs } from "./cache/config-cache.js";
import type { CompiledConfig, CompileResult } from "./compile-result.js";

export interface CompileProjectOptions {
  /** Pipeline files; none means every `*.pipeline.ts` of the project. */
  readonly files?: readonly string[];
  /** The tsconfig, relative to `cwd`; `tsconfig.json` by default. */
  readonly project?: string;
  /** The folder for the configs; beside each pipeline's file by default. */
  readonly out?: string;
  readonly cwd?: string;
  /** How long a pipeline file may take to load; 60 unless given. */
  readonly seconds?: number;
  /** Whether results are kept in `.shapeline/cache` below `cwd`, and taken from there while nothing they come from has changed. */
  readonly cache?: boolean;
}

/**
 * Compiles the pipelines of a project to configs, and writes nothing.
 *
 * @returns the configs, and the problems of all files at once; with a problem, no config of that file is among them
 * @throws ShapelineError where there is nothing to compile
 * @example
 * const { configs, problems } = await compileProject({ files: ["src/fraud.pipeline.ts"] });
 */
export async function compileProject(options: CompileProjectOptions = {}): Promise<CompileResult> {
  const cwd = resolve(options.cwd ?? ".");
  const project = resolve(cwd, options.project ?? "tsconfig.json");
  const files = (options.files ?? []).map((file) => resolve(cwd, file));
  const how = { files, project, cwd, out: options.out, seconds: options.seconds };
  if (options.cache !== true) return await (await compiler())(how);
  const key: CacheKey = { cwd, project, files, out: options.out ?? null };
  const kept = readCachedConfigs(key);
  if (kept !== null) return { configs: kept.map(compiledOf), problems: [] };
  const compileFiles = await compiler();
  const { InputRecorder } = await import("./cache/input-recorder.js");
  const recorder = new InputRecorder();
  const compiled = await compileFiles({ ...how, recorder });
  const inputs = compiled.problems.length === 0 ? recorder.inputs() : null;
  if (inputs !== null)
    await writeCachedConfigs(
      key,
      inputs,
      compiled.configs.map(({ file, path, text }) => ({ file, path, text })),
    );
  return compiled;
}

/** What compiles is loaded by need: with nothing changed, none of it is. */
async function compiler(): Promise<typeof import("../compiler.js").compileFiles> {
  // First, because a process is started the faster the less memory its parent holds, and gets ready while the rest is loaded.
  const { transform } = await import("esbuild");
  void transform("").catch(() => undefined);
  return (await import("../compiler.js")).compileFiles;
}

function compiledOf({ file, path, text }: CachedConfig): CompiledConfig {
  let before: string | null = null;
  try {
    before = readFileSync(path, "utf8");
  } catch {
    // It is to be written.
  }
  return { file, path, text, config: JSON.parse(text) as Config, changed: before !== text };
}
