import { resolve } from "node:path";
import { writeWhole } from "../../util/write-atomic.js";
import { reportHtml } from "../../report/html.js";
import { reportText } from "../../report/text.js";
import type { CommandFile } from "../command-file.js";
import { shown } from "../files.js";
import { paint } from "../io.js";
import { onLocal, withData } from "../target-options.js";

interface Options {
  readonly start?: string;
  readonly end?: string;
  readonly html?: string;
  readonly data?: string;
}

export const report: CommandFile = (program, { io }) => {
  const command = program
    .command("report")
    .description("compare champion and challengers over the log")
    .argument("<pipeline>", "the pipeline's name")
    .option("--start <time>", "from this time on (ISO 8601)")
    .option("--end <time>", "up to this time")
    .option("--html <file>", "write a page with plots, which needs no other file");
  withData(command)
    .addHelpText("after", "\nExample:\n  $ shapeline report fraud --start 2026-11-01 --html fraud.html")
    .action(async (name: string, { start, end, html, data }: Options) => {
      const out = io();
      const comparison = await onLocal(out, data === undefined ? {} : { data }, async (target) => {
        const live = await target.pipeline(name);
        return live.compare({ ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) });
      });
      if (html !== undefined) await writeWhole(resolve(out.cwd, html), await reportHtml(comparison));
      out.result(comparison);
      out.say(reportText(comparison, (text) => paint(out, "bold", text)));
      if (html !== undefined) out.say(`\nwrote ${shown(out.cwd, resolve(out.cwd, html))}`);
    });
};
