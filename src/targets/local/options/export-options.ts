import { resolve } from "node:path";
import type { ExportOptions } from "../../../../dsl/deployment.js";
import { StorageError, TargetError } from "../../../../dsl/errors.js";
import type { ExportFormat } from "../../../logs/export/export-files.js";
import type { LogExport } from "../../../logs/export/export-logs.js";
import { selectsMetadata } from "../../../tensors/column-selection.js";
import { urlProblem } from "../../../util/files/url-problem.js";
import { parseByteSize } from "../../../util/quantities/parse-quantity.js";
import { parseLogsOptions, logsOptionNames, parseSignal } from "./log-options.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import { formatValue } from "../../../util/format-value.js";

const names = [...logsOptionNames, "directory", "filePrefix", "dataSizeLimit", "format", "onProgress", "signal"];
const formats: readonly unknown[] = ["json", "arrow", "parquet"] satisfies ExportFormat[];
const defaultSize = 100 * 2 ** 20;

/**
 * Validates the options of `exportLogs()`.
 *
 * @throws TargetError SL6011 for an unknown or invalid option, StorageError SL7031 for an unsafe prefix, InputError
 * SL5032
 */
export function parseExportOptions(
  pipeline: string,
  options: ExportOptions,
): LogExport & { readonly signal: AbortSignal | undefined } {
  requireKnownOptions("exportLogs()", options, names);
  const {
    directory = "logs",
    filePrefix = pipeline,
    dataSizeLimit = defaultSize,
    format,
    onProgress,
    signal,
    ...logs
  } = options;
  const url = urlProblem(directory);
  if (url !== null)
    throw new TargetError("SL6011", `exportLogs(): the option 'directory' '${String(directory)}' ${url}`, {
      option: "directory",
    });
  if (typeof directory !== "string" || directory === "")
    throw invalid("directory", directory, "give the path of a folder");
  if (format !== undefined && !formats.includes(format))
    throw invalid("format", format, 'use one of "json", "arrow", "parquet"');
  if (format !== undefined && options.arrow !== undefined && (format === "arrow") !== options.arrow)
    throw invalid("format", format, `this contradicts arrow: ${String(options.arrow)}; give only one of them`);
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
    query: { ...rest, metadata: selectsMetadata(choice) },
    choice,
    progress: onProgress ?? null,
    signal: parseSignal("exportLogs", signal),
  };
}

/** Reserved on Windows: a file name that starts like this opens a device. */
const windowsDevice = /^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]) *\./i;

/** Accepts only a plain file name, so that no file is written outside `directory`. */
function parsePrefix(prefix: unknown): string {
  if (
    typeof prefix === "string" &&
    prefix !== "" &&
    !/[/\\:]|\p{Cc}|\p{Cs}/u.test(prefix) &&
    !prefix.startsWith(".") &&
    !windowsDevice.test(prefix)
  )
    return prefix;
  throw new StorageError(
    "SL7031",
    `exportLogs(): the option 'filePrefix' is ${JSON.stringify(prefix)}; give the start of a file name without '/', '\\', ':' or a leading dot, and not a Windows device name such as "con."; set the folder with 'directory'`,
    { option: "filePrefix" },
  );
}

function parseSize(limit: unknown): number {
  const bytes = parseByteSize(limit);
  if (bytes !== null && bytes >= 1) return bytes;
  throw invalid("dataSizeLimit", limit, 'give a number of bytes, or a string such as "100MB" or "1.5 GiB"');
}

function invalid(option: string, value: unknown, what: string): TargetError {
  return new TargetError("SL6011", `exportLogs(): the option '${option}' is ${formatValue(value)}; ${what}`, {
    option,
  });
}
