import { displayPath } from "../../util/display-path.js";
import { privateFile } from "../../util/files/make-directory.js";
import { writeFileAtomic } from "../../util/files/write-file-atomic.js";
import { reportHtml } from "../../report/html-report.js";
import { reportText } from "../../report/text-report.js";
import { type RegisterCommand, colorize } from "../output/io.js";
import { withLocalTarget, addDataOption } from "../options/local-target.js";
import { checkTime, parseBound } from "../options/parse-values.js";
import { resolvePath } from "../options/resolve-path.js";

interface Options {
  readonly start?: string;
  readonly end?: string;
  readonly within?: number;
  readonly html?: string;
  readonly data?: string;
  readonly sharedFolder?: boolean;
}

export const report: RegisterCommand = (command, { getIo }) => {
  command
    .argument("<pipeline>", "the pipeline's name")
    .option("--start <time>", "rows from this time on (ISO 8601)", checkTime)
    .option("--end <time>", "rows up to this time (ISO 8601)", checkTime)
    .option(
      "--within <number>",
      "how far values that agree may be apart (default: a thousandth of the champion's)",
      parseBound,
    )
    .option("--html <file>", "also write a self-contained HTML page with plots");
  addDataOption(command)
    .addHelpText("after", "\nExample:\n  $ shapeline report fraud --start 2026-11-01 --html fraud.html")
    .action(async (name: string, { start, end, within, html, ...folder }: Options) => {
      const io = getIo();
      const page = html === undefined ? null : resolvePath(io, "--html", html);
      const comparison = await withLocalTarget(io, folder, async (target) => {
        const live = await target.pipeline(name);
        return live.compare({
          ...(start === undefined ? {} : { start }),
          ...(end === undefined ? {} : { end }),
          ...(within === undefined ? {} : { within }),
        });
      });
      if (page !== null) await writeFileAtomic(page, await reportHtml(comparison), privateFile);
      io.printJson(comparison);
      io.print(...reportText(comparison, (text) => colorize(io, "bold", text)).split("\n"));
      if (page !== null) io.print("", `wrote ${displayPath(io.cwd, page)}`);
    });
};
