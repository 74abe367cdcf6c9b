import { TargetError } from "../../../../dsl/errors.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import type { Retention } from "../../../logs/store.js";
import { parseByteSize, parseDuration } from "../../../util/quantities/parse-quantity.js";

const names = ["age", "size"];
/** Even an empty log needs a few MiB. */
const minSize = 16 * 2 ** 20;
const minAge = 1000;

/** Validates the option `retention` of `local()`. Throws TargetError SL6011. */
export function parseRetention(value: unknown): Retention | null {
  if (value === undefined) return null;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("retention", value, 'give { age: "30d" }, { size: "10GB" } or both');
  requireKnownOptions("local(): 'retention'", value, names);
  const { age, size } = value as { readonly age?: unknown; readonly size?: unknown };
  const [ageMs, sizeBytes] = [parseDuration(age), parseByteSize(size)];
  if (age !== undefined && (ageMs === null || ageMs < minAge))
    throw invalid("retention.age", age, 'give milliseconds, at least 1,000, or a string such as "30d", "12h" or "5m"');
  if (size !== undefined && (sizeBytes === null || sizeBytes < minSize))
    throw invalid("retention.size", size, 'give bytes, at least 16 MiB, or a string such as "10GB" or "1.5 GiB"');
  return { ...(ageMs === null ? {} : { age: ageMs }), ...(sizeBytes === null ? {} : { size: sizeBytes }) };
}

function invalid(option: string, value: unknown, what: string): TargetError {
  return new TargetError(
    "SL6011",
    `local(): the option '${option}' is ${JSON.stringify(value) ?? String(value)}; ${what}`,
    { option },
  );
}
