import { InputError } from "../../dsl/errors.js";
import type { Config } from "../config/schema.js";
import { splitKeys } from "../config/step-models.js";
import { didYouMean } from "../util/did-you-mean.js";
import { joinNames } from "../util/join-names.js";
import { describeValue } from "../util/format-value.js";
import { isDictionary } from "../util/is-record.js";

export type MetadataValue = string | number | boolean;

/** What a request says of itself, for splits to choose by. */
export type Metadata = ReadonlyMap<string, MetadataValue>;

const nothing: Metadata = new Map();

/**
 * Checks the metadata of requests to a pipeline. A key that no split reads is refused: with a slip in its name every
 * request would take the default route.
 *
 * @returns a function that throws InputError SL5040 for what is no record of values, SL5041 for a key that no split reads
 */
export function metadataReader(config: Config): (given: unknown) => Metadata {
  const keys = splitKeys(config.steps);
  return (given) => {
    if (given === undefined) return nothing;
    if (!isDictionary(given)) {
      throw new InputError("SL5040", `the metadata of a request is { key: value }, got ${describeValue(given)}`);
    }
    const entries = Object.entries(given).filter(([, value]) => value !== undefined);
    for (const [key, value] of entries) {
      if (!keys.includes(key)) {
        const read = keys.length === 0 ? "it has none" : `they read ${joinNames(keys)}${didYouMean(key, keys)}`;
        throw new InputError("SL5041", `no split of pipeline '${config.name}' reads the metadata '${key}'; ${read}`, {
          key,
        });
      }
      if (
        typeof value !== "string" &&
        typeof value !== "boolean" &&
        !(typeof value === "number" && Number.isFinite(value))
      ) {
        throw new InputError(
          "SL5040",
          `the metadata '${key}' must be a string, a finite number or a boolean, got ${describeValue(value)}`,
          { key },
        );
      }
    }
    return new Map(entries as [string, MetadataValue][]);
  };
}
