import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { PipelineError, ShapelineError, type ErrorCode } from "../../dsl/errors.js";
import { buildConfig } from "../build.js";
import { stringifyConfig } from "../../src/config/config.js";
import type { Config } from "../../src/config/schema.js";
import { findPipelineFiles } from "./find.js";
import { loadPipelines } from "./load.js";

export interface CompileProjectOptions {
  /** Pipeline files; none means every `*.pipeline.ts` of the project. */
  readonly files?: readonly string[];
  /** The tsconfig, relative to `cwd`; `tsconfig.json` by default. */
  readonly project?: string;
  /** The folder for the configs; beside each pipeline's file by default. */
  readonly out?: string;
  readonly cwd?: string;
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
  readonly message: string;
}

/**
 * Compiles the pipelines of a project to configs, and writes nothing.
 *
 * @returns the configs, and the problems of all files at once; with a problem, no config of that file is among them
 * @throws ShapelineError where there is nothing to compile
 * @example
 * const { configs, problems } = await compileProject({ files: ["src/fraud.pipeline.ts"] });
 */
export async function compileProject(options: CompileProjectOptions = {}): Promise<{ configs: CompiledConfig[]; problems: CompileProblem[] }> {
  const cwd = resolve(options.cwd ?? ".");
  const project = resolve(cwd, options.project ?? "tsconfig.json");
  const files =
    options.files === undefined || options.files.length === 0 ? findPipelineFiles(project) : options.files.map((f) => resolve(cwd, f));
  const configs: CompiledConfig[] = [];
  const problems: CompileProblem[] = [];
  for (const file of files) {
    for (const { pipeline } of await attempt(problems, file, () => loadPipelines([file], { project, root: cwd }), [])) {
      const config = await attempt(problems, file, () => buildConfig(pipeline, { fileText: (path) => textOf(resolve(cwd, path)) }), null);
      if (config === null) continue;
      const text = stringifyConfig(config);
      const path = join(options.out ?? dirname(file), `${config.name}.pipeline.json`);
      configs.push({ file, config, path, text, changed: (await readFile(path, "utf8").catch(() => null)) !== text });
    }
  }
  return { configs: refuseClashes(configs, problems), problems };
}

/** The text of a source file, so that a diagnostic shows whole lines. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Two pipelines of one name would overwrite each other's config. */
function refuseClashes(configs: readonly CompiledConfig[], problems: CompileProblem[]): CompiledConfig[] {
  const byPath = new Map<string, CompiledConfig>();
  for (const compiled of configs) {
    const other = byPath.get(compiled.path);
    if (other === undefined) byPath.set(compiled.path, compiled);
    else if (other.text !== compiled.text) {
      problems.push({
        code: "SL4006",
        file: compiled.file,
        message: `two different pipelines are called '${compiled.config.name}', in '${other.file}' and '${compiled.file}': rename one`,
      });
    }
  }
  return [...byPath.values()];
}

/** Runs `work`; what is wrong with the user's files becomes problems, so that all files are reported together. */
async function attempt<T>(problems: CompileProblem[], file: string, work: () => T | Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PipelineError) problems.push(...error.problems.map(({ code, message }) => ({ code, file, message })));
    else if (error instanceof ShapelineError) problems.push({ code: error.code, file, message: error.message });
    else throw error;
    return otherwise;
  }
}
