import {
  defineModel,
  pipeline,
  type AnyPipeline,
  type Model,
  type Port,
  type PortDefinition,
  type UncheckedPipeline,
} from "../../../dsl/index.js";
import type { Config, ModelConfig } from "../schema.js";
import { stepKind } from "../steps/steps.js";

/**
 * The pipeline that a config was built from. Its lambdas are those of `storedLambda`. The config must contain every
 * model its steps name.
 *
 * @param statesInputs whether it states its columns; otherwise the first inference step defines them
 */
export function rebuildPipeline(config: Config, statesInputs = true): AnyPipeline {
  const handles = new Map(config.models.map((model) => [model.name, defineModel(modelDefinition(model))]));
  const model = (name: string): Model => handles.get(name) as Model;
  const stated = {
    inputs: portRecord(config.inputs),
    ...(config.missing !== undefined && {
      missing: Object.fromEntries(config.missing.map((column) => [column, "nan"])),
    }),
  } as { readonly inputs: Readonly<Record<string, PortDefinition>> };
  const empty = statesInputs ? pipeline(config.name, stated) : pipeline(config.name);
  return config.steps.reduce(
    (built, step) => stepKind(step.kind).addTo(built, step, model),
    empty as unknown as UncheckedPipeline,
  );
}

/** A config's model as `defineModel` takes it. */
export function modelDefinition({
  name,
  version,
  sha256,
  inputs,
  outputs,
  batchSize,
  constants,
  renamed,
}: ModelConfig) {
  return {
    name,
    version,
    sha256,
    inputs: portRecord(inputs),
    outputs: portRecord(outputs),
    ...(batchSize !== undefined && { batchSize }),
    ...(constants !== undefined && { constants }),
    ...(renamed !== undefined && { renamed }),
  };
}

function portRecord(ports: readonly Port[]) {
  return Object.fromEntries(ports.map(({ name, dtype, shape }) => [name, { dtype, shape }]));
}
