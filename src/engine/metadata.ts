import { InputError } from "../../dsl/errors.js";
import type { Config } from "../config/schema.js";
import { splitKeys } from "../config/step-models.js";
import { didYouMean } from "../util/did-you-mean.js";
import { joinNames } from "../util/join-names.js";
import { describeValue } from "../util/format-value.js";
import { isDictionary } from "../util/objects.js";

export type MetadataValue = string | number | boolean;

/** A request's metadata, by which splits choose a model. */
export type Metadata = ReadonlyMap<string, MetadataValue>;

const noMetadata: Metadata = new Map();

/**
 * Creates the reader of request metadata. It refuses a key that no split reads: with a typing mistake in the key, every
 * request would take the default route.
 *
 * @returns a function that throws InputError SL5040 if the metadata is not an object of strings, finite numbers and
 * booleans, SL5041 for a key that no split reads
 */
export function metadataReader(config: Config): (metadata: unknown) => Metadata {
  const keys = splitKeys(config.steps);
  return (metadata) => {
    if (metadata === undefined) return noMetadata;
    if (!isDictionary(metadata)) {
      throw new InputError(
        "SL5040",
        `the metadata of a request must be an object { key: value }, got ${describeValue(metadata)}`,
      );
    }
    const entries = Object.entries(metadata).filter(([, value]) => value !== undefined);
    for (const [key, value] of entries) {
      if (!keys.includes(key)) {
        const hint =
          keys.length === 0
            ? "it has no split that reads metadata"
            : `its splits read ${joinNames(keys)}${didYouMean(key, keys)}`;
        throw new InputError("SL5041", `no split of pipeline '${config.name}' reads the metadata '${key}'; ${hint}`, {
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
