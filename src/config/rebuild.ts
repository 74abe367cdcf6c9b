import { defineModel, pipeline, type AnyPipeline, type Model, type Port } from "../../dsl/index.js";
import type { Config, ModelConfig, StepConfig, StepConfigOf } from "./schema.js";

/** The builder without its types: what a config says is checked when it runs. */
interface Builder extends Omit<AnyPipeline, "models"> {
  model(model: Model, rename: Readonly<Record<string, string>>): Builder;
  models(models: readonly Model[]): Builder;
  audit(slice: string): Builder;
  select(index: number): Builder;
  keySplit(
    key: string,
    options: { readonly default: Model; readonly routes: Readonly<Record<string, Model>> },
  ): Builder;
  randomSplit(weights: readonly (readonly [number, Model])[], options?: { readonly hashKey: string }): Builder;
  shadow(champion: Model, challengers: readonly Model[]): Builder;
  validate(name: string, check: () => boolean): Builder;
  alert(name: string, condition: () => boolean, options: { readonly over: string; readonly for?: string }): Builder;
  refine(sizes: Readonly<Record<string, number>>): Builder;
}

type Handle = (name: string) => Model;

const addByKind: {
  readonly [K in StepConfig["kind"]]: (to: Builder, step: StepConfigOf<K>, model: Handle) => Builder;
} = {
  model: (to, step, model) => to.model(model(step.model), step.rename),
  models: (to, step, model) => to.models(step.models.map(model)),
  audit: (to, { from, to: end }) => to.audit(`${from}:${end ?? ""}`),
  select: (to, step) => to.select(step.index),
  keySplit: (to, step, model) =>
    to.keySplit(step.key, {
      default: model(step.default),
      routes: Object.fromEntries(Object.entries(step.routes).map(([value, name]) => [value, model(name)])),
    }),
  randomSplit: (to, { weights, hashKey }, model) =>
    to.randomSplit(
      weights.map(({ weight, model: name }) => [weight, model(name)] as const),
      ...(hashKey === null ? [] : [{ hashKey }]),
    ),
  shadow: (to, step, model) => to.shadow(model(step.champion), step.challengers.map(model)),
  validation: (to, step) => to.validate(step.name, () => true),
  alert: (to, { name, overSeconds, forSeconds }) =>
    to.alert(name, () => true, { over: `${overSeconds}s`, ...(forSeconds === 0 ? {} : { for: `${forSeconds}s` }) }),
  refine: (to, step) => to.refine(step.sizes),
};

/** The pipeline that a config was built from, but for its lambdas. Every model that a step names is among the config's. */
export function rebuilt(config: Config): AnyPipeline {
  const handles = new Map(config.models.map((model) => [model.name, handleOf(model)]));
  const model: Handle = (name) => handles.get(name) as Model;
  let built = pipeline(config.name, { inputs: portRecord(config.inputs) }) as unknown as Builder;
  for (const step of config.steps)
    built = (addByKind[step.kind] as (to: Builder, step: StepConfig, model: Handle) => Builder)(built, step, model);
  return built as unknown as AnyPipeline;
}

function handleOf(model: ModelConfig): Model {
  return defineModel(definitionOf(model));
}

/** What `defineModel` takes of a config's model. */
export function definitionOf({ name, version, sha256, inputs, outputs, renamed }: ModelConfig) {
  return {
    name,
    version,
    sha256,
    inputs: portRecord(inputs),
    outputs: portRecord(outputs),
    ...(renamed !== undefined && { renamed }),
  };
}

function portRecord(ports: readonly Port[]) {
  return Object.fromEntries(ports.map(({ name, dtype, shape }) => [name, { dtype, shape }]));
}
