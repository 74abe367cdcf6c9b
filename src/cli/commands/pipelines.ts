import type { RegisterCommand } from "../output/io.js";
import { withLocalTarget, addDataOption, requireLog } from "../options/local-target.js";
import { textTable } from "../output/text-table.js";

export const pipelines: RegisterCommand = (command, { getIo }) => {
  addDataOption(command)
    .addHelpText("after", "\nExample:\n  $ shapeline pipelines --json")
    .action(async (options: { data?: string }) => {
      const io = getIo();
      await requireLog(io, options.data);
      const list = await withLocalTarget(io, options, (target) => target.pipelines());
      io.printJson(list);
      if (list.length === 0) io.print("no pipelines yet; deploy one with `shapeline deploy <config>`");
      else
        io.print(
          ...textTable(
            ["name", "state", "version", "models", "since"],
            list.map((p) => [p.name, p.state, p.version, p.models.join(", "), p.since.toISOString()]),
          ),
        );
    });
};
