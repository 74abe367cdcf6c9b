import { resolve } from "node:path";
import { Option } from "commander";
import { formatPort } from "../output/format.js";
import { displayPath } from "../../util/display-path.js";
import type { LoadedSettings } from "../../../codegen/settings/load.js";
import type { GenerateOptions, GenerateResult } from "../../../codegen/models/generate.js";
import { type RegisterCommand, exitCodes, colorize, type Io } from "../output/io.js";
import { selectModels } from "../options/models.js";

interface Options {
  readonly out?: string;
  readonly config?: string;
  readonly split?: boolean;
  readonly check?: boolean;
  readonly watch?: boolean;
}

export const generate: RegisterCommand = (program, { io, setExitCode }) => {
  program
    .command("generate")
    .description("write the typings of model files: one interface and one handle per model")
    .argument(
      "[models...]",
      "model files, folders, globs or metadata URLs (default: from the settings, or models/*.onnx)",
    )
    .option("--out <file>", "the file to write (default: from the settings, or models.gen.ts)")
    .option("--split", "one file per model; --out is their index")
    .option("--config <file>", "the settings file (default: shapeline.config.ts, .mts, .js, .mjs or .json)")
    .option("--check", "write nothing; exit with 2 if the file is out of date, and print the changes")
    .addOption(
      new Option("--watch", "write again whenever a model or the settings change; Ctrl-C stops").conflicts("check"),
    )
    .addHelpText("after", "\nExample:\n  $ shapeline generate models/*.onnx --out src/models.gen.ts")
    .action(async (models: string[], options: Options) => {
      const out = io();
      if (options.watch === true && out.json)
        program.error("error: '--watch' never ends, so it cannot be used with '--json'", {
          exitCode: exitCodes.userError,
        });
      if (options.watch === true) return await watch(out, models, options);
      const { loadSettings } = await import("../../../codegen/settings/load.js");
      const { generateModels } = await import("../../../codegen/models/generate.js");
      const result = await generateModels(
        generateOptions(out, models, options, await loadSettings(out.cwd, options.config)),
      );
      report(out, result, options.check === true);
      if (options.check === true && result.changed) setExitCode(exitCodes.difference);
    });
};

function generateOptions(
  io: Io,
  models: readonly string[],
  { out, split, check }: Options,
  loaded: LoadedSettings,
): GenerateOptions {
  const { settings, ...chosen } = selectModels(io, models, loaded);
  return {
    ...chosen,
    out: resolve(io.cwd, out ?? settings.out ?? "models.gen.ts"),
    split: split ?? settings.split ?? false,
    check: check === true,
  };
}

async function watch(out: Io, models: readonly string[], options: Options): Promise<void> {
  const { createSettingsLoader } = await import("../../../codegen/settings/load.js");
  const { generateModels } = await import("../../../codegen/models/generate.js");
  const { watchModels } = await import("../../../codegen/models/watch-models.js");
  const { files, load } = createSettingsLoader(out.cwd, options.config);
  const stop = new AbortController();
  let first = true;
  const end = (): void => stop.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    out.printStderr("watching for changes; Ctrl-C stops");
    await watchModels({
      sources: async () => {
        const { overrides = {}, ...chosen } = selectModels(out, models, await load());
        return { ...chosen, furtherSources: Object.values(overrides).flatMap(({ sources = [] }) => sources) };
      },
      files,
      run: async () => await generateModels(generateOptions(out, models, options, await load())),
      onResult: (result) => {
        if (first) report(out, result, false);
        else reportChange(out, result);
        first = false;
      },
      onError: ({ code, message }) => out.printStderr(`${colorize(out, "red", "error")} ${code}: ${message}`),
      signal: stop.signal,
    });
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}

/** After the first run, prints only the changes: the full list would hide them. */
function reportChange(out: Io, { out: path, changed, differences, models }: GenerateResult): void {
  for (const difference of differences) out.print(difference);
  out.print(
    changed
      ? `wrote ${displayPath(out.cwd, path)}: ${modelCount(models)}`
      : `${displayPath(out.cwd, path)} is up to date`,
  );
}

function modelCount(models: GenerateResult["models"]): string {
  return `${models.length} ${models.length === 1 ? "model" : "models"}`;
}

function report(out: Io, { out: path, changed, differences, models }: GenerateResult, check: boolean): void {
  const file = displayPath(out.cwd, path);
  out.printJson({
    out: file,
    changed,
    differences,
    models: models.map(({ name, sha256, inputs, outputs }) => ({ name, sha256, inputs, outputs })),
  });
  for (const model of models) {
    out.print(
      `${model.name}: ${model.inputs.map(formatPort).join(", ")} -> ${model.outputs.map(formatPort).join(", ")}`,
    );
  }
  if (check) {
    for (const difference of differences) out.print(difference);
    out.print(changed ? `${file} is out of date: run \`shapeline generate\`` : `${file} is up to date`);
  } else out.print(changed ? `wrote ${file}: ${modelCount(models)}` : `${file} is up to date`);
}
