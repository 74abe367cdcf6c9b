import { ConfigError } from "../../../dsl/errors.js";
import { checkPipeline, portsOf, type Extendable, type Model, type UncheckedPipeline } from "../../../dsl/index.js";
import type { Port } from "../../../dsl/tensor.js";
import { derivePorts } from "../../../dsl/check/derive-ports.js";
import { requireKnownOptions } from "../../util/options/known-options.js";
import { parseConfig } from "../config.js";
import { statesInputs } from "../decompile.js";
import { formatTensor } from "../format-tensor.js";
import { rebuildPipeline } from "./rebuild.js";
import type { Config } from "../schema.js";
import { readStoredLambda } from "./stored-lambda.js";

/** The models at the two ends of a pipeline, for its types. */
export interface PipelineEnds<In extends Model, Out extends Model> {
  /** The handle whose inputs are the request's columns. */
  readonly inputsOf: In;
  /** The handle whose outputs are the pipeline's: of the last model, the champion or the selected one. */
  readonly outputsOf: Out;
}

/**
 * A pipeline that was read from a config: the compiler knows its columns and outputs, but not its steps. Edits of steps
 * give a pipeline that `build()` checks.
 */
export interface PipelineOfConfig<in out Out extends object, out In extends object = object>
  extends Extendable<Out, In>, Omit<UncheckedPipeline, keyof Extendable<object>> {}

/**
 * The pipeline of a config, for further steps, edits and deploys. Its validations keep their compiled expressions: they
 * are checked again in `build()`, and need no TypeScript parser.
 *
 * @param config what `build()`, `fromDefinition()` or `parseConfig()` returned
 * @param ends handles of the first and the last model, which give lambdas and requests their types. Without them, rows
 *   are untyped and `build()` checks everything
 * @throws ConfigError SL4001 to SL4008 as `parseConfig`; SL4009 if the pipeline does not have the tensors of `ends`
 * @example
 * const { config } = fromDefinition(definition, { models: [ccfraud] });
 * if (config === null) throw new Error("it has no pipeline");
 * const edited = toPipeline(config, { inputsOf: ccfraud, outputsOf: ccfraud }).validate("low", (x) => x.out < 0.9);
 */
export function toPipeline(config: Config): UncheckedPipeline;
export function toPipeline<In extends Model, Out extends Model>(
  config: Config,
  ends: PipelineEnds<In, Out>,
): PipelineOfConfig<Out["outputs"], In["inputs"]>;
export function toPipeline(config: Config, ends?: PipelineEnds<Model, Model>): unknown {
  const parsed = parseConfig(config);
  const pipeline = rebuildPipeline(parsed, statesInputs(parsed));
  const { scopes } = checkPipeline(pipeline);
  pipeline.steps.forEach((step, i) => {
    const stored = readStoredLambda(
      step.kind === "validation" ? step.check : step.kind === "alert" ? step.condition : null,
    );
    if (stored !== undefined) stored.scope = scopes[i] ?? null;
  });
  if (ends !== undefined) refuseOtherEnds(parsed, derivePorts(pipeline.steps, pipeline.inputs).outputs, ends);
  return pipeline;
}

function refuseOtherEnds(config: Config, outputs: object, ends: PipelineEnds<Model, Model>): void {
  requireKnownOptions("toPipeline()", ends, ["inputsOf", "outputsOf"]);
  const { inputsOf, outputsOf } = ends;
  if (Array.isArray(outputs))
    throw new ConfigError(
      "SL4009",
      `pipeline '${config.name}' ends with the outputs of several models, of which none is selected; leave out 'inputsOf' and 'outputsOf'`,
      { pipeline: config.name },
    );
  const found = [
    ...differences("inputsOf", inputsOf, "input", portsOf(inputsOf.inputs), config.inputs),
    ...differences("outputsOf", outputsOf, "output", portsOf(outputsOf.outputs), portsOf(outputs)),
  ];
  if (found.length === 0) return;
  throw new ConfigError(
    "SL4009",
    `pipeline '${config.name}' does not have the tensors of the handles that were given:${found.map((line) => `\n  ${line}`).join("")}`,
    { pipeline: config.name, differences: found },
  );
}

/** Where types of `stated` would be wrong for `actual`. A symbol or unknown size of a handle fits any size. */
function differences(
  option: string,
  { name: model }: Model,
  side: "input" | "output",
  stated: readonly Port[],
  actual: readonly Port[],
): string[] {
  const names = [...new Set([...stated, ...actual].map(({ name }) => name))];
  return names.flatMap((name) => {
    const [wanted, found] = [stated, actual].map((ports) => ports.find((port) => port.name === name));
    if (wanted !== undefined && found !== undefined && fits(wanted, found)) return [];
    const has = found === undefined ? `has no ${side} '${name}'` : `has ${side} '${name}' as ${formatTensor(found)}`;
    const gives = wanted === undefined ? "has none" : `has ${formatTensor(wanted)}`;
    return [`${option}: the pipeline ${has}, and model '${model}' ${gives}`];
  });
}

function fits(wanted: Port, found: Port): boolean {
  if (wanted.dtype !== found.dtype) return false;
  const [typed, actual] = [wanted.shape, found.shape];
  if (typed === null || actual === null) return typed === actual;
  return (
    typed.length === actual.length &&
    typed.every((dim, axis) => (typeof dim === "number" || dim === "batch" ? dim === actual[axis] : true))
  );
}
