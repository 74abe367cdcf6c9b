import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ErrorCode } from "../../dsl/errors.js";
import type { Config } from "../../src/config/schema.js";
import type { ProblemPlace } from "../lambda/diagnostics.js";
import { keep, type CacheKey, type Kept, recall } from "./cache/kept.js";

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

export interface CompiledConfig {
  /** The source file. */
  readonly file: string;
  readonly config: Config;
  /** Where the config belongs, and its text. Nothing has been written. */
  readonly path: string;
  readonly text: string;
  /** Whether the file at `path` is missing or says something else. */
  readonly changed: boolean;
}

export interface CompileProblem {
  readonly code: ErrorCode;
  readonly file: string;
  /** As people read it: place, code frame and hint included. */
  readonly message: string;
  /** Where in the source, for what is about a lambda. */
  readonly place?: ProblemPlace;
}

/**
 * Compiles the pipelines of a project to configs, and writes nothing.
 *
 * @returns the configs, and the problems of all files at once; with a problem, no config of that file is among them
 * @throws ShapelineError where there is nothing to compile
 * @example
 * const { configs, problems } = await compileProject({ files: ["src/fraud.pipeline.ts"] });
 */
export async function compileProject(
  options: CompileProjectOptions = {},
): Promise<{ configs: CompiledConfig[]; problems: CompileProblem[] }> {
  const cwd = resolve(options.cwd ?? ".");
  const project = resolve(cwd, options.project ?? "tsconfig.json");
  const files = (options.files ?? []).map((file) => resolve(cwd, file));
  const how = { files, project, cwd, out: options.out, seconds: options.seconds };
  if (options.cache !== true) return await (await compiler())(how);
  const key: CacheKey = { cwd, project, files, out: options.out ?? null };
  const kept = recall(key);
  if (kept !== null) return { configs: kept.map(compiledOf), problems: [] };
  const compileFiles = await compiler();
  const { Recorder } = await import("./cache/recorder.js");
  const recorder = new Recorder();
  const compiled = await compileFiles({ ...how, recorder });
  const inputs = compiled.problems.length === 0 ? recorder.inputs() : null;
  if (inputs !== null)
    await keep(
      key,
      inputs,
      compiled.configs.map(({ file, path, text }) => ({ file, path, text })),
    );
  return compiled;
}

/** What compiles is loaded by need: with nothing changed, none of it is. */
async function compiler(): Promise<typeof import("./compile-files.js").compileFiles> {
  // First, because a process is started the faster the less memory its parent holds, and gets ready while the rest is loaded.
  const { transform } = await import("esbuild");
  void transform("").catch(() => undefined);
  return (await import("./compile-files.js")).compileFiles;
}

function compiledOf({ file, path, text }: Kept): CompiledConfig {
  let before: string | null = null;
  try {
    before = readFileSync(path, "utf8");
  } catch {
    // It is to be written.
  }
  return { file, path, text, config: JSON.parse(text) as Config, changed: before !== text };
}
