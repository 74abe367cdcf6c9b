import type { Config } from "../config/schema.js";
import { awaitedModels } from "./awaited-models.js";
import type { Next } from "./steps/execution.js";
import { modelsReadLater } from "./steps/sources.js";
import { type CompileContext, type EngineParts, requireModel } from "./steps/step-kind.js";
import { stepKind } from "./steps/steps.js";

/** Compiles a config's steps, once, to one function that runs them in order and ends with `last`. */
export function compilePlan<T>(config: Config, parts: EngineParts, last: Next<T>): Next<T> {
  const models = new Map(config.models.map((model) => [model.name, model]));
  const context: CompileContext = {
    config,
    where: `pipeline '${config.name}'`,
    parts,
    awaited: awaitedModels(config),
    readLater: modelsReadLater(config.steps),
    model: (name) => requireModel(models, name),
    upstream: null,
    tuple: null,
  };
  const steps = config.steps.map((step, index) => stepKind(step.kind).compile(context, index, step));
  return steps.reduceRight<Next<T>>(
    (next, step) => (step === null ? next : (execution) => step(execution, next)),
    last,
  );
}
