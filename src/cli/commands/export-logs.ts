import { counted } from "../../util/quantities/counted.js";
import { displayPath } from "../../util/display-path.js";
import { logRowsFromFlags, addLogRowOptions, type LogFlags } from "../options/log-rows.js";
import type { RegisterCommand } from "../output/io.js";
import { withheldLines } from "../output/withheld-lines.js";
import { withLocalTarget } from "../options/local-target.js";
import { resolvePath } from "../options/resolve-path.js";

interface Options extends LogFlags {
  readonly directory: string;
  readonly filePrefix?: string;
  readonly sizeLimit?: string;
  readonly arrow?: boolean;
  readonly parquet?: boolean;
}

const cutReasons = { limit: "there are more rows than --limit", size: "there are more rows than fit --size-limit" };

export const exportLogs: RegisterCommand = (command, { getIo }) => {
  command
    .argument("<pipeline>", "the pipeline's name")
    .option("--directory <dir>", "the folder for the files", "logs")
    .option("--file-prefix <name>", "the start of the file names (default: the pipeline's name)")
    .option("--size-limit <size>", 'the maximum total size, such as "100MB" or "1.5 GiB" (default: 100 MiB)')
    .option("--arrow", "write Arrow files instead of JSON lines")
    .option("--parquet", "write Parquet files instead of JSON lines");
  addLogRowOptions(command)
    .addHelpText("after", '\nExample:\n  $ shapeline export-logs fraud --directory exported --size-limit "1.5 GiB"')
    .action(async (name: string, options: Options) => {
      const io = getIo();
      if (options.arrow === true && options.parquet === true)
        command.error("error: --arrow and --parquet cannot be combined; give one of them");
      const directory = resolvePath(io, "--directory", options.directory);
      const progress = (text: string): void => {
        if (process.stderr.isTTY && !io.json) process.stderr.write(`\r\u001b[K${text}`);
      };
      await withLocalTarget(io, options, async (target) => {
        const live = await target.pipeline(name);
        const { files, rows, bytes, cut, withheld } = await live.exportLogs({
          ...logRowsFromFlags(options),
          directory,
          ...(options.filePrefix === undefined ? {} : { filePrefix: options.filePrefix }),
          ...(options.sizeLimit === undefined ? {} : { dataSizeLimit: options.sizeLimit }),
          format: options.parquet === true ? "parquet" : options.arrow === true ? "arrow" : "json",
          onProgress: ({ rows: written, bytes: size }) =>
            progress(`${counted(written, "row")}, ${counted(size, "byte")}`),
        });
        progress("");
        const paths = files.map((file) => displayPath(io.cwd, file));
        io.printJson({ files: paths, rows, bytes, cut, withheld });
        for (const path of paths) io.print(`wrote ${path}`);
        io.print(
          `${counted(rows, "row")}, ${counted(bytes, "byte")}${cut === null ? "" : `; cut: ${cutReasons[cut]}`}`,
        );
        for (const line of withheldLines(withheld)) io.printStderr(line);
      });
    });
};
