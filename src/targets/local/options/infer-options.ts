import type { FileOptions, InferOptions } from "../../../../dsl/deployment.js";
import { InputError, TargetError } from "../../../../dsl/errors.js";
import { defaultMaxBytes, type WantedRows } from "../../../files/wanted-rows.js";
import { describeValue, formatValue } from "../../../util/format-value.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import { parseByteSize } from "../../../util/quantities/parse-quantity.js";
import {
  datasetOptionNames,
  allColumns,
  parseColumnSelection,
  type ColumnSelection,
} from "../../../tensors/column-selection.js";

const inferOptions = ["timeoutMs", "signal", "metadata", "values", ...datasetOptionNames];

/**
 * Validates the options of `infer()` and returns the selected columns.
 *
 * @throws TargetError SL6011 for an unknown option, InputError SL5032
 */
export function parseInferOptions(options: InferOptions): ColumnSelection {
  requireKnownOptions("infer()", options, inferOptions);
  const { dataset, datasetExclude, datasetSeparator, values = "nested" } = options;
  if (values !== "nested" && values !== "typed")
    throw new TargetError("SL6011", `infer(): the option 'values' is "nested" or "typed", got ${formatValue(values)}`, {
      option: "values",
    });
  const selection =
    dataset === undefined && datasetExclude === undefined && datasetSeparator === undefined
      ? allColumns
      : parseColumnSelection(options);
  return values === "typed" ? { ...selection, typed: true } : selection;
}

/** How a file of rows is read. */
export type FileSettings = Pick<WantedRows, "ignoreUnknown" | "maxBytes">;

/**
 * Validates the arguments of `inferFromFile()`, except the options that it has in common with `infer()`.
 *
 * @throws InputError SL5017 for a path that is no text, TargetError SL6011 for an option that is not valid
 */
export function parseFileOptions(
  path: unknown,
  options: FileOptions,
): { readonly file: FileSettings; readonly infer: InferOptions } {
  if (typeof path !== "string")
    throw new InputError("SL5017", `inferFromFile() takes the path of a file, got ${describeValue(path)}`);
  requireKnownOptions("inferFromFile()", options, [...inferOptions, "ignoreUnknown", "maxBytes"]);
  const { ignoreUnknown = false, maxBytes: size = defaultMaxBytes, ...infer } = options;
  if (typeof ignoreUnknown !== "boolean") {
    throw new TargetError(
      "SL6011",
      `inferFromFile(): the option 'ignoreUnknown' is true or false, got ${formatValue(ignoreUnknown)}`,
      { option: "ignoreUnknown" },
    );
  }
  const maxBytes = parseByteSize(size);
  if (maxBytes === null || maxBytes === 0) {
    throw new TargetError(
      "SL6011",
      `inferFromFile(): the option 'maxBytes' is a size such as "4GB" or a number of bytes, got ${formatValue(size)}`,
      { option: "maxBytes" },
    );
  }
  return { file: { ignoreUnknown, maxBytes }, infer };
}
