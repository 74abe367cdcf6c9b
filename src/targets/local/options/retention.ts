import { TargetError } from "../../../../dsl/errors.js";
import { didYouMean } from "../../../util/did-you-mean.js";
import { joinNames } from "../../../util/join-names.js";
import type { Retention } from "../../../logs/store.js";
import { parseByteSize, parseDuration } from "../../../util/parse-quantity.js";

const names = ["age", "size"];
/** An empty log takes a few of these already. */
const leastSize = 16 * 2 ** 20;
const leastAge = 1000;

/** The option `retention` of `local()`. Throws TargetError SL6011 where it is not valid. */
export function parseRetention(given: unknown): Retention | null {
  if (given === undefined) return null;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw invalid("retention", given, 'give { age: "30d" }, { size: "10GB" } or both');
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new TargetError(
      "SL6011",
      `local(): the option 'retention' has no '${unknown}'${didYouMean(unknown, names)}; it takes ${joinNames(names)}`,
      { option: "retention" },
    );
  const { age, size } = given as { readonly age?: unknown; readonly size?: unknown };
  const [keptFor, keptBytes] = [parseDuration(age), parseByteSize(size)];
  if (age !== undefined && (keptFor === null || keptFor < leastAge))
    throw invalid("retention.age", age, 'give milliseconds, 1,000 at least, or a text such as "30d", "12h" or "5m"');
  if (size !== undefined && (keptBytes === null || keptBytes < leastSize))
    throw invalid("retention.size", size, 'give bytes, or a text such as "10GB" or "1.5 GiB"; 16 MiB at least');
  return { ...(keptFor === null ? {} : { age: keptFor }), ...(keptBytes === null ? {} : { size: keptBytes }) };
}

function invalid(option: string, value: unknown, what: string): TargetError {
  return new TargetError(
    "SL6011",
    `local(): the option '${option}' is ${JSON.stringify(value) ?? String(value)}; ${what}`,
    { option },
  );
}
