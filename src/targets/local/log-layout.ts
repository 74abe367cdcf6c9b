import type { Config, ModelConfig } from "../../config/schema.js";
import type { LogLayout } from "../../logs/pipeline-log.js";

/** What the log of a config's version holds. */
export function logLayout(config: Config, version: number): LogLayout {
  const outputsOf = (name: string): ModelConfig["outputs"] => config.models.find((model) => model.name === name)?.outputs ?? [];
  const last = config.steps.findLast((step) => step.kind !== "validation");
  const answering = last === undefined ? undefined : last.kind === "shadow" ? last.champion : last.model;
  const challengers = new Set(config.steps.flatMap((step) => (step.kind === "shadow" ? step.challengers : [])));
  return {
    pipeline: config.name,
    version,
    inputs: config.inputs,
    outputs: answering === undefined ? [] : outputsOf(answering),
    challengers: Array.from(challengers, (name) => ({ name, outputs: outputsOf(name) })),
    validations: config.steps.flatMap((step) => (step.kind === "validation" ? [step.name] : [])),
  };
}
