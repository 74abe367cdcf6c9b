import type { RegisterCommand } from "../output/io.js";
import { withLocalTarget, addDataOption } from "../options/local-target.js";
import { textTable } from "../output/text-table.js";

export const versions: RegisterCommand = (command, { getIo }) => {
  addDataOption(command.argument("<pipeline>", "the pipeline's name"))
    .addHelpText("after", "\nExample:\n  $ shapeline versions fraud")
    .action(async (name: string, options: { data?: string }) => {
      const io = getIo();
      const list = await withLocalTarget(io, options, async (target) => (await target.pipeline(name)).versions());
      io.printJson(list);
      io.print(
        ...textTable(
          ["version", "hash", "deployed"],
          list.map(({ version, hash, created }) => [version, hash.slice(0, 12), created.toISOString()]),
        ),
      );
    });
};
