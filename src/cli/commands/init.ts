import { Option } from "commander";
import { type RegisterCommand, exitCodes } from "../output/io.js";
import { resolvePath } from "../options/resolve-path.js";
import { type ManagerName, managerNames } from "../init/package-manager.js";

interface Options {
  readonly yes?: boolean;
  readonly model?: string;
  readonly packageManager?: ManagerName;
  readonly install: boolean;
}

export const init: RegisterCommand = (command, { getIo, setExitCode }) => {
  command
    .argument("[folder]", "the project's folder", ".")
    .option("-y, --yes", "ask nothing")
    .option("--model <file>", "the model to start with (default: small ones of the package)")
    .addOption(new Option("--package-manager <name>", "default: the one that the project uses").choices(managerNames))
    .option("--no-install", "write the files only; print the commands that follow")
    .addHelpText("after", "\nExample:\n  $ shapeline init fraud-app --yes")
    .action(async (folder: string, options: Options) => {
      const io = getIo();
      const { initProject, printResult } = await import("../init/init-project.js");
      const { askUser } = await import("../init/ask-user.js");
      const asks = options.yes !== true && !io.json && process.stdin.isTTY && process.stderr.isTTY;
      const result = await initProject(io, {
        folder: resolvePath(io, "[folder]", folder),
        model: options.model === undefined ? undefined : resolvePath(io, "--model", options.model),
        manager: options.packageManager,
        run: options.install,
        ask: asks ? askUser() : null,
      });
      if (result === null) {
        io.printStderr("nothing was written");
        return setExitCode(exitCodes.userError);
      }
      io.printJson(result);
      printResult(io, result);
      if (result.failed !== null) setExitCode(exitCodes.userError);
    });
};
