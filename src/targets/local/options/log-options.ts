import type { LogBatchesOptions, LogsOptions } from "../../../../dsl/deployment.js";
import { TargetError } from "../../../../dsl/errors.js";
import { formatValue } from "../../../util/format-value.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import type { LogQuery } from "../../../logs/pipeline-log.js";
import {
  datasetOptionNames,
  parseColumnSelection,
  selectsInputs,
  selectsMetadata,
  type ColumnSelection,
} from "../../../tensors/column-selection.js";
import { parseTime } from "../../../util/quantities/parse-time.js";

type Method = "logs" | "compare" | "logBatches" | "exportLogs";

export const logsOptionNames: readonly string[] = ["limit", "start", "end", "valid", "arrow", ...datasetOptionNames];

/** Validates the options of `logs()`. Throws TargetError SL6011 for an unknown or invalid option, InputError SL5032. */
export function parseLogsOptions(
  options: LogsOptions,
  method: Method = "logs",
): { readonly query: LogQuery; readonly choice: ColumnSelection } {
  requireKnownOptions(`${method}()`, options, logsOptionNames);
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
  const start = parseTimeOption(method, "start", options.start);
  const end = parseTimeOption(method, "end", options.end);
  const choice = parseColumnSelection(options);
  const query = {
    ...(selectsInputs(choice) ? {} : { inputs: false }),
    ...(limit === undefined ? {} : { limit }),
    ...(valid === undefined ? {} : { valid }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
  return { query, choice };
}

/** Validates the options of `logBatches()`; throws like `parseLogsOptions`. */
export function parseLogBatchesOptions(options: LogBatchesOptions): {
  readonly query: LogQuery;
  readonly choice: ColumnSelection;
  readonly batchRows: number;
  readonly signal: AbortSignal | undefined;
} {
  requireKnownOptions("logBatches()", options, [
    ...logsOptionNames.filter((name) => name !== "arrow"),
    "batchRows",
    "signal",
  ]);
  const { batchRows = 10_000, signal, ...rest } = options;
  if (!(Number.isSafeInteger(batchRows) && batchRows >= 1))
    throw invalid("logBatches", "batchRows", `is ${formatValue(batchRows)}; give a number of rows, 1 or more`);
  const { query, choice } = parseLogsOptions(rest, "logBatches");
  return {
    query: { ...query, metadata: selectsMetadata(choice) },
    choice,
    batchRows,
    signal: parseSignal("logBatches", signal),
  };
}

/** Throws TargetError SL6011 if `signal` is not an AbortSignal. */
export function parseSignal(method: Method, signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw invalid(method, "signal", "is not an AbortSignal");
}

/** The options of `compare()`. */
export interface CompareOptions extends Pick<LogsOptions, "start" | "end"> {
  /** How far numbers that agree may be apart: `0.01`. Default: a thousandth of the champion's number. */
  readonly within?: number;
}

/** Validates the options of `compare()`. */
export function parseCompareOptions(options: CompareOptions): LogQuery {
  requireKnownOptions("compare()", options, ["start", "end", "within"]);
  const { within, ...period } = options;
  if (within !== undefined && !(Number.isFinite(within) && within >= 0))
    throw invalid("compare", "within", `is ${formatValue(within)}; give a number of 0 or more, such as 0.01`);
  return { ...parseLogsOptions(period, "compare").query, ...(within === undefined ? {} : { within }) };
}

function parseTimeOption(
  method: Method,
  name: "start" | "end",
  value: Date | string | number | undefined,
): Date | undefined {
  if (value === undefined) return undefined;
  const date = parseTime(value);
  if (date === null)
    throw invalid(
      method,
      name,
      `is ${formatValue(value)}; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"`,
    );
  return date;
}

function invalid(method: Method, option: string, what: string): TargetError {
  return new TargetError("SL6011", `${method}(): the option '${option}' ${what}`, { option });
}
