import { ConfigError, PipelineError } from "../../../dsl/errors.js";
import { type AnyPipeline, checkPipeline, portsOf } from "../../../dsl/index.js";
import type { ExpressionTree } from "../../expression/tree/tree.js";
import { escapeUnsafe } from "../../util/escape-text.js";
import { isDictionary } from "../../util/objects.js";
import { canonicalJson } from "../canonical.js";
import { stepText } from "../decompile.js";
import { modelConfig } from "../model-config.js";
import type { Config, StepConfig } from "../schema.js";
import { stepModels } from "../step-models.js";
import type { LambdaCompiler } from "../steps/step-kind.js";
import { stepKind } from "../steps/steps.js";

/**
 * Refuses a config that was not built from a pipeline's steps, so that the pipeline's types do not describe it. Names,
 * columns, models and steps are compared; lambdas are not, which say nothing about the types.
 *
 * @param where the config in the message: "the deployed version 3"
 * @param wayOut what to do about a difference
 * @throws ConfigError SL4009, which names the first step that differs; PipelineError for a pipeline with problems
 */
export function refuseDrift(pipeline: AnyPipeline, config: Config, where: string, wayOut: string): void {
  const { problems, sources } = checkPipeline(pipeline);
  if (problems.length > 0) throw new PipelineError(pipeline.name, problems);
  const steps = pipeline.steps.map((step, i) =>
    stepKind(step.kind).fromBuilder(step, noLambdas, sources.get(i) ?? new Map()),
  );
  const drift = nameDrift(pipeline, config) ?? stepDrift(steps, config) ?? modelDrift(pipeline, config);
  if (drift === null) return;
  const { step, text } = drift;
  throw new ConfigError(
    "SL4009",
    escapeUnsafe(`${where} is not of this pipeline '${pipeline.name}': ${text}; ${wayOut}`),
    { where, ...(step !== undefined && { step }) },
  );
}

interface Drift {
  /** The index of the step; missing if no step differs. */
  readonly step?: number;
  readonly text: string;
}

function nameDrift(pipeline: AnyPipeline, config: Config): Drift | null {
  return pipeline.name === config.name ? null : { text: `its name is '${config.name}'` };
}

function stepDrift(steps: readonly (StepConfig | null)[], config: Config): Drift | null {
  const count = Math.max(steps.length, config.steps.length);
  for (let step = 0; step < count; step++) {
    const [own, found] = [steps[step], config.steps[step]];
    const stored = found && withoutLambda(found);
    if (own && stored && canonicalJson(own) === canonicalJson(stored)) continue;
    return { step, text: `step ${step} is ${textOf(stored)} there, and ${textOf(own)} in the pipeline` };
  }
  return null;
}

const textOf = (step: StepConfig | null | undefined): string =>
  step ? stepText(step).replace(/(?:x|all) => true/, "…") : "missing";

/** What the steps name: models and request columns. A difference is that of the first step with such a model. */
function modelDrift(pipeline: AnyPipeline, config: Config): Drift | null {
  const own = new Map(pipeline.modelList.map((model) => [model.name, modelConfig(model)]));
  const stored = new Map(config.models.map((model) => [model.name, model]));
  for (const [step, each] of config.steps.entries()) {
    const { serving, challengers } = stepModels(each);
    for (const name of [...serving, ...challengers]) {
      const [mine, other] = [own.get(name), stored.get(name)];
      if (canonicalJson(mine) === canonicalJson(other)) continue;
      const digests = mine?.sha256 === other?.sha256 ? "other ports" : `the file ${other?.sha256.slice(0, 12)}…`;
      return { step, text: `the model '${name}' of step ${step} has ${digests} there` };
    }
  }
  const columns = { inputs: portsOf(pipeline.inputs), missing: pipeline.missing ?? [] };
  return canonicalJson(columns) === canonicalJson({ inputs: config.inputs, missing: config.missing ?? [] })
    ? null
    : { text: "its request columns are others" };
}

const alwaysTrue: ExpressionTree = { op: "constant", type: "boolean", value: true };
const noLambda = { source: "", expression: { tree: alwaysTrue, strings: {}, refused: {} } };

/** Every lambda is the same. */
const noLambdas = { validation: () => noLambda, alert: () => noLambda } as unknown as LambdaCompiler;

function withoutLambda(step: StepConfig): StepConfig {
  return isDictionary(step) && "expression" in step ? { ...step, ...noLambda } : step;
}
