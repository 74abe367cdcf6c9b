import { TargetError } from "../../../../dsl/errors.js";
import { type RequestLimits, defaultRequestLimits } from "../../../engine/input/request-size.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import { formatValue } from "../../../util/format-value.js";
import { isDictionary } from "../../../util/objects.js";
import { parseByteSize } from "../../../util/quantities/parse-quantity.js";

const names = ["requestBytes", "requestElements"];

/** Validates the option `limits` of `local()`. Throws TargetError SL6011. */
export function parseRequestLimits(value: unknown): RequestLimits {
  if (value === undefined) return defaultRequestLimits;
  if (!isDictionary(value))
    throw invalid("limits", value, 'give { requestBytes: "4GB" }, { requestElements: 1e9 } or both');
  requireKnownOptions("local(): 'limits'", value, names);
  const { requestBytes = defaultRequestLimits.requestBytes, requestElements = defaultRequestLimits.requestElements } =
    value as Readonly<Record<string, unknown>>;
  const bytes = parseByteSize(requestBytes);
  if (bytes === null || bytes < 1)
    throw invalid("limits.requestBytes", requestBytes, 'give bytes, 1 or more, or a string such as "4GB" or "1.5 GiB"');
  if (!Number.isSafeInteger(requestElements) || (requestElements as number) < 1)
    throw invalid("limits.requestElements", requestElements, "give a whole number of elements, 1 or more");
  return { requestBytes: bytes, requestElements: requestElements as number };
}

function invalid(option: string, value: unknown, what: string): TargetError {
  return new TargetError("SL6011", `local(): the option '${option}' is ${formatValue(value)}; ${what}`, { option });
}
