import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Option } from "commander";
import { type NewRows, followLog } from "../input/follow-log.js";
import { folderStamp } from "../input/folder-stamp.js";
import { logRowsFromFlags, addLogRowOptions, type LogFlags } from "../options/log-rows.js";
import { type Io, type RegisterCommand, exitCodes } from "../output/io.js";
import { recordLines, writeRecords, writeTables, checkSingleDocument } from "../output/write-rows.js";
import { withheldInSchema, withheldLines } from "../output/withheld-lines.js";
import type { AnyDeployment, AnyInferRecord, WithheldColumns } from "../../../dsl/deployment.js";
import { addTargetOptions, openPlatform, type TargetFlags } from "../options/platform-target.js";
import { dataFolder, withLocalTarget } from "../options/local-target.js";
import { untilStopped } from "../until-stopped.js";
import { resolvePath } from "../options/resolve-path.js";

interface Options extends LogFlags, TargetFlags {
  readonly arrow?: boolean;
  readonly out?: string;
  readonly follow?: boolean;
}

/** Milliseconds between two looks at a log that is followed. */
const followMs = 1000;
/** The most rows that one look shows. */
const mostFollowed = 10_000;

export const logs: RegisterCommand = (command, { getIo }) => {
  command.argument("<pipeline>", "the pipeline's name");
  addTargetOptions(addLogRowOptions(command, 100))
    .option("--arrow", "write the rows as an Arrow file")
    .option("--out <file>", "write the rows to a file (.json or .arrow)")
    .addOption(
      new Option("--follow", "then print rows as they are logged, oldest first; Ctrl-C stops").conflicts([
        "arrow",
        "out",
        "start",
        "end",
      ]),
    )
    .addHelpText("after", "\nExample:\n  $ shapeline logs fraud --invalid --limit 20")
    .action(async (name: string, options: Options) => {
      const io = getIo();
      if (options.follow === true && io.json)
        command.error(
          "error: '--follow' never ends, so it cannot be used with '--json'; use '--start' to read in parts",
          {
            exitCode: exitCodes.userError,
          },
        );
      if (options.follow === true) return await follow(io, name, options);
      checkSingleDocument(command, io, options);
      const query = logRowsFromFlags(options);
      const destination = options.out === undefined ? {} : { out: resolvePath(io, "--out", options.out) };
      await withLog(io, name, options, async (live) => {
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

/** Uses the log of a pipeline, of the embedded engine or of a platform. */
async function withLog<T>(
  io: Io,
  name: string,
  options: Options,
  use: (live: Pick<AnyDeployment, "logs" | "logBatches">) => Promise<T>,
): Promise<T> {
  if (options.to === "wallaroo") return use(await (await openPlatform(io, options)).pipeline(name));
  return withLocalTarget(io, options, async (target) => use(await target.pipeline(name)));
}

/** Prints the newest rows and then those that are logged, until Ctrl-C. */
async function follow(io: Io, name: string, options: Options): Promise<void> {
  const { limit = 0, dataset, datasetExclude, ...query } = logRowsFromFlags(options);
  const folder = options.to === "local" ? await dataFolder(io, options) : null;
  await untilStopped(async (signal) => {
    const rows = followLog<AnyInferRecord>({
      first: limit,
      most: mostFollowed,
      read: async (part) =>
        withLog(io, name, options, (live) =>
          live.logs({
            ...query,
            ...part,
            // Rows are told apart by their time.
            ...(dataset !== undefined && { dataset: [...new Set(["time", ...dataset])] }),
            ...(datasetExclude !== undefined && {
              datasetExclude: datasetExclude.filter((column) => column !== "time"),
            }),
          }),
        ),
      // A platform does not say whether rows were logged.
      stamp: () => (folder === null ? String(performance.now()) : folderStamp(folder)),
      wait: () => sleep(followMs, true, { signal }).catch(() => false),
    });
    await printFollowed(io, rows, dataset !== undefined);
  });
}

async function printFollowed(io: Io, followed: AsyncIterable<NewRows<AnyInferRecord>>, chosen: boolean): Promise<void> {
  let titles = "";
  for await (const { rows, cut } of followed) {
    if (cut) io.printStderr(`more than ${mostFollowed} rows came at once: older ones are not shown`);
    const [title = "", dashes = "", ...lines] = recordLines(rows, chosen);
    const columns = title.replace(/ +/g, " ");
    if (rows.length > 0 && columns !== titles) io.print(title, dashes);
    titles = columns;
    io.print(...lines);
  }
}
