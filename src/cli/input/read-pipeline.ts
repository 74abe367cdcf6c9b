import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError, TargetError } from "../../../dsl/errors.js";
import type { Config } from "../../config/schema.js";
import { displayPath } from "../../util/display-path.js";
import type { CommandTarget } from "../options/local-target.js";
import { redirectUserOutput, type Io } from "../output/io.js";
import { problemsToJson, printProblems } from "../output/print-problems.js";
import { readConfigText } from "./read-files.js";

const sourceFile = /\.[cm]?[jt]sx?$/;
const deployedVersion = /^([a-z][a-z0-9-]*)(?:@(\d+))?$/;

export interface ReadPipelineOptions {
  /** The tsconfig of pipeline files. */
  readonly project: string;
  /** Runs work on the target where deployed versions are found. */
  readonly withTarget: <T>(use: (target: CommandTarget) => Promise<T>) => Promise<T>;
}

/**
 * Reads a pipeline as a command line names it: a config, a definition of the platform, a pipeline file, which is
 * compiled, or a deployed version such as `fraud@3`.
 *
 * @returns null after the problems of a pipeline file were printed
 * @throws ConfigError SL4005, TargetError SL6007, SL6012, and what reading a config or a definition throws
 */
export async function readPipeline(io: Io, name: string, options: ReadPipelineOptions): Promise<Config | null> {
  if (sourceFile.test(name)) return compilePipeline(io, name, options.project);
  const [, pipeline, version] = existsSync(resolve(io.cwd, name)) ? [] : (deployedVersion.exec(name) ?? []);
  if (pipeline !== undefined)
    return options.withTarget(async (target) => (await target.pipeline(pipeline)).configuration(version));
  if (/\.onnx$/i.test(name))
    throw new ConfigError(
      "SL4005",
      `'${name}' is a model file, not a pipeline: give a pipeline file that uses the model, or its config`,
      { file: name },
    );
  if (/^[^/\\]+@[^/\\]*$/.test(name) && !existsSync(resolve(io.cwd, name)))
    throw new ConfigError(
      "SL4005",
      `'${name}' is neither a file nor a deployed version: those are a pipeline's name and a number, as in fraud@3`,
      { file: name },
    );
  const text = await readConfigText(io.cwd, name);
  if (isDefinition(text)) return readDefinition(name, text);
  const { parseConfig } = await import("../../config/config.js");
  return parseConfig(text, name);
}

/** A platform definition has an `id`; a config never does. */
export function isDefinition(text: string): boolean {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === "object" && data !== null && "id" in data && !("shapeline" in data);
  } catch {
    return false;
  }
}

async function readDefinition(file: string, text: string): Promise<Config> {
  const { fromDefinition } = await import("../../wallaroo/read/from-definition.js");
  const { config, problems } = fromDefinition(text);
  const [first] = problems;
  if (config !== null && first === undefined) return config;
  const all = problems.map(({ code, path, message }) => `\n  ${code} ${path}: ${message}`).join("");
  throw new ConfigError(first?.code ?? "SL4110", `the platform definition '${file}' cannot be read as a whole:${all}`, {
    file,
  });
}

async function compilePipeline(io: Io, file: string, project: string): Promise<Config | null> {
  const { compileProject } = await import("../../../codegen/project/compile-project.js");
  const { configs, problems } = await redirectUserOutput(io, () =>
    compileProject({ files: [file], cwd: io.cwd, project }),
  );
  if (problems.length > 0) {
    io.printJson({ problems: problemsToJson(io, problems) });
    printProblems(io, problems);
    return null;
  }
  const [first, ...others] = configs;
  if (first === undefined) throw new ConfigError("SL4005", `the pipeline file '${file}' has no pipeline`, { file });
  if (others.length === 0) return first.config;
  const paths = configs.map(({ path }) => displayPath(io.cwd, path)).join(", ");
  throw new TargetError(
    "SL6011",
    `'${file}' has ${configs.length} pipelines: run \`shapeline compile ${file}\` and name one config: ${paths}`,
    { option: "pipeline" },
  );
}
