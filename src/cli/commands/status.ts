import type { CommandFile } from "../command-file.js";
import { onLocal, withData } from "../target-options.js";
import { textTable } from "../text-table.js";

export const status: CommandFile = (program, { io }) => {
  withData(
    program
      .command("status")
      .description("say what is deployed of a pipeline")
      .argument("<pipeline>", "the pipeline's name"),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline status fraud --json")
    .action(async (name: string, options: { data?: string }) => {
      const out = io();
      // Counts and latencies are those of a handle, and this command's handle has served nothing.
      const {
        counts: _counts,
        latency: _latency,
        ...found
      } = await onLocal(out, options, async (target) => (await target.pipeline(name)).status());
      out.result(found);
      out.say(
        `${found.pipeline} version ${found.version} is ${found.state}, deployed ${found.since.toISOString()}, hash ${found.hash.slice(0, 12)}`,
      );
      out.say(
        textTable(
          ["model", "version", "sha256"],
          found.models.map((model) => [model.name, model.version, model.sha256.slice(0, 12)]),
        ),
      );
    });
};
