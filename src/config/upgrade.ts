import { checkPipeline } from "../../dsl/index.js";
import { modelFlaw } from "../../dsl/model.js";
import type { Dim, Port } from "../../dsl/tensor.js";
import { rowsOf } from "./model-rows.js";
import { modelDefinition, rebuildPipeline } from "./rebuild/rebuild.js";
import type { Config, ModelConfig, StepConfig } from "./schema.js";

/** Whether an earlier version wrote the config: then no model says how its rows are stacked. */
export function isOlderConfig({ models }: Config): boolean {
  return models.every(({ rows }) => rows === undefined);
}

/**
 * A config of an earlier version in today's form. There dimension 0 of every port stacked the rows, whatever its name:
 * it becomes "batch". A number there becomes the model's batch size. The run-time checks are computed again, since
 * their axes count in the row shape now. The hash is still the old one.
 */
export function upgradeConfig(config: Config): Config {
  const upgraded: Config = {
    ...config,
    inputs: upgradePorts(config.inputs),
    models: config.models.map(upgradeModel),
    steps: config.steps.flatMap(upgradeStep),
  };
  // Where a model is wrong, `configProblems` says so.
  if (upgraded.models.some((model) => modelFlaw(modelDefinition(model)) !== null)) return upgraded;
  return { ...upgraded, checks: checkPipeline(rebuildPipeline(upgraded)).checks };
}

function upgradeModel(model: ModelConfig): ModelConfig {
  const [inputs, outputs] = [upgradePorts(model.inputs), upgradePorts(model.outputs)];
  const sizes = new Set([...model.inputs, ...model.outputs].map(({ shape }) => shape?.[0]));
  const [size] = sizes;
  const { renamed, ...rest } = model;
  return {
    ...rest,
    inputs,
    outputs,
    rows: rowsOf({ inputs, outputs }),
    ...(sizes.size === 1 && typeof size === "number" && size > 0 && { batchSize: size }),
    ...(renamed !== undefined && { renamed }),
  };
}

/** The symbol of the batch was the batch in every place; a shape has one row axis, so its other places are unknown. */
function upgradePorts<P extends Port>(ports: readonly P[]): P[] {
  const batch = new Set<Dim | undefined>(["batch"]);
  for (const { shape } of ports) if (typeof shape?.[0] === "string") batch.add(shape[0]);
  return ports.map((port) => ({
    ...port,
    shape: port.shape?.map((dim, axis) => (axis === 0 ? "batch" : batch.has(dim) ? null : dim)) ?? null,
  }));
}

/** The row axis is no symbol to refine: a fixed number of rows is the model's batch size. */
function upgradeStep(step: StepConfig): StepConfig[] {
  if (step.kind !== "refine" || !Object.hasOwn(step.sizes, "batch")) return [step];
  const { batch: _, ...sizes } = step.sizes;
  return Object.keys(sizes).length === 0 ? [] : [{ ...step, sizes }];
}
