import type { InferOptions } from "../../../dsl/deployment.js";
import { InputError } from "../../../dsl/errors.js";
import {
  allColumns,
  type ColumnSelection,
  datasetOptionNames,
  parseColumnSelection,
} from "../../tensors/column-selection.js";
import type { RequestMetadata } from "../../tensors/result.js";
import { describeValue, formatValue } from "../../util/format-value.js";
import { isDictionary } from "../../util/objects.js";
import { invalid } from "../http/invalid-option.js";
import { requireKnownOptions } from "../../util/options/known-options.js";
import type { ServedModel } from "./served-model.js";

const inferOptions = ["timeoutMs", "signal", "metadata", "values", ...datasetOptionNames];
/** Parameters that the client sets itself. */
const ownParameters = ["anomaly", "binary_data_output"];
/** Parameters of the protocol and of its servers, which no split gets. */
const serverParameters = ["timeout", "priority", "content_type", "headers"];
const sequenceParameters = ["sequence_id", "sequence_start", "sequence_end"];

export interface ParsedInferOptions {
  readonly selection: ColumnSelection;
  /** The parameters of the request. */
  readonly parameters: RequestMetadata;
}

/**
 * Checks the options of `infer()`, except the timeout and the signal.
 *
 * @param kind metadata of a pipeline are for its splits, and those of a model for its server
 * @throws TargetError SL6011 for an unknown option, InputError SL5032, SL5040
 */
export function parseInferOptions(options: InferOptions, kind: ServedModel["kind"]): ParsedInferOptions {
  requireKnownOptions("infer()", options, inferOptions);
  const { dataset, datasetExclude, datasetSeparator, values = "nested", metadata } = options;
  if (values !== "nested" && values !== "typed")
    throw invalid("infer()", "values", `is "nested" or "typed", got ${formatValue(values)}`);
  const isWhole = dataset === undefined && datasetExclude === undefined && datasetSeparator === undefined;
  const selection = isWhole ? allColumns : parseColumnSelection(options);
  return {
    selection: values === "typed" ? { ...selection, typed: true } : selection,
    parameters: parametersOf(metadata, kind),
  };
}

function parametersOf(metadata: unknown, kind: ServedModel["kind"]): RequestMetadata {
  if (metadata === undefined) return {};
  if (!isDictionary(metadata))
    throw new InputError(
      "SL5040",
      `the metadata of a request must be an object { key: value }, got ${describeValue(metadata)}`,
    );
  const entries = Object.entries(metadata).filter(([, value]) => value !== undefined);
  for (const [key, value] of entries) {
    if (ownParameters.includes(key))
      throw new InputError("SL5040", `the metadata cannot have '${key}': the client sets this parameter itself`, {
        key,
      });
    if (kind === "pipeline" && [...serverParameters, ...sequenceParameters].includes(key))
      throw new InputError("SL5040", `the metadata cannot have '${key}': it is a parameter of the protocol's servers`, {
        key,
      });
    const isFlat =
      typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
    if (!isFlat)
      throw new InputError(
        "SL5040",
        `the metadata '${key}' must be a string, a finite number or a boolean, got ${describeValue(value)}`,
        { key },
      );
  }
  return Object.fromEntries(entries);
}
