import { extname } from "node:path";
import { InvalidArgumentError } from "commander";
import type { AnyDeployment, DatasetOptions } from "../../../dsl/deployment.js";
import type { Config } from "../../config/schema.js";
import { parseSize } from "../options/parse-values.js";
import { datasetFromFlags, addDatasetOptions } from "../options/dataset.js";
import { type Io, type RegisterCommand, colorize } from "../output/io.js";
import { rowsSource } from "../input/read-files.js";
import { defaultMaxBytes } from "../../files/wanted-rows.js";
import { checkWritable } from "../../util/files/write-file-atomic.js";
import { writeRecords, writeTable, checkSingleDocument } from "../output/write-rows.js";
import { addTargetOptions, connectWithModels, openPlatform, type TargetFlags } from "../options/platform-target.js";
import { withLocalTarget, addDataOption } from "../options/local-target.js";
import { resolvePath } from "../options/resolve-path.js";

type MetadataValue = string | number | boolean;

interface Options extends DatasetOptions, TargetFlags {
  readonly models?: string;
  readonly metadata?: Record<string, MetadataValue>;
  readonly ignoreUnknown?: boolean;
  readonly maxSize?: number;
  readonly arrow?: boolean;
  readonly out?: string;
  readonly data?: string;
}

export const infer: RegisterCommand = (command, { getIo }) => {
  addTargetOptions(
    addDatasetOptions(
      addDataOption(
        command
          .argument("<pipeline>", "the pipeline's name")
          .argument(
            "<file>",
            "rows: Arrow, Parquet, CSV, JSON or JSON lines, also .gz or .zst; or - for standard input",
          )
          .option("--metadata <key=value...>", "metadata that the pipeline's splits read", parseKeyValue)
          .option("--ignore-unknown", "leave out columns that are no inputs")
          .option("--max-size <size>", "the largest file, and the most it unpacks to (default: 1GiB)", parseSize)
          .option("--models <dir>", "wallaroo: the folder of the model files, which have the inputs (default: models)")
          .option("--arrow", "write the answer as an Arrow file")
          .option("--out <file>", "write the answer to a file (.json or .arrow)"),
      ),
    ),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline infer fraud rows.df.json --dataset out,anomaly --json")
    .action(async (name: string, file: string, options: Options) => {
      const io = getIo();
      checkSingleDocument(command, io, options);
      const { readRows } = await import("../../files/read-rows.js");
      const { ReadingPace } = await import("../../files/reading-pace.js");
      const { toRecords, toTable } = await import("../input/convert-request.js");
      const destination = options.out === undefined ? {} : { out: resolvePath(io, "--out", options.out) };
      const { ignoreUnknown = false, maxSize: maxBytes = defaultMaxBytes } = options;
      const source = await rowsSource(io.cwd, file, maxBytes);
      const chosen = {
        ...datasetFromFlags(options),
        ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
      };
      await withDeployment(io, name, options, async (live, config) => {
        const wanted = {
          pipeline: config.name,
          inputs: config.inputs,
          ignoreUnknown,
          maxBytes,
          pace: new ReadingPace(),
        };
        const { request, notes } = await readRows(source, wanted);
        for (const note of notes) io.printStderr(`${colorize(io, "dim", "note")} ${note}`);
        // Check the output path first: a rejected request must leave nothing in the log.
        if (destination.out !== undefined) await checkWritable(destination.out);
        if (options.arrow === true || extname(options.out ?? "") === ".arrow")
          await writeTable(io, await live.infer(await toTable(config, request), chosen), destination);
        else
          await writeRecords(io, await live.infer(toRecords(config, request), chosen), {
            ...destination,
            chosen: options.dataset !== undefined,
          });
      });
    });
};

/** Uses a deployed pipeline, of the embedded engine or of a platform, and the columns that it takes. */
async function withDeployment(
  io: Io,
  name: string,
  options: Options,
  use: (live: Pick<AnyDeployment, "infer">, takes: Pick<Config, "name" | "inputs" | "missing">) => Promise<void>,
): Promise<void> {
  if (options.to === "local")
    return withLocalTarget(io, options, async (target) => {
      const live = await target.pipeline(name);
      await use(live, await live.configuration());
    });
  const models = resolvePath(io, "--models", options.models ?? "models");
  const live = await connectWithModels(await openPlatform(io, options), name, models);
  await use(live, { name, inputs: await live.inputs() });
}

/** Parses `segment=gold` and adds it to the previous pairs. Numbers and booleans are converted. */
function parseKeyValue(text: string, previous: Record<string, MetadataValue> = {}): Record<string, MetadataValue> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError(`'${text}' is not key=value.`);
  const parsed =
    value === "true" || value === "false"
      ? value === "true"
      : Number.isFinite(Number(value)) && String(Number(value)) === value
        ? Number(value)
        : value;
  return Object.fromEntries([...Object.entries(previous), [key, parsed]]);
}
