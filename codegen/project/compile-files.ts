import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { PipelineError, problemText, ShapelineError } from "../../dsl/errors.js";
import { buildConfig } from "../build-config.js";
import { stringifyConfig } from "../../src/config/config.js";
import type { Config } from "../../src/config/schema.js";
import type { ProblemPlace } from "../lambda/diagnostics.js";
import { readLambda } from "../lambda/read-function.js";
import { saveCompiledCode } from "../typescript.js";
import type { BundleInputs, InputRecorder } from "./cache/input-recorder.js";
import type { CompiledConfig, CompileProblem, CompileResult } from "./compile-result.js";
import { findPipelineFiles, recordProjectOptions } from "./find-pipeline-files.js";
import { bundlesAhead, loadPipelines } from "./load-pipelines.js";

export interface CompileFilesOptions {
  /** Absolute paths; if empty, every pipeline file of the project. */
  readonly files: readonly string[];
  readonly project: string;
  readonly cwd: string;
  readonly out: string | undefined;
  readonly seconds: number | undefined;
  /** Records the inputs of the configs. */
  readonly recorder: InputRecorder;
  /** Whether to record also what the pipeline files read while they run. */
  readonly caching: boolean;
}

/** Compiles pipeline files in sequence. The part of `compileProject` that needs the TypeScript compiler. */
export async function compileFiles({
  files: requested,
  project,
  cwd,
  out,
  seconds,
  recorder,
  caching,
}: CompileFilesOptions): Promise<CompileResult> {
  const files = requested.length === 0 ? findPipelineFiles(project, recorder) : requested;
  if (requested.length > 0) recordProjectOptions(project, recorder);
  const configs: CompiledConfig[] = [];
  const problems: CompileProblem[] = [];
  const onFile = (path: string): void => recorder.file(path);
  const bundles = bundlesAhead(files, { project, root: cwd, onFile });
  for (const file of files) {
    recorder.file(file);
    const load = {
      bundles,
      project,
      root: cwd,
      ...(seconds !== undefined && { seconds }),
      onBundle: (inputs: BundleInputs) => recorder.bundle(inputs),
    };
    const build = async (): Promise<Config[]> => {
      const built: Config[] = [];
      for (const { pipeline } of await collectProblems(problems, file, () => loadPipelines([file], load), [])) {
        const config = await collectProblems(
          problems,
          file,
          () => buildConfig(pipeline, readLambda, { fileText: (path) => textOf(resolve(cwd, path)) }),
          null,
        );
        if (config !== null) built.push(config);
      }
      return built;
    };
    for (const config of await (caching ? recorder.record(build) : build())) {
      const text = stringifyConfig(config);
      const path = join(out ?? dirname(file), `${config.name}.pipeline.json`);
      configs.push({ file, config, path, text, changed: (await readFile(path, "utf8").catch(() => null)) !== text });
    }
  }
  if (caching) await saveCompiledCode();
  return { configs: withoutNameClashes(configs, problems), problems, inputs: recorder.projectFiles() };
}

/** The text of a source file, from which a diagnostic shows whole lines. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Reports pipelines of the same name, which would overwrite each other's config. */
function withoutNameClashes(configs: readonly CompiledConfig[], problems: CompileProblem[]): CompiledConfig[] {
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

/** Runs `work`. Errors in the user's files are added to `problems`, so that all files are reported together. */
async function collectProblems<T>(
  problems: CompileProblem[],
  file: string,
  work: () => T | Promise<T>,
  otherwise: T,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PipelineError)
      problems.push(
        ...error.problems.map((problem) => ({
          code: problem.code,
          file,
          message: problemText(problem),
          ...placeFrom(problem.details),
        })),
      );
    else if (error instanceof ShapelineError) problems.push({ code: error.code, file, message: error.message });
    else throw error;
    return otherwise;
  }
}

const placeFrom = (details: unknown): { readonly place?: ProblemPlace } =>
  typeof details === "object" && details !== null && "place" in details ? { place: details.place as ProblemPlace } : {};
