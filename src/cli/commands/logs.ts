import { extname, resolve } from "node:path";
import type { CommandFile } from "../run.js";
import { putRecords, putTable } from "../rows-out.js";
import { commaList, onLocal, wholeNumber, withData } from "../target-options.js";

interface Options {
  readonly limit: number;
  readonly start?: string;
  readonly end?: string;
  readonly invalid?: boolean;
  readonly dataset?: string[];
  readonly arrow?: boolean;
  readonly out?: string;
  readonly data?: string;
}

export const logs: CommandFile = (program, { io }) => {
  withData(
    program
      .command("logs")
      .description("read a pipeline's log, newest rows first")
      .argument("<pipeline>", "the pipeline's name")
      .option("--limit <n>", "at most this many rows", wholeNumber, 100)
      .option("--start <time>", "from this time on (ISO 8601)")
      .option("--end <time>", "up to this time")
      .option("--invalid", "only rows that failed a validation")
      .option("--dataset <columns>", "only these: in, out, anomaly, out_<challenger>, or one column such as out.score", commaList)
      .option("--arrow", "an Arrow file")
      .option("--out <file>", "write to a file (.json or .arrow)"),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline logs fraud --invalid --limit 20")
    .action(async (name: string, options: Options) => {
      const out = io();
      const query = {
        limit: options.limit,
        ...(options.start === undefined ? {} : { start: options.start }),
        ...(options.end === undefined ? {} : { end: options.end }),
        ...(options.invalid === true ? { valid: false } : {}),
      };
      const put = {
        ...(options.dataset === undefined ? {} : { dataset: options.dataset }),
        ...(options.out === undefined ? {} : { out: resolve(out.cwd, options.out) }),
      };
      await onLocal(out, options, async (target) => {
        const live = await target.pipeline(name);
        if (options.arrow === true || extname(options.out ?? "") === ".arrow") await putTable(out, await live.logs({ ...query, arrow: true }), put);
        else await putRecords(out, await live.logs(query), put);
      });
    });
};
