import type { Config, ModelConfig, StepConfig, StepConfigOf } from "../../config/schema.js";
import { loggedTupleModels } from "../../config/step-models.js";
import type { LogLayout } from "../../logs/pipeline-log.js";

type Outputs = ModelConfig["outputs"];

/** The result of the steps so far: one model's outputs, or a tuple from which none is selected yet. */
interface StepOutput {
  readonly model: string | null;
  readonly tuple: readonly string[];
}

const single = (model: string): StepOutput => ({ model, tuple: [] });

const outputAfterStep: {
  readonly [K in StepConfig["kind"]]: (before: StepOutput, step: StepConfigOf<K>) => StepOutput;
} = {
  model: (_, step) => single(step.model),
  models: (_, step) => ({ model: null, tuple: step.models }),
  audit: (before) => before,
  select: (before, step) => ({ model: before.tuple[step.index] ?? null, tuple: [] }),
  // All models of a split have the same output ports.
  keySplit: (_, step) => single(step.default),
  randomSplit: (_, step) => ({ model: step.weights[0]?.model ?? null, tuple: [] }),
  shadow: (_, step) => single(step.champion),
  alert: (before) => before,
  validation: (before) => before,
  refine: (before) => before,
};

/** The columns that the log of a config's version has. */
export function logLayout(config: Config, version: number): LogLayout {
  const outputsOf = (name: string): Outputs => config.models.find((model) => model.name === name)?.outputs ?? [];
  const named = (names: Iterable<string>) => Array.from(names, (name) => ({ name, outputs: outputsOf(name) }));
  let last: StepOutput = { model: null, tuple: [] };
  for (const step of config.steps)
    last = (outputAfterStep[step.kind] as (before: StepOutput, step: StepConfig) => StepOutput)(last, step);
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
