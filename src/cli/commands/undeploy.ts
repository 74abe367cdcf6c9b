import type { RegisterCommand } from "../output/io.js";
import { addTargetOptions, openPlatform, type TargetFlags } from "../options/platform-target.js";
import { withLocalTarget, addDataOption } from "../options/local-target.js";

export const undeploy: RegisterCommand = (command, { getIo }) => {
  addTargetOptions(addDataOption(command.argument("<pipeline>", "the pipeline's name")))
    .addHelpText("after", "\nExample:\n  $ shapeline undeploy fraud")
    .action(async (name: string, options: TargetFlags & { readonly data?: string }) => {
      const io = getIo();
      if (options.to === "wallaroo") await (await (await openPlatform(io, options)).pipeline(name)).undeploy();
      else await withLocalTarget(io, options, async (target) => (await target.pipeline(name)).undeploy());
      io.printJson({ pipeline: name, state: "undeployed" });
      io.print(`${name} is undeployed; its versions and its log are kept`);
    });
};
