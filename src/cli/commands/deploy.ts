import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Option } from "commander";
import type { CommandFile } from "../command-file.js";
import { readConfig } from "../files.js";
import { localDefaults, onLocal, withData } from "../target-options.js";

export const deploy: CommandFile = (program, { io }) => {
  withData(
    program
      .command("deploy")
      .description("deploy a config; the embedded engine is the default")
      .argument("<config>", "a <name>.pipeline.json that `shapeline compile` wrote")
      .addOption(new Option("--to <target>", "where to").choices(["local"]).default("local"))
      .option("--models <dir>", "the folder of the model files (default: models beside the config)"),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline deploy fraud.pipeline.json --models ./models")
    .action(async (file: string, options: { to: "local"; models?: string; data?: string }) => {
      const out = io();
      const config = await readConfig(out.cwd, file);
      const beside = join(dirname(resolve(out.cwd, file)), "models");
      const models = options.models ?? (await localDefaults(out)).models ?? (existsSync(beside) ? beside : "models");
      await onLocal(out, { ...options, models }, async (target) => {
        const live = await target.deploy(config);
        const status = await live.status();
        out.result(status);
        out.say(`${config.name} version ${status.version} is deployed: ${config.models.map((m) => m.name).join(", ")}`);
        out.say(`try: shapeline infer ${config.name} rows.json`);
      });
    });
};
