import { TargetError } from "../../../dsl/errors.js";
import { type Model, portsOf } from "../../../dsl/model.js";
import type { AnyPipeline } from "../../../dsl/pipeline/any-pipeline.js";
import { rowAxis } from "../../../dsl/rows.js";
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
  /** The outputs of `model`, in its order: those of the answer's `out`, or of each `out_<model>`. */
  readonly groups: readonly OutputGroup[];
  /** Float inputs in which null stands for NaN. */
  readonly missing: readonly string[];
  /** The validations that the server evaluates. */
  readonly validations: readonly string[];
}

/** Outputs of an answer; `model` is null for `out`. */
export interface OutputGroup {
  readonly model: string | null;
  readonly ports: readonly Port[];
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
    return {
      kind: "model",
      name: model.name,
      model,
      groups: [{ model: null, ports: model.outputs }],
      missing: [],
      validations: [],
    };
  }
  throw new TargetError(
    "SL6011",
    `connect() takes a model handle of 'shapeline generate' or a pipeline, got ${describeValue(handle)}`,
  );
}

/**
 * A pipeline as `shapeline serve` serves it: its columns are the inputs. Several models at its end answer as
 * `out_<model>.<port>`. Where the inputs have rows, so has every output.
 */
function servedPipeline({ name, inputs: columns, outputs: last, steps, missing = [] }: AnyPipeline): ServedModel {
  const inputs = portsOf(columns).map(copyPort);
  const manyRows = inputs.some(({ shape }) => shape === null || rowAxis(shape) >= 0);
  const withRows = (port: Port): Port =>
    manyRows && port.shape !== null && rowAxis(port.shape) < 0 ? { ...port, shape: ["batch", ...port.shape] } : port;
  const tuple = steps.findLast((step) => step.kind === "models")?.models ?? [];
  const groups: readonly OutputGroup[] = Array.isArray(last)
    ? last.map((ports: object, i) => ({ model: tuple[i]?.name ?? "", ports: portsOf(ports) }))
    : [{ model: null, ports: portsOf(last) }];
  const outputs = groups.flatMap(({ model, ports }) =>
    ports.map((port) => copyPort(withRows(model === null ? port : { ...port, name: `out_${model}.${port.name}` }))),
  );
  return {
    kind: "pipeline",
    name,
    model: { name, version: "1", sha256: "", inputs, outputs, rows: rowsOf({ inputs, outputs }) },
    groups,
    missing,
    validations: steps.flatMap((step) => (step.kind === "validation" ? [step.name] : [])),
  };
}

function copyPort({ name, dtype, shape }: Port): ModelConfig["inputs"][number] {
  return { name, dtype, shape: shape && [...shape] };
}
