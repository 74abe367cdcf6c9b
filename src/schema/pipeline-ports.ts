import { PipelineError } from "../../dsl/errors.js";
import { type AnyPipeline, checkPipeline, type Port, portsOf } from "../../dsl/index.js";
import { derivePorts } from "../../dsl/check/derive-ports.js";

/** The ports of a pipeline's requests and answers. */
export interface PipelinePorts {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly missing: readonly string[];
  readonly outputs: readonly Port[];
  /** Outputs that every answer has, by `out_<model>`. */
  readonly models: Readonly<Record<string, readonly Port[]>>;
  /** Outputs that answers may have, by `out_<model>`; null in rows where the model failed. */
  readonly challengers: Readonly<Record<string, readonly Port[]>>;
  readonly validations: readonly string[];
}

/** @throws PipelineError for a pipeline with problems */
export function pipelinePorts(pipeline: AnyPipeline): PipelinePorts {
  const { problems } = checkPipeline(pipeline);
  if (problems.length > 0) throw new PipelineError(pipeline.name, problems);
  const { scopes } = derivePorts(pipeline.steps, pipeline.inputs);
  const { outputs = [], models = {} } = scopes.at(-1) ?? {};
  const byModel = outputs.length === 0 ? prefixed(Object.entries(models)) : {};
  const others = pipeline.modelList.map((model) => [model.name, portsOf(model.outputs)] as const);
  return {
    name: pipeline.name,
    inputs: portsOf(pipeline.inputs),
    missing: pipeline.missing ?? [],
    outputs,
    models: byModel,
    challengers: prefixed(others.filter(([model]) => !(`out_${model}` in byModel))),
    validations: pipeline.steps.flatMap((step) => (step.kind === "validation" ? [step.name] : [])),
  };
}

function prefixed(entries: readonly (readonly [string, readonly Port[]])[]): Record<string, readonly Port[]> {
  return Object.fromEntries(entries.map(([model, ports]) => [`out_${model}`, ports]));
}
