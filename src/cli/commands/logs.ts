import { extname, resolve } from "node:path";
import { logRowsFromFlags, addLogRowOptions, type LogFlags } from "../options/log-rows.js";
import type { RegisterCommand } from "../output/io.js";
import { writeRecords, writeTables, checkSingleDocument } from "../output/write-rows.js";
import { withLocalTarget } from "../options/local-target.js";

interface Options extends LogFlags {
  readonly arrow?: boolean;
  readonly out?: string;
}

export const logs: RegisterCommand = (program, { io }) => {
  const command = program
    .command("logs")
    .description("read a pipeline's log, newest rows first")
    .argument("<pipeline>", "the pipeline's name");
  addLogRowOptions(command, 100)
    .option("--arrow", "write the rows as an Arrow file")
    .option("--out <file>", "write the rows to a file (.json or .arrow)")
    .addHelpText("after", "\nExample:\n  $ shapeline logs fraud --invalid --limit 20")
    .action(async (name: string, options: Options) => {
      const out = io();
      checkSingleDocument(command, out, options);
      const query = logRowsFromFlags(options);
      const put = options.out === undefined ? {} : { out: resolve(out.cwd, options.out) };
      await withLocalTarget(out, options, async (target) => {
        const live = await target.pipeline(name);
        if (options.arrow === true || extname(options.out ?? "") === ".arrow")
          await writeTables(out, live.logBatches(query), put);
        else await writeRecords(out, await live.logs(query), { ...put, chosen: options.dataset !== undefined });
      });
    });
};
