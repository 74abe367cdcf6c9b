import type { LogsOptions } from "../../../dsl/deployment.js";
import { TargetError } from "../../../dsl/errors.js";
import { didYouMean, listed } from "../../expression/did-you-mean.js";
import type { LogQuery } from "../../logs/pipeline-log.js";

const names = ["limit", "start", "end", "valid", "arrow"];

/** The options of `logs()` as a query. Throws TargetError SL6011 for one that is not known or not valid. */
export function logQuery(options: LogsOptions): LogQuery {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid(unknown, `is not known${didYouMean(unknown, names)}; logs() takes ${listed(names)}`);
  const { limit, valid } = options;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) throw invalid("limit", `is ${String(limit)}; give a number of rows, 0 or more`);
  if (valid !== undefined && typeof valid !== "boolean") throw invalid("valid", `is ${JSON.stringify(valid)}; give true or false`);
  const start = time("start", options.start);
  const end = time("end", options.end);
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(valid === undefined ? {} : { valid }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
}

function time(name: "start" | "end", value: Date | string | number | undefined): Date | undefined {
  if (value === undefined) return undefined;
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) throw invalid(name, `is ${JSON.stringify(value)}; give a Date, milliseconds since 1970 UTC, or a text such as "2026-01-31T12:00:00Z"`);
  return date;
}

function invalid(option: string, what: string): TargetError {
  return new TargetError("SL6011", `logs(): the option '${option}' ${what}`, { option });
}
