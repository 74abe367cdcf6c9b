import type { RegisterCommand } from "../output/io.js";
import { withLocalTarget, addDataOption } from "../options/local-target.js";
import { textTable } from "../output/text-table.js";

export const pipelines: RegisterCommand = (program, { io }) => {
  addDataOption(program.command("pipelines").description("list the pipelines in the data folder"))
    .addHelpText("after", "\nExample:\n  $ shapeline pipelines --json")
    .action(async (options: { data?: string }) => {
      const out = io();
      const list = await withLocalTarget(out, options, (target) => target.pipelines());
      out.printJson(list);
      if (list.length === 0) out.print("no pipelines yet; deploy one with `shapeline deploy <config>`");
      else
        out.print(
          textTable(
            ["name", "state", "version", "models", "since"],
            list.map((p) => [p.name, p.state, p.version, p.models.join(", "), p.since.toISOString()]),
          ),
        );
    });
};
