import { TargetError } from "../../../../dsl/errors.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import { formatValue } from "../../../util/format-value.js";
import { isDictionary } from "../../../util/objects.js";

/**
 * What is left out of the log. The answer of `infer`, validations and challengers see all values. Columns are flat
 * names as in results (`in.email`, `out.score`, `out_<model>.score`), groups (`in`, `out`, `out_<model>`), or keys of
 * the request's metadata (`metadata.session_id`).
 */
export interface LoggedColumnsOptions {
  /** Not stored: the columns are absent in logs and exports. */
  readonly exclude?: readonly string[];
  /** Stored as a marker: "[redacted]" in text, null in other columns. */
  readonly redact?: readonly string[];
  /** Of rows with more elements in a tensor, shape and SHA-256 are stored instead of the values; null: no limit. */
  readonly maxElements?: number | null;
}

const names = ["exclude", "redact", "maxElements"];

/** Validates the option `log` of `local()`; the columns are checked against a pipeline later. Throws SL6011. */
export function parseLoggedColumns(value: unknown): LoggedColumnsOptions | null {
  if (value === undefined) return null;
  if (!isDictionary(value))
    throw invalid(
      "log",
      value,
      'give an object such as { exclude: ["in.image"], redact: ["in.email"], maxElements: 1000 }',
    );
  requireKnownOptions("local(): 'log'", value, names);
  const given = value as Partial<Record<keyof LoggedColumnsOptions, unknown>>;
  const exclude = parseNames("log.exclude", given.exclude);
  const redact = parseNames("log.redact", given.redact);
  const both = exclude?.find((name) => redact?.includes(name) === true);
  if (both !== undefined)
    throw new TargetError(
      "SL6011",
      `local(): '${both}' is in both 'log.exclude' and 'log.redact'; name it once: excluded columns are absent, redacted ones hold a marker`,
      { option: "log" },
    );
  const { maxElements } = given;
  if (
    maxElements !== undefined &&
    maxElements !== null &&
    !(Number.isSafeInteger(maxElements) && Number(maxElements) >= 1)
  )
    throw invalid(
      "log.maxElements",
      maxElements,
      "give a whole number of elements of one row's tensor, 1 or more, or null for no limit; to store nothing of a column, use 'log.exclude'",
    );
  return {
    ...(exclude === undefined ? {} : { exclude }),
    ...(redact === undefined ? {} : { redact }),
    ...(maxElements === undefined ? {} : { maxElements: maxElements as number | null }),
  };
}

function parseNames(option: string, value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw invalid(option, value, 'give a list of column names, such as ["in.email"]');
  const wrong = value.findIndex((name) => typeof name !== "string" || name === "");
  if (wrong >= 0)
    throw invalid(
      `${option}[${wrong}]`,
      value[wrong],
      'give the name of a column or group, such as "in.email" or "in"',
    );
  return [...new Set(value as string[])];
}

function invalid(option: string, value: unknown, what: string): TargetError {
  return new TargetError("SL6011", `local(): the option '${option}' is ${formatValue(value)}; ${what}`, { option });
}
