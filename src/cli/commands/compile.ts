import { resolve } from "node:path";
import type { CompiledConfig } from "../../../codegen/project/compile-project.js";
import type { CommandFile } from "../command-file.js";
import { shown } from "../files.js";
import { exitCodes, ownOutput, type Io } from "../io.js";
import { wholeNumber } from "../target-options.js";
import { problemsFor, tellProblems } from "../problems.js";

interface Options {
  readonly project: string;
  readonly out?: string;
  readonly check?: boolean;
  readonly cache: boolean;
  readonly timeout: number;
}

export const compile: CommandFile = (program, { io, done }) => {
  program
    .command("compile")
    .description("compile pipelines to <name>.pipeline.json; without files, every *.pipeline.ts of the project")
    .argument("[files...]", "pipeline files")
    .option("--project <tsconfig>", "the project's tsconfig", "tsconfig.json")
    .option("--out <dir>", "the folder for the configs (default: beside each pipeline file)")
    .option("--no-cache", "compile also where nothing has changed since the last time")
    .option("--timeout <seconds>", "how long a pipeline file may take to load", wholeNumber, 60)
    .option("--check", "write nothing; exit 2 when a config is out of date")
    .addHelpText("after", "\nExample:\n  $ shapeline compile src/fraud.pipeline.ts --out configs")
    .action(async (files: string[], options: Options) => {
      const out = io();
      const { compileProject } = await import("../../../codegen/project/compile-project.js");
      const { configs, problems } = await ownOutput(out, () => compileProject({
        files,
        cwd: out.cwd,
        project: options.project,
        cache: options.cache,
        seconds: options.timeout,
        ...(options.out === undefined ? {} : { out: resolve(out.cwd, options.out) }),
      }));
      if (problems.length === 0 && options.check !== true) await write(configs);
      out.result({ configs: configs.map((c) => summary(out, c)), problems: problemsFor(out, problems) });
      if (problems.length > 0) {
        tellProblems(out, problems, "; nothing was written");
        done(exitCodes.userError);
        return;
      }
      for (const compiled of configs) out.say(options.check === true ? checked(out, compiled) : told(out, compiled));
      if (options.check === true && configs.some((c) => c.changed)) done(exitCodes.difference);
    });
};

async function write(configs: readonly CompiledConfig[]): Promise<void> {
  const { writeWhole } = await import("../../files/write-whole.js");
  for (const { path, text, changed } of configs) if (changed) await writeWhole(path, text);
}

function summary(io: Io, { config, file, path, changed }: CompiledConfig) {
  return { pipeline: config.name, file: shown(io.cwd, file), out: shown(io.cwd, path), hash: config.hash, changed };
}

function checked(io: Io, { path, changed }: CompiledConfig): string {
  return changed ? `${shown(io.cwd, path)} is out of date: run \`shapeline compile\`` : `${shown(io.cwd, path)} is up to date`;
}

function told(io: Io, { config, path, changed }: CompiledConfig): string {
  const { steps, models, hash } = config;
  return `${changed ? "wrote" : "kept"} ${shown(io.cwd, path)}: ${steps.length} steps, ${models.length} models, hash ${hash.slice(0, 12)}`;
}
