import { extname, resolve } from "node:path";
import type { CommandFile } from "../run.js";
import { readInput } from "../files.js";
import { checkPut, putRecords, putTable } from "../rows-out.js";
import { commaList, onLocal, withData } from "../target-options.js";

interface Options {
  readonly dataset?: string[];
  readonly arrow?: boolean;
  readonly out?: string;
  readonly data?: string;
}

export const infer: CommandFile = (program, { io }) => {
  withData(
    program
      .command("infer")
      .description("run rows through a deployed pipeline")
      .argument("<pipeline>", "the pipeline's name")
      .argument("<file>", "rows: a JSON array of records, an Arrow file, or - for standard input")
      .option("--dataset <columns>", "only these: in, out, anomaly, or one column such as out.score", commaList)
      .option("--arrow", "answer with an Arrow file")
      .option("--out <file>", "write the answer to a file (.json or .arrow)"),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline infer fraud rows.df.json --dataset out,anomaly --json")
    .action(async (name: string, file: string, options: Options) => {
      const out = io();
      const { decodeRows } = await import("../../engine/input/decode-rows.js");
      const { asRecordsRequest, asTableRequest } = await import("../request-form.js");
      const request = decodeRows(await readInput(out.cwd, file), file === "-" ? "standard input" : file);
      const put = {
        ...(options.dataset === undefined ? {} : { dataset: options.dataset }),
        ...(options.out === undefined ? {} : { out: resolve(out.cwd, options.out) }),
      };
      await onLocal(out, options, async (target) => {
        const live = await target.pipeline(name);
        const config = await live.configuration();
        await checkPut(config, put);
        if (options.arrow === true || extname(options.out ?? "") === ".arrow") await putTable(out, await live.infer(asTableRequest(config, request)), put);
        else await putRecords(out, await live.infer(asRecordsRequest(config, request)), put);
      });
    });
};
