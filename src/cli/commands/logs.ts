import { extname } from "node:path";
import { logRowsFromFlags, addLogRowOptions, type LogFlags } from "../options/log-rows.js";
import type { RegisterCommand } from "../output/io.js";
import { writeRecords, writeTables, checkSingleDocument } from "../output/write-rows.js";
import { withheldInSchema, withheldLines } from "../output/withheld-lines.js";
import type { WithheldColumns } from "../../../dsl/deployment.js";
import { withLocalTarget } from "../options/local-target.js";
import { resolvePath } from "../options/resolve-path.js";

interface Options extends LogFlags {
  readonly arrow?: boolean;
  readonly out?: string;
}

export const logs: RegisterCommand = (program, { getIo }) => {
  const command = program
    .command("logs")
    .description("read a pipeline's log, newest rows first")
    .argument("<pipeline>", "the pipeline's name");
  addLogRowOptions(command, 100)
    .option("--arrow", "write the rows as an Arrow file")
    .option("--out <file>", "write the rows to a file (.json or .arrow)")
    .addHelpText("after", "\nExample:\n  $ shapeline logs fraud --invalid --limit 20")
    .action(async (name: string, options: Options) => {
      const io = getIo();
      checkSingleDocument(command, io, options);
      const query = logRowsFromFlags(options);
      const destination = options.out === undefined ? {} : { out: resolvePath(io, "--out", options.out) };
      await withLocalTarget(io, options, async (target) => {
        const live = await target.pipeline(name);
        let withheld: WithheldColumns = { excluded: [], redacted: [], digested: [] };
        if (options.arrow === true || extname(options.out ?? "") === ".arrow") {
          const noting = async function* () {
            for await (const table of live.logBatches(query)) {
              withheld = withheldInSchema(table.schema);
              yield table;
            }
          };
          await writeTables(io, noting(), destination);
        } else {
          const rows = await live.logs(query);
          withheld = rows.withheld;
          await writeRecords(io, rows, { ...destination, chosen: options.dataset !== undefined });
        }
        for (const line of withheldLines(withheld)) io.printStderr(line);
      });
    });
};
