import { type Command, InvalidArgumentError } from "commander";
import type { LocalOptions } from "../../targets/local/index.js";
import { parseCommaList, parseWholeNumber } from "./parse-values.js";

type LoggedColumns = NonNullable<LocalOptions["log"]>;

export interface LoggedColumnsFlags {
  readonly logExclude?: readonly string[];
  readonly logRedact?: readonly string[];
  readonly logMaxElements?: number | "none";
}

/** Adds the options that leave columns out of the log. */
export function addLoggedColumnsOptions(command: Command): Command {
  return command
    .option(
      "--log-exclude <columns>",
      "columns or groups that are not logged, such as in.image; '' for none",
      parseCommaList,
    )
    .option("--log-redact <columns>", "columns or groups that are logged as a marker; '' for none", parseCommaList)
    .option("--log-max-elements <n>", "log longer tensors as shape and digest; none for no limit", parseLimit);
}

/** The flags, and the settings where a flag is not given; undefined without both. */
export function loggedColumns(
  { logExclude, logRedact, logMaxElements }: LoggedColumnsFlags,
  settings: LoggedColumns | undefined,
): LoggedColumns | undefined {
  const flags = {
    ...(logExclude === undefined ? {} : { exclude: logExclude }),
    ...(logRedact === undefined ? {} : { redact: logRedact }),
    ...(logMaxElements === undefined ? {} : { maxElements: logMaxElements === "none" ? null : logMaxElements }),
  };
  const merged = { ...settings, ...flags };
  return Object.keys(merged).length === 0 ? undefined : merged;
}

/** Not null for "none": the command line parser would turn it into an empty text. */
function parseLimit(text: string): number | "none" {
  if (text === "none") return text;
  const limit = parseWholeNumber(text);
  if (limit < 1) throw new InvalidArgumentError("'0' stores nothing; use --log-exclude.");
  return limit;
}
