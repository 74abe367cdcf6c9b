import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Option } from "commander";
import type { CompileProjectOptions } from "../../../codegen/project/compile-project.js";
import { counted } from "../../util/quantities/counted.js";
import { displayPath } from "../../util/display-path.js";
import type { CompileProblem, CompiledConfig } from "../../../codegen/project/compile-result.js";
import { type RegisterCommand, errorLines, exitCodes, redirectUserOutput, type Io } from "../output/io.js";
import { ConfigError } from "../../../dsl/errors.js";
import { type Dialect, dialects } from "../../wallaroo/platform.js";
import { parseWholeNumber } from "../options/parse-values.js";
import { resolvePath } from "../options/resolve-path.js";
import { untilStopped } from "../until-stopped.js";
import { problemsToJson, printProblems } from "../output/print-problems.js";

interface Options {
  readonly project: string;
  readonly out?: string;
  readonly check?: boolean;
  readonly platform?: Dialect;
  readonly cache: boolean;
  readonly timeout: number;
  readonly watch?: boolean;
}

/** One output file of a compiled pipeline: its config, or its definition for the platform. */
type Output = CompiledConfig & { readonly definition: string | null };

export const compile: RegisterCommand = (command, { getIo, setExitCode }) => {
  command
    .argument("[files...]", "pipeline files")
    .option("--project <tsconfig>", "the project's tsconfig", "tsconfig.json")
    .option("--out <dir>", "the folder for the configs (default: beside each pipeline file)")
    .option("--no-cache", "compile even if nothing has changed")
    .option("--timeout <seconds>", "the time limit for loading a pipeline file", parseWholeNumber, 60)
    .option("--check", "write nothing; exit with 2 if a config is out of date or missing")
    .addOption(new Option("--watch", "compile again whenever a source changes; Ctrl-C stops").conflicts("check"))
    .addOption(
      new Option(
        "--platform <dialect>",
        "also write <name>.definition.json, the Wallaroo platform's format; use checks for platforms up to 2023.4.1",
      ).choices(dialects),
    )
    .addHelpText("after", "\nExample:\n  $ shapeline compile src/fraud.pipeline.ts --out configs")
    .action(async (files: string[], options: Options) => {
      const io = getIo();
      if (options.watch === true && io.json)
        command.error("error: '--watch' never ends, so it cannot be used with '--json'", {
          exitCode: exitCodes.userError,
        });
      const compileOptions = {
        files,
        cwd: io.cwd,
        project: options.project,
        cache: options.cache,
        seconds: options.timeout,
        ...(options.out !== undefined && { out: resolvePath(io, "--out", options.out) }),
      };
      if (options.watch === true) return await watch(io, compileOptions, options.platform);
      const { compileProject } = await import("../../../codegen/project/compile-project.js");
      const compiled = await redirectUserOutput(io, () => compileProject(compileOptions));
      const { outputs: configs, problems } = await outputsOf(compiled, options.platform);
      if (problems.length === 0 && options.check !== true) await writeOutputs(configs);
      io.printJson({ configs: configs.map((c) => summary(io, c)), problems: problemsToJson(io, problems) });
      if (problems.length > 0) {
        printProblems(io, problems, "; nothing was written");
        setExitCode(exitCodes.userError);
        return;
      }
      for (const compiled of configs)
        io.print(options.check === true ? checkLine(io, compiled) : writtenLine(io, compiled));
      if (options.check === true && configs.some((c) => c.changed)) setExitCode(exitCodes.difference);
    });
};

/** Compiles whenever a source changes, until Ctrl-C. After the first time only what is written is printed. */
async function watch(io: Io, options: WatchedOptions, platform: Dialect | undefined): Promise<void> {
  const { compileInProcess } = await import("../../../codegen/project/compile-in-process.js");
  const { watchProject } = await import("../../../codegen/project/watch-project.js");
  let isFirst = true;
  await untilStopped(async (signal) => {
    io.printStderr("watching for changes; Ctrl-C stops");
    await watchProject({
      ...options,
      signal,
      run: async () => {
        const compiled = await compileInProcess(options, signal);
        if (compiled === null) return { configs: [], problems: [], inputs: [] };
        const { outputs, problems } = await outputsOf(compiled, platform);
        if (problems.length === 0) await writeOutputs(outputs);
        return { configs: outputs, problems, inputs: compiled.inputs };
      },
      onResult: ({ configs, problems }) => {
        if (problems.length > 0) return printProblems(io, problems, "; nothing was written");
        const lines = configs.filter((c) => c.changed || isFirst).map((c) => writtenLine(io, c));
        io.print(...(lines.length === 0 ? ["everything is up to date"] : lines));
        isFirst = false;
      },
      onError: (error) => io.printStderr(...errorLines(io, error)),
    });
  });
}

async function outputsOf(compiled: Compiled, platform: Dialect | undefined): Promise<Outputs> {
  return platform === undefined
    ? { outputs: compiled.configs.map((c) => ({ ...c, definition: null })), problems: compiled.problems }
    : await withDefinitions(compiled, platform);
}

type WatchedOptions = CompileProjectOptions & {
  readonly cwd: string;
  readonly project: string;
  readonly files: string[];
};

interface Outputs {
  readonly outputs: Output[];
  readonly problems: CompileProblem[];
}

interface Compiled {
  readonly configs: readonly CompiledConfig[];
  readonly problems: CompileProblem[];
}

/** Adds the platform definition of each config. A config that the platform cannot express adds a problem. */
async function withDefinitions({ configs, problems }: Compiled, dialect: Dialect): Promise<Outputs> {
  const [{ toDefinition }, { stringifyDefinition }] = await Promise.all([
    import("../../wallaroo/write/to-definition.js"),
    import("../../wallaroo/write/stringify.js"),
  ]);
  const outputs: Output[] = [];
  const allProblems = [...problems];
  for (const compiled of configs) {
    outputs.push({ ...compiled, definition: null });
    try {
      const text = `${stringifyDefinition(toDefinition(compiled.config, { dialect }))}\n`;
      const path = compiled.path.replace(/\.pipeline\.json$/, ".definition.json");
      outputs.push({
        ...compiled,
        path,
        text,
        definition: dialect,
        changed: (await readFile(path, "utf8").catch(() => null)) !== text,
      });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      allProblems.push({ code: error.code, file: compiled.file, message: `${compiled.file}: ${error.message}` });
    }
  }
  return { outputs, problems: allProblems };
}

async function writeOutputs(configs: readonly CompiledConfig[]): Promise<void> {
  const { writeFileAtomic } = await import("../../util/files/write-file-atomic.js");
  for (const { path, text, changed } of configs) if (changed) await writeFileAtomic(path, text);
}

function summary(io: Io, { config, file, path, changed, definition }: Output) {
  return {
    pipeline: config.name,
    file: displayPath(io.cwd, file),
    out: displayPath(io.cwd, path),
    hash: config.hash,
    changed,
    ...(definition === null ? {} : { platform: definition }),
  };
}

function checkLine(io: Io, { path, changed }: CompiledConfig): string {
  const file = displayPath(io.cwd, path);
  if (!changed) return `${file} is up to date`;
  return `${file} is ${existsSync(path) ? "out of date" : "missing"}: run \`shapeline compile\``;
}

function writtenLine(io: Io, { config, path, changed, definition }: Output): string {
  const { steps, models, hash } = config;
  if (definition !== null)
    return `${changed ? "wrote" : "kept"} ${displayPath(io.cwd, path)}: the platform's definition, dialect ${definition}`;
  return `${changed ? "wrote" : "kept"} ${displayPath(io.cwd, path)}: ${counted(steps.length, "step")}, ${counted(models.length, "model")}, hash ${hash.slice(0, 12)}`;
}
