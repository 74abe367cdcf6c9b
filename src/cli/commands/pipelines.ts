import type { CommandFile } from "../command-file.js";
import { onLocal, withData } from "../target-options.js";
import { textTable } from "../text-table.js";

export const pipelines: CommandFile = (program, { io }) => {
  withData(program.command("pipelines").description("list the pipelines of the data folder"))
    .addHelpText("after", "\nExample:\n  $ shapeline pipelines --json")
    .action(async (options: { data?: string }) => {
      const out = io();
      const list = await onLocal(out, options, (target) => target.pipelines());
      out.result(list);
      if (list.length === 0) out.say("no pipelines here yet: `shapeline deploy <config>` deploys one");
      else
        out.say(
          textTable(
            ["name", "state", "version", "models", "since"],
            list.map((p) => [p.name, p.state, p.version, p.models.join(", "), p.since.toISOString()]),
          ),
        );
    });
};
