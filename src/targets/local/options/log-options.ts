import type { LogBatchesOptions, LogsOptions } from "../../../../dsl/deployment.js";
import { TargetError } from "../../../../dsl/errors.js";
import { describeValue, formatValue } from "../../../util/format-value.js";
import { isDictionary } from "../../../util/is-record.js";
import { didYouMean } from "../../../util/did-you-mean.js";
import { joinNames } from "../../../util/join-names.js";
import type { LogQuery } from "../../../logs/pipeline-log.js";
import { datasetOptions, readChoice, wantsMetadata, type Choice } from "../../../tensors/column-selection.js";
import { parseTime } from "../../../util/parse-time.js";

type Method = "logs" | "compare" | "logBatches" | "exportLogs";

/** The names of the options of `logs()`. */
export const logsOptionNames: readonly string[] = ["limit", "start", "end", "valid", "arrow", ...datasetOptions];

/** Throws TargetError SL6011 for what are no options, and for an option that is not known. */
export function checkOptionNames(method: Method, options: object, names: readonly string[]): void {
  if (!isDictionary(options))
    throw new TargetError("SL6011", `${method}() takes an object of options, got ${describeValue(options)}`);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw invalid(method, unknown, `is not known${didYouMean(unknown, names)}; ${method}() takes ${joinNames(names)}`);
}

/** The options of `logs()` as a query and a choice of columns. Throws TargetError SL6011 for one that is not known or not valid, InputError SL5032. */
export function parseLogsOptions(
  options: LogsOptions,
  method: Method = "logs",
): { readonly query: LogQuery; readonly choice: Choice } {
  checkOptionNames(method, options, logsOptionNames);
  const { limit, valid, arrow } = options;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0))
    throw invalid(method, "limit", `is ${formatValue(limit)}; give a number of rows, 0 or more`);
  for (const [name, value] of [
    ["valid", valid],
    ["arrow", arrow],
  ] as const) {
    if (value !== undefined && typeof value !== "boolean")
      throw invalid(method, name, `is ${formatValue(value)}; give true or false`);
  }
  const start = time(method, "start", options.start);
  const end = time(method, "end", options.end);
  const query = {
    ...(limit === undefined ? {} : { limit }),
    ...(valid === undefined ? {} : { valid }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
  return { query, choice: readChoice(options) };
}

/** The options of `logBatches()`, as those of `logs()`. */
export function parseLogBatchesOptions(options: LogBatchesOptions): {
  readonly query: LogQuery;
  readonly choice: Choice;
  readonly batchRows: number;
  readonly signal: AbortSignal | undefined;
} {
  checkOptionNames("logBatches", options, [
    ...logsOptionNames.filter((name) => name !== "arrow"),
    "batchRows",
    "signal",
  ]);
  const { batchRows = 10_000, signal, ...rest } = options;
  if (!(Number.isSafeInteger(batchRows) && batchRows >= 1))
    throw invalid("logBatches", "batchRows", `is ${formatValue(batchRows)}; give a number of rows, 1 or more`);
  const { query, choice } = parseLogsOptions(rest, "logBatches");
  return {
    query: { ...query, metadata: wantsMetadata(choice) },
    choice,
    batchRows,
    signal: parseSignal("logBatches", signal),
  };
}

/** Throws TargetError SL6011 for a signal that is none. */
export function parseSignal(method: Method, signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw invalid(method, "signal", "is no AbortSignal");
}

/** The options of `compare()`. */
export function parsePeriod(period: Pick<LogsOptions, "start" | "end">): LogQuery {
  checkOptionNames("compare", period, ["start", "end"]);
  return parseLogsOptions(period, "compare").query;
}

function time(method: Method, name: "start" | "end", value: Date | string | number | undefined): Date | undefined {
  if (value === undefined) return undefined;
  const date = parseTime(value);
  if (date === null)
    throw invalid(
      method,
      name,
      `is ${formatValue(value)}; give a Date, milliseconds since 1970 UTC, or a text such as "2026-01-31T12:00:00Z"`,
    );
  return date;
}

function invalid(method: Method, option: string, what: string): TargetError {
  return new TargetError("SL6011", `${method}(): the option '${option}' ${what}`, { option });
}
