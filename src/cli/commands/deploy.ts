import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Option } from "commander";
import type { RegisterCommand } from "../output/io.js";
import { readConfig } from "../input/read-files.js";
import { localSettings, withLocalTarget, addDataOption } from "../options/local-target.js";

export const deploy: RegisterCommand = (program, { io }) => {
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
      const out = io();
      const config = await readConfig(out.cwd, file);
      const modelsBesideConfig = join(dirname(resolve(out.cwd, file)), "models");
      const models =
        options.models ??
        (await localSettings(out)).models ??
        (existsSync(modelsBesideConfig) ? modelsBesideConfig : "models");
      await withLocalTarget(out, { ...options, models }, async (target) => {
        const live = await target.deploy(config);
        const status = await live.status();
        out.printJson(status);
        out.print(
          `${config.name} version ${status.version} is deployed: ${config.models.map((m) => m.name).join(", ")}`,
        );
        out.print(`next: shapeline infer ${config.name} rows.json`);
      });
    });
};
