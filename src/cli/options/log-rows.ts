import type { Command } from "commander";
import type { DatasetOptions, LogsOptions } from "../../../dsl/deployment.js";
import { datasetFromFlags, addDatasetOptions } from "./dataset.js";
import { addDataOption } from "./local-target.js";
import { checkTime, parseWholeNumber } from "./parse-values.js";

export interface LogFlags extends DatasetOptions {
  readonly limit?: number;
  readonly start?: string;
  readonly end?: string;
  readonly invalid?: boolean;
  readonly data?: string;
}

/** Adds the options that select rows of a log. */
export function addLogRowOptions(command: Command, limit?: number): Command {
  return addDataOption(
    addDatasetOptions(
      command
        .option("--limit <n>", "at most this many rows", parseWholeNumber, limit)
        .option("--start <time>", "rows from this time on (ISO 8601)", checkTime)
        .option("--end <time>", "rows up to this time (ISO 8601)", checkTime)
        .option("--invalid", "only rows that failed a validation"),
    ),
  );
}

export function logRowsFromFlags(flags: LogFlags): Omit<LogsOptions, "arrow"> {
  const { limit, start, end, invalid } = flags;
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(invalid === true ? { valid: false } : {}),
    ...datasetFromFlags(flags),
  };
}
