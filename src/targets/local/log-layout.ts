import type { Config, ModelConfig, StepConfig, StepConfigOf } from "../../config/schema.js";
import { loggedTupleModels } from "../../config/step-models.js";
import type { LogLayout } from "../../logs/pipeline-log.js";

type Outputs = ModelConfig["outputs"];

/** What goes on after the steps so far: one model's outputs, or a tuple of which none is selected yet. */
interface Flow {
  readonly model: string | null;
  readonly tuple: readonly string[];
}

const one = (model: string): Flow => ({ model, tuple: [] });

const flowByKind: { readonly [K in StepConfig["kind"]]: (before: Flow, step: StepConfigOf<K>) => Flow } = {
  model: (_, step) => one(step.model),
  models: (_, step) => ({ model: null, tuple: step.models }),
  audit: (before) => before,
  select: (before, step) => ({ model: before.tuple[step.index] ?? null, tuple: [] }),
  // The models of a split give the same ports.
  keySplit: (_, step) => one(step.default),
  randomSplit: (_, step) => ({ model: step.weights[0]?.model ?? null, tuple: [] }),
  shadow: (_, step) => one(step.champion),
  alert: (before) => before,
  validation: (before) => before,
  refine: (before) => before,
};

/** What the log of a config's version holds. */
export function logLayout(config: Config, version: number): LogLayout {
  const outputsOf = (name: string): Outputs => config.models.find((model) => model.name === name)?.outputs ?? [];
  const named = (names: Iterable<string>) => Array.from(names, (name) => ({ name, outputs: outputsOf(name) }));
  let last: Flow = { model: null, tuple: [] };
  for (const step of config.steps)
    last = (flowByKind[step.kind] as (before: Flow, step: StepConfig) => Flow)(last, step);
  return {
    pipeline: config.name,
    version,
    inputs: config.inputs,
    outputs: last.model === null ? [] : outputsOf(last.model),
    models: named(loggedTupleModels(config.steps)),
    challengers: named(new Set(config.steps.flatMap((step) => (step.kind === "shadow" ? step.challengers : [])))),
    validations: config.steps.flatMap((step) => (step.kind === "validation" ? [step.name] : [])),
  };
}
