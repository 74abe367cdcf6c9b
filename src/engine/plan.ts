import type { Config, StepConfig } from "../config/schema.js";
import type { Next } from "./steps/execution.js";
import { type CompileStep, type CompileContext, requireModel, type Parts } from "./steps/context.js";
import { awaitedModels } from "./awaited-models.js";
import { keySplitStep } from "./steps/key-split.js";
import { modelStep } from "./steps/model.js";
import { modelsStep } from "./steps/models.js";
import { randomSplitStep } from "./steps/random-split.js";
import { refineStep } from "./steps/refine.js";
import { selectStep } from "./steps/select.js";
import { shadowStep } from "./steps/shadow.js";
import { validationStep } from "./steps/validation.js";

const compileByKind: { readonly [K in StepConfig["kind"]]: CompileStep<K> } = {
  model: modelStep,
  models: modelsStep,
  // It says what the log holds, which is settled when the log is laid out.
  audit: () => null,
  select: selectStep,
  keySplit: keySplitStep,
  randomSplit: randomSplitStep,
  shadow: shadowStep,
  validation: validationStep,
  // It looks at many requests, and changes none.
  alert: () => null,
  refine: refineStep,
};

/** Compiles a config's steps, once, to one function that runs them in their order and ends with `last`. */
export function compilePlan<T>(config: Config, parts: Parts, last: Next<T>): Next<T> {
  const models = new Map(config.models.map((model) => [model.name, model]));
  const context: CompileContext = {
    config,
    parts,
    awaited: awaitedModels(config),
    model: (name) => requireModel(models, name),
    upstream: null,
    tuple: null,
  };
  const compiled = config.steps.map((step, index) =>
    (compileByKind[step.kind] as CompileStep<StepConfig["kind"]>)(context, index, step),
  );
  return compiled.reduceRight<Next<T>>(
    (next, step) => (step === null ? next : (execution) => step(execution, next)),
    last,
  );
}
