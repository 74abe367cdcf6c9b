import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Option } from "commander";
import type { RegisterCommand } from "../output/io.js";
import { readConfig } from "../input/read-files.js";
import { localSettings, withLocalTarget, addDataOption } from "../options/local-target.js";

export const deploy: RegisterCommand = (program, { getIo }) => {
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
  )
    .addHelpText("after", "\nExample:\n  $ shapeline deploy fraud.pipeline.json --models ./models")
    .action(async (file: string, options: { to: "local"; models?: string; data?: string }) => {
      const io = getIo();
      const config = await readConfig(io.cwd, file);
      const modelsBesideConfig = join(dirname(resolve(io.cwd, file)), "models");
      const models =
        options.models ??
        (await localSettings(io)).models ??
        (existsSync(modelsBesideConfig) ? modelsBesideConfig : "models");
      await withLocalTarget(io, { ...options, models }, async (target) => {
        const live = await target.deploy(config);
        const status = await live.status();
        io.printJson(status);
        io.print(
          `${config.name} version ${status.version} is deployed: ${config.models.map((m) => m.name).join(", ")}`,
        );
        for (const { notice } of status.models) if (notice !== undefined) io.print(notice);
        io.print(`next: shapeline infer ${config.name} rows.json`);
      });
    });
};
