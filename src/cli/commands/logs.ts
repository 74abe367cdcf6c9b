import { extname, resolve } from "node:path";
import { logRowsOf, withLogRows, type LogFlags } from "../log-options.js";
import type { CommandFile } from "../command-file.js";
import { putRecords, putTables, refuseTwoDocuments } from "../rows-out.js";
import { onLocal } from "../target-options.js";

interface Options extends LogFlags {
  readonly arrow?: boolean;
  readonly out?: string;
}

export const logs: CommandFile = (program, { io }) => {
  const command = program
    .command("logs")
    .description("read a pipeline's log, newest rows first")
    .argument("<pipeline>", "the pipeline's name");
  withLogRows(command, 100)
    .option("--arrow", "an Arrow file")
    .option("--out <file>", "write to a file (.json or .arrow)")
    .addHelpText("after", "\nExample:\n  $ shapeline logs fraud --invalid --limit 20")
    .action(async (name: string, options: Options) => {
      const out = io();
      refuseTwoDocuments(command, out, options);
      const query = logRowsOf(options);
      const put = options.out === undefined ? {} : { out: resolve(out.cwd, options.out) };
      await onLocal(out, options, async (target) => {
        const live = await target.pipeline(name);
        if (options.arrow === true || extname(options.out ?? "") === ".arrow")
          await putTables(out, live.logBatches(query), put);
        else await putRecords(out, await live.logs(query), { ...put, chosen: options.dataset !== undefined });
      });
    });
};
