import type { CommandFile } from "../command-file.js";
import { onLocal, withData } from "../target-options.js";
import { textTable } from "../text-table.js";

export const versions: CommandFile = (program, { io }) => {
  withData(
    program
      .command("versions")
      .description("list the versions of a pipeline, newest first")
      .argument("<pipeline>", "the pipeline's name"),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline versions fraud")
    .action(async (name: string, options: { data?: string }) => {
      const out = io();
      const list = await onLocal(out, options, async (target) => (await target.pipeline(name)).versions());
      out.result(list);
      out.say(
        textTable(
          ["version", "hash", "created"],
          list.map(({ version, hash, created }) => [version, hash.slice(0, 12), created.toISOString()]),
        ),
      );
    });
};
