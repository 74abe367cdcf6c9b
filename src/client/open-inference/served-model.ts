import { TargetError } from "../../../dsl/errors.js";
import { type Model, portsOf } from "../../../dsl/model.js";
import type { AnyPipeline } from "../../../dsl/pipeline/any-pipeline.js";
import type { Port } from "../../../dsl/tensor.js";
import { modelConfig } from "../../config/model-config.js";
import { rowsOf } from "../../config/model-rows.js";
import type { ModelConfig } from "../../config/schema.js";
import { describeValue } from "../../util/format-value.js";
import { isRecord } from "../../util/objects.js";

/** What a handle or pipeline says about a model of a server. */
export interface ServedModel {
  readonly kind: "model" | "pipeline";
  readonly name: string;
  /** The ports with their shapes, their names on the server, and how they hold rows. */
  readonly model: ModelConfig;
  /** Float inputs in which null stands for NaN. */
  readonly missing: readonly string[];
  /** The validations that the server evaluates. */
  readonly validations: readonly string[];
}

/** @throws TargetError SL6011 for anything but a model handle or a pipeline */
export function servedModel(handle: unknown): ServedModel {
  if (isRecord(handle) && Array.isArray(handle["steps"]) && isRecord(handle["inputs"]))
    return servedPipeline(handle as unknown as AnyPipeline);
  if (
    isRecord(handle) &&
    typeof handle["name"] === "string" &&
    isRecord(handle["inputs"]) &&
    isRecord(handle["outputs"])
  ) {
    const model = modelConfig(handle as unknown as Model);
    return { kind: "model", name: model.name, model, missing: [], validations: [] };
  }
  throw new TargetError(
    "SL6011",
    `connect() takes a model handle of 'shapeline generate' or a pipeline, got ${describeValue(handle)}`,
  );
}

function servedPipeline({ name, inputs: columns, outputs: last, steps, missing = [] }: AnyPipeline): ServedModel {
  if (Array.isArray(last))
    throw new TargetError(
      "SL6011",
      `pipeline '${name}' ends with several models, and an Open Inference server answers one set of outputs; end the pipeline with .select(index)`,
      { pipeline: name },
    );
  const inputs: readonly Port[] = portsOf(columns);
  const outputs: readonly Port[] = portsOf(last);
  const copy = (ports: readonly Port[]) => ports.map((port) => ({ ...port, shape: port.shape && [...port.shape] }));
  const rows = rowsOf({ inputs, outputs });
  return {
    kind: "pipeline",
    name,
    model: { name, version: "1", sha256: "", inputs: copy(inputs), outputs: copy(outputs), rows },
    missing,
    validations: steps.flatMap((step) => (step.kind === "validation" ? [step.name] : [])),
  };
}
