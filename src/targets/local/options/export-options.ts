import { resolve } from "node:path";
import type { ExportOptions } from "../../../../dsl/deployment.js";
import { StorageError, TargetError } from "../../../../dsl/errors.js";
import type { ExportFormat } from "../../../logs/export/export-files.js";
import type { LogExport } from "../../../logs/export/export-logs.js";
import { wantsMetadata } from "../../../tensors/column-selection.js";
import { parseByteSize } from "../../../util/parse-quantity.js";
import { parseLogsOptions, logsOptionNames, checkOptionNames, parseSignal } from "./log-options.js";
import { formatValue } from "../../../util/format-value.js";

const names = [...logsOptionNames, "directory", "filePrefix", "dataSizeLimit", "format", "onProgress", "signal"];
const formats: readonly unknown[] = ["json", "arrow", "parquet"] satisfies ExportFormat[];
const defaultSize = 100 * 2 ** 20;

/**
 * The options of `exportLogs()`.
 *
 * @throws TargetError SL6011 for one that is not known or not valid, StorageError SL7031 for a prefix that leaves the folder, InputError SL5032
 */
export function parseExportOptions(
  pipeline: string,
  options: ExportOptions,
): LogExport & { readonly signal: AbortSignal | undefined } {
  checkOptionNames("exportLogs", options, names);
  const {
    directory = "logs",
    filePrefix = pipeline,
    dataSizeLimit = defaultSize,
    format,
    onProgress,
    signal,
    ...logs
  } = options;
  if (typeof directory !== "string" || directory === "")
    throw invalid("directory", directory, "give the path of a folder");
  if (format !== undefined && !formats.includes(format))
    throw invalid("format", format, 'it is one of "json", "arrow", "parquet"');
  if (format !== undefined && options.arrow !== undefined && (format === "arrow") !== options.arrow)
    throw invalid("format", format, `arrow: ${String(options.arrow)} says otherwise; give one of the two`);
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw invalid("onProgress", onProgress, "give a function");
  const { query, choice } = parseLogsOptions(logs, "exportLogs");
  const { limit = null, ...rest } = query;
  return {
    directory: resolve(directory),
    prefix: parsePrefix(filePrefix),
    size: parseSize(dataSizeLimit),
    format: format ?? (options.arrow === true ? "arrow" : "json"),
    limit,
    query: { ...rest, metadata: wantsMetadata(choice) },
    choice,
    progress: onProgress ?? null,
    signal: parseSignal("exportLogs", signal),
  };
}

/** On Windows a file whose name begins so is a device. */
const device = /^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]) *\./i;

/** A file's name and nothing that leads elsewhere. */
function parsePrefix(prefix: unknown): string {
  if (
    typeof prefix === "string" &&
    prefix !== "" &&
    !/[/\\:]|\p{Cc}|\p{Cs}/u.test(prefix) &&
    !prefix.startsWith(".") &&
    !device.test(prefix)
  )
    return prefix;
  throw new StorageError(
    "SL7031",
    `exportLogs(): the option 'filePrefix' is ${JSON.stringify(prefix)}; give the beginning of a file name, without '/', '\\', ':' or a dot in front, and no device of Windows such as "con."; 'directory' says where the files go`,
    { option: "filePrefix" },
  );
}

function parseSize(limit: unknown): number {
  const bytes = parseByteSize(limit);
  if (bytes !== null && bytes >= 1) return bytes;
  throw invalid("dataSizeLimit", limit, 'give a number of bytes, or a text such as "100MB" or "1.5 GiB"');
}

function invalid(option: string, value: unknown, what: string): TargetError {
  return new TargetError("SL6011", `exportLogs(): the option '${option}' is ${formatValue(value)}; ${what}`, {
    option,
  });
}
