import type { RegisterCommand } from "../output/io.js";
import { withLocalTarget, addDataOption } from "../options/local-target.js";

export const undeploy: RegisterCommand = (program, { getIo }) => {
  addDataOption(
    program
      .command("undeploy")
      .description("stop serving a pipeline; keep its versions and its log")
      .argument("<pipeline>", "the pipeline's name"),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline undeploy fraud")
    .action(async (name: string, options: { data?: string }) => {
      const io = getIo();
      await withLocalTarget(io, options, async (target) => {
        const live = await target.pipeline(name);
        await live.undeploy();
        io.printJson({ pipeline: name, state: "undeployed" });
        io.print(`${name} is undeployed; its versions and its log are kept`);
      });
    });
};
