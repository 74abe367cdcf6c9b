import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type RegisterCommand, exitCodes } from "../output/io.js";
import type { WaitOptions } from "../../entries/wallaroo.js";
import { escapeUnsafe } from "../../util/escape-text.js";
import { readPipeline } from "../input/read-pipeline.js";
import { addLoggedColumnsOptions, loggedColumns, type LoggedColumnsFlags } from "../options/logged-columns.js";
import { logStatusLines } from "../output/withheld-lines.js";
import { addTargetOptions, openPlatform, type TargetFlags } from "../options/platform-target.js";
import { localSettings, withLocalTarget, addDataOption } from "../options/local-target.js";

interface Options extends LoggedColumnsFlags, TargetFlags {
  readonly project: string;
  readonly models?: string;
  readonly data?: string;
  readonly sharedFolder?: boolean;
}

export const deploy: RegisterCommand = (command, { getIo, setExitCode }) => {
  addTargetOptions(
    addLoggedColumnsOptions(
      addDataOption(
        command
          .argument("<pipeline>", "a config, a pipeline file, or an earlier version such as fraud@3")
          .option(
            "--models <dir>",
            "the folder of the model files (default: from the settings, or models/ beside the config)",
          )
          .option("--project <tsconfig>", "the project's tsconfig, for pipeline files", "tsconfig.json"),
      ),
    ),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline deploy fraud.pipeline.json --models ./models")
    .action(async (file: string, options: Options) => {
      const io = getIo();
      const config = await readPipeline(io, file, {
        project: options.project,
        withTarget: (use) => withLocalTarget(io, options, use),
      });
      if (config === null) return setExitCode(exitCodes.userError);
      const modelsBesideConfig = join(dirname(resolve(io.cwd, file)), "models");
      const settings = await localSettings(io);
      const models =
        options.models ?? settings.models ?? (existsSync(modelsBesideConfig) ? modelsBesideConfig : "models");
      if (options.to === "wallaroo") {
        const live = await (await openPlatform(io, options, models)).deploy(config, { onProgress: progressOf() });
        const status = await live.status();
        io.printJson(status);
        io.print(
          `${config.name} version ${status.version} is deployed: ${config.models.map((m) => m.name).join(", ")}`,
          `next: shapeline infer ${config.name} rows.json --to wallaroo`,
        );
        return;
      }
      const log = loggedColumns(options, settings.log);
      const chosen = {
        ...(options.data === undefined ? {} : { data: options.data }),
        ...(options.sharedFolder === undefined ? {} : { sharedFolder: options.sharedFolder }),
        ...(log === undefined ? {} : { log }),
      };
      await withLocalTarget(io, { ...chosen, models }, async (target) => {
        const live = await target.deploy(config);
        // The folder's engine, whichever process runs it.
        const status = { ...(await live.status()), target: "local" };
        io.printJson(status);
        io.print(
          `${config.name} version ${status.version} is deployed: ${config.models.map((m) => m.name).join(", ")}`,
        );
        for (const { notice } of status.models) if (notice !== undefined) io.print(notice);
        for (const line of logStatusLines(status)) io.print(line);
        io.print(`next: shapeline infer ${config.name} rows.json`);
      });
    });
};

/** Says on a terminal what the platform does, each time that its word for it changes. */
function progressOf(): NonNullable<WaitOptions["onProgress"]> {
  let last = "";
  return ({ status, elapsedMs }) => {
    if (status === last || !process.stderr.isTTY) return;
    last = status;
    process.stderr.write(`${escapeUnsafe(status)} after ${Math.round(elapsedMs / 1000)} s\n`);
  };
}
