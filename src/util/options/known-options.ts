import { TargetError } from "../../../dsl/errors.js";
import { unknownName, unknownOption } from "../../../dsl/messages/options.js";
import { didYouMean } from "../did-you-mean.js";
import { describeValue } from "../format-value.js";
import { isDictionary } from "../objects.js";

/**
 * Refuses options that are no object, and options that do not exist.
 *
 * @param owner the function, such as `local()`
 * @throws TargetError SL6011
 */
export function requireKnownOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (!isDictionary(options))
    throw new TargetError("SL6011", `${owner} takes an object of options, got ${describeValue(options)}`);
  const message = unknownOptionHint(owner, options, known);
  if (message !== null) throw new TargetError("SL6011", message, { option: unknownName(options, known) });
}

/** The sentence for an option that does not exist, with the nearest option that is not given; or null. */
export function unknownOptionHint(owner: string, options: object, known: readonly string[]): string | null {
  return unknownOption(owner, options, known, (name) =>
    didYouMean(
      name,
      known.filter((other) => !Object.hasOwn(options, other)),
    ),
  );
}
