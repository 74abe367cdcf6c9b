import { resolve } from "node:path";
import { Option } from "commander";
import type { RegistryModels } from "../input/registry-models.js";
import { counted } from "../../util/quantities/counted.js";
import { formatPort } from "../output/format.js";
import { escapeUnsafe } from "../../util/escape-text.js";
import { displayPath } from "../../util/display-path.js";
import type { LoadedSettings } from "../../../codegen/settings/load.js";
import type { GenerateOptions, GenerateResult } from "../../../codegen/models/generate.js";
import { describeRows } from "../../../codegen/models/rows/describe-rows.js";
import { type RegisterCommand, errorLines, exitCodes, type Io } from "../output/io.js";
import { addPlatformOptions, openPlatform, type PlatformFlags } from "../options/platform-target.js";
import { selectModels } from "../options/models.js";
import { untilStopped } from "../until-stopped.js";
import { resolvePath } from "../options/resolve-path.js";

interface Options extends PlatformFlags {
  readonly from?: "wallaroo";
  readonly out?: string;
  readonly config?: string;
  readonly split?: boolean;
  readonly check?: boolean;
  readonly onlyGood?: boolean;
  readonly watch?: boolean;
}

export const generate: RegisterCommand = (command, { getIo, setExitCode }) => {
  addPlatformOptions(
    command
      .argument(
        "[models...]",
        "model files, folders, globs or metadata URLs (default: from the settings, or models/*.onnx)",
      )
      .option(
        "--out <file>",
        "the file to write (default: from the settings, or the file of an earlier run, or models.gen.ts)",
      )
      .option("--split", "one file per model; --out is their index")
      .option("--config <file>", "the settings file (default: shapeline.config.ts, .mts, .js, .mjs or .json)")
      .option("--check", "write nothing; exit with 2 if the file is out of date, and print the changes")
      .option("--only-good", "exit with 0 even if a model file cannot be used; it is listed and left out")
      .addOption(
        new Option("--watch", "write again whenever a model or the settings change; Ctrl-C stops").conflicts([
          "check",
          "from",
        ]),
      )
      .addOption(
        new Option("--from <target>", "only models of the platform, with its names and versions").choices(["wallaroo"]),
      ),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline generate models/*.onnx --out src/models.gen.ts")
    .action(async (models: string[], options: Options) => {
      const io = getIo();
      if (options.watch === true && io.json)
        command.error("error: '--watch' never ends, so it cannot be used with '--json'", {
          exitCode: exitCodes.userError,
        });
      if (options.watch === true) return await watch(io, models, options);
      const { loadSettings } = await import("../../../codegen/settings/load.js");
      const { generateModels } = await import("../../../codegen/models/generate.js");
      const loaded = await loadSettings(io.cwd, options.config);
      const wanted = await generateOptions(io, models, options, loaded);
      const areNamed = models.length > 0 || loaded.settings.models !== undefined;
      const platform = options.from === undefined ? null : await fromPlatform(io, wanted, areNamed, options);
      const result = await generateModels({ ...wanted, ...platform?.chosen });
      report(io, result, options.check === true, platform);
      if (options.check === true && result.changed) setExitCode(exitCodes.difference);
      if (result.problems.length > 0 && options.onlyGood !== true) setExitCode(exitCodes.userError);
    });
};

/**
 * Only the models of the platform's workspace.
 *
 * @param areNamed whether the user says where model files are. Otherwise there may be none
 */
async function fromPlatform(
  io: Io,
  wanted: GenerateOptions,
  areNamed: boolean,
  options: Options,
): Promise<RegistryModels> {
  const cwd = wanted.cwd ?? io.cwd;
  const { registryModels } = await import("../input/registry-models.js");
  const found = await registryModels(await openPlatform(io, options), { ...wanted, areNamed }, cwd);
  for (const { name, reason } of found.leftOut) io.printStderr(escapeUnsafe(`left out: '${name}': ${reason}`));
  for (const { name, file, what } of found.disagreements)
    io.printStderr(escapeUnsafe(`'${name}': ${what}; the file ${displayPath(io.cwd, resolve(cwd, file))} is used`));
  return found;
}

async function generateOptions(
  io: Io,
  models: readonly string[],
  { out, split, check, onlyGood, watch: watching }: Options,
  loaded: LoadedSettings,
): Promise<GenerateOptions> {
  const { settings, ...chosen } = selectModels(io, models, loaded);
  const stated = out ?? settings.out;
  const { findEarlierOutput } = await import("../../../codegen/models/write/earlier-output.js");
  const earlier = stated === undefined ? await findEarlierOutput(io.cwd) : null;
  return {
    ...chosen,
    out: resolvePath(io, "--out", stated ?? earlier?.out ?? "models.gen.ts"),
    split: split ?? settings.split ?? earlier?.split ?? false,
    check: check === true,
    // While a file is being written, watching keeps its handle.
    unusable: watching === true && onlyGood !== true ? "refuse" : "list",
  };
}

async function watch(io: Io, models: readonly string[], options: Options): Promise<void> {
  const { createSettingsLoader } = await import("../../../codegen/settings/load.js");
  const { generateModels } = await import("../../../codegen/models/generate.js");
  const { watchModels } = await import("../../../codegen/models/watch-models.js");
  const { files, load } = createSettingsLoader(io.cwd, options.config);
  let first = true;
  await untilStopped(async (signal) => {
    io.printStderr("watching for changes; Ctrl-C stops");
    await watchModels({
      sources: async () => {
        const { overrides = {}, ...chosen } = selectModels(io, models, await load());
        return { ...chosen, furtherSources: Object.values(overrides).flatMap(({ sources = [] }) => sources) };
      },
      files,
      run: async () => await generateModels(await generateOptions(io, models, options, await load())),
      onResult: (result) => {
        if (first) report(io, result, false);
        else reportChange(io, result);
        first = false;
      },
      onError: (error) => io.printStderr(...errorLines(io, error)),
      signal,
    });
  });
}

/** After the first run, prints only the changes: the full list would hide them. */
function reportChange(io: Io, { out: path, changed, differences, models }: GenerateResult): void {
  for (const difference of differences) io.print(difference);
  io.print(
    changed
      ? `wrote ${displayPath(io.cwd, path)}: ${counted(models.length, "model")}`
      : `${displayPath(io.cwd, path)} is up to date`,
  );
}

/** The setting that changes a decision that was not stated. */
function wayOut({ name, rows }: GenerateResult["models"][number]): string {
  return rows?.by === "none" || rows?.by === "size"
    ? `. If that is wrong, name the row axes in the settings: overrides: { "${name}": { rows: { <port>: <axis> } } }`
    : "";
}

function report(
  io: Io,
  { out: path, changed, differences, models, problems }: GenerateResult,
  check: boolean,
  platform: RegistryModels | null = null,
): void {
  const file = displayPath(io.cwd, path);
  io.printJson({
    out: file,
    changed,
    differences,
    models: models.map(({ name, sha256, inputs, outputs, batchSize, rows }) => ({
      name,
      sha256,
      inputs,
      outputs,
      ...(batchSize !== undefined && { batchSize }),
      rows,
    })),
    problems,
    ...(platform !== null && { leftOut: platform.leftOut, disagreements: platform.disagreements }),
  });
  for (const model of models) {
    io.print(
      `${model.name}: ${model.inputs.map(formatPort).join(", ")} -> ${model.outputs.map(formatPort).join(", ")}`,
    );
    const rows = describeRows(model);
    if (rows !== null) io.print(`  rows: ${escapeUnsafe(rows)}${wayOut(model)}`);
  }
  for (const problem of problems) io.printStderr(...errorLines(io, problem));
  if (check) {
    for (const difference of differences) io.print(difference);
    io.print(changed ? `${file} is out of date: run \`shapeline generate\`` : `${file} is up to date`);
  } else io.print(changed ? `wrote ${file}: ${counted(models.length, "model")}` : `${file} is up to date`);
}
