import type { InferOptions } from "../../../../dsl/deployment.js";
import { TargetError } from "../../../../dsl/errors.js";
import { describeValue } from "../../../util/format-value.js";
import { isDictionary } from "../../../util/is-record.js";
import { didYouMean } from "../../../util/did-you-mean.js";
import { joinNames } from "../../../util/join-names.js";
import { datasetOptions, noChoice, readChoice, type Choice } from "../../../tensors/column-selection.js";

const inferOptions = ["timeoutMs", "signal", "metadata", ...datasetOptions];

/**
 * Which columns the options of `infer()` choose.
 *
 * @throws TargetError SL6011 for options that are not known, InputError SL5032
 */
export function parseInferOptions(options: InferOptions): Choice {
  const given: unknown = options;
  if (!isDictionary(given))
    throw new TargetError(
      "SL6011",
      `infer(): the second argument is an object of options, got ${describeValue(given)}`,
    );
  for (const name of Object.keys(options)) {
    if (!inferOptions.includes(name)) {
      throw new TargetError(
        "SL6011",
        `infer(): the embedded engine knows no option '${name}'${didYouMean(name, inferOptions)}; it takes ${joinNames(inferOptions)}`,
        { option: name },
      );
    }
  }
  const { dataset, datasetExclude, datasetSeparator } = options;
  return dataset === undefined && datasetExclude === undefined && datasetSeparator === undefined
    ? noChoice
    : readChoice(options);
}
