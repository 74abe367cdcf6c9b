import type { InferOptions } from "../../../../dsl/deployment.js";
import { TargetError } from "../../../../dsl/errors.js";
import { describeValue } from "../../../util/format-value.js";
import { isDictionary } from "../../../util/objects.js";
import { didYouMean } from "../../../util/did-you-mean.js";
import { joinNames } from "../../../util/join-names.js";
import {
  datasetOptionNames,
  allColumns,
  parseColumnSelection,
  type ColumnSelection,
} from "../../../tensors/column-selection.js";

const inferOptions = ["timeoutMs", "signal", "metadata", ...datasetOptionNames];

/**
 * Validates the options of `infer()` and returns the selected columns.
 *
 * @throws TargetError SL6011 for an unknown option, InputError SL5032
 */
export function parseInferOptions(options: InferOptions): ColumnSelection {
  const value: unknown = options;
  if (!isDictionary(value))
    throw new TargetError(
      "SL6011",
      `infer(): the second argument must be an object of options, got ${describeValue(value)}`,
    );
  for (const name of Object.keys(options)) {
    if (!inferOptions.includes(name)) {
      throw new TargetError(
        "SL6011",
        `infer(): the embedded engine has no option '${name}'${didYouMean(name, inferOptions)}; its options are ${joinNames(inferOptions)}`,
        { option: name },
      );
    }
  }
  const { dataset, datasetExclude, datasetSeparator } = options;
  return dataset === undefined && datasetExclude === undefined && datasetSeparator === undefined
    ? allColumns
    : parseColumnSelection(options);
}
