import type { CommandFile } from "../command-file.js";
import { onLocal, withData } from "../target-options.js";

export const undeploy: CommandFile = (program, { io }) => {
  withData(
    program
      .command("undeploy")
      .description("stop serving a pipeline; its versions and its log stay")
      .argument("<pipeline>", "the pipeline's name"),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline undeploy fraud")
    .action(async (name: string, options: { data?: string }) => {
      const out = io();
      await onLocal(out, options, async (target) => {
        const live = await target.pipeline(name);
        await live.undeploy();
        out.result({ pipeline: name, state: "undeployed" });
        out.say(`${name} is undeployed; its versions and its log are kept`);
      });
    });
};
