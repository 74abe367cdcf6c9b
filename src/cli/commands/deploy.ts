import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Option } from "commander";
import type { RegisterCommand } from "../output/io.js";
import { readConfig } from "../input/read-files.js";
import { addLoggedColumnsOptions, loggedColumns, type LoggedColumnsFlags } from "../options/logged-columns.js";
import { logStatusLines } from "../output/withheld-lines.js";
import { localSettings, withLocalTarget, addDataOption } from "../options/local-target.js";

interface Options extends LoggedColumnsFlags {
  readonly to: "local";
  readonly models?: string;
  readonly data?: string;
  readonly sharedFolder?: boolean;
}

export const deploy: RegisterCommand = (program, { getIo }) => {
  addLoggedColumnsOptions(
    addDataOption(
      program
        .command("deploy")
        .description("deploy a config to the embedded engine")
        .argument("<config>", "a <name>.pipeline.json from `shapeline compile`")
        .addOption(new Option("--to <target>", "the target").choices(["local"]).default("local"))
        .option(
          "--models <dir>",
          "the folder of the model files (default: from the settings, or models/ beside the config)",
        ),
    ),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline deploy fraud.pipeline.json --models ./models")
    .action(async (file: string, options: Options) => {
      const io = getIo();
      const config = await readConfig(io.cwd, file);
      const modelsBesideConfig = join(dirname(resolve(io.cwd, file)), "models");
      const settings = await localSettings(io);
      const models =
        options.models ?? settings.models ?? (existsSync(modelsBesideConfig) ? modelsBesideConfig : "models");
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
