import { TargetError } from "../../../dsl/errors.js";
import { didYouMean } from "../../util/did-you-mean.js";
import { describeValue } from "../../util/format-value.js";
import { joinNames } from "../../util/join-names.js";
import { isDictionary } from "../../util/objects.js";

/** @throws TargetError SL6011 for options that are no object, or that do not exist */
export function checkNames(method: string, options: unknown, known: readonly string[]): void {
  if (!isDictionary(options))
    throw new TargetError("SL6011", `${method}: expected an object of options, got ${describeValue(options)}`);
  const name = Object.keys(options).find((each) => !known.includes(each));
  if (name === undefined) return;
  throw new TargetError(
    "SL6011",
    `${method} has no option '${name}'${didYouMean(name, known)}; its options are ${joinNames(known)}`,
    { option: name },
  );
}

export function invalid(method: string, option: string, what: string): TargetError {
  return new TargetError("SL6011", `${method}: the option '${option}' ${what}`, { option });
}
