import type { Config, ModelConfig } from "../../config/schema.js";
import { loggedTupleModels, outputModel, stepModels } from "../../config/step-models.js";
import type { LogLayout } from "../../logs/pipeline-log.js";

type Outputs = ModelConfig["outputs"];

/** The columns that the log of a config's version has. */
export function logLayout(config: Config, version: number): LogLayout {
  const outputsOf = (name: string): Outputs => config.models.find((model) => model.name === name)?.outputs ?? [];
  const named = (names: Iterable<string>) => Array.from(names, (name) => ({ name, outputs: outputsOf(name) }));
  const last = outputModel(config.steps);
  return {
    pipeline: config.name,
    version,
    inputs: config.inputs,
    outputs: last === null ? [] : outputsOf(last),
    models: named(loggedTupleModels(config.steps)),
    challengers: named(new Set(config.steps.flatMap((step) => stepModels(step).challengers))),
    validations: config.steps.flatMap((step) => (step.kind === "validation" ? [step.name] : [])),
  };
}
