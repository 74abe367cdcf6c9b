import { TargetError } from "../../../dsl/errors.js";
import { missing, requestSource, stepSource } from "../../../dsl/messages/shapes.js";
import { columnSource, constantSource, modelOutputSource } from "../../../dsl/messages/sources.js";
import { feedOf } from "../../../dsl/shapes/port-names.js";
import type { ModelConfig, StepConfigOf } from "../../config/schema.js";
import type { SourceConfig } from "../../config/steps/model.js";
import { Names, NamedValues } from "../../tensors/named-values.js";
import type { RowsTensor } from "../../tensors/tensor-data.js";
import type { Feeds } from "../rows/feeds.js";
import type { UseOutputs } from "../rows/model-runner.js";
import { rowPlan } from "../rows/row-plan.js";
import { type FeedCheck, feedCheck, type FeedSource } from "../session/shape-checks.js";
import type { Execution, RunStep } from "./execution.js";
import { keepOutputs, missingSource, readSource } from "./sources.js";
import { type CompileContext, requireModel } from "./step-kind.js";

type Feed = (execution: Execution) => Feeds;
/** The sources that a step names. */
type NamedSources = Pick<StepConfigOf<"model">, "rename" | "sources">;
const noSources: NamedSources = { rename: {} };

/** Decides which tensor feeds which input, by the rule of the types and of `build()`. */
export function feedModel(
  context: CompileContext,
  index: number,
  model: ModelConfig,
  { rename, sources = {} }: NamedSources,
): { feed: Feed; check: FeedCheck | null } {
  const { upstream, config } = context;
  const available = upstream?.ports ?? config.inputs;
  const stacked = new Set(rowPlan(model).inputs.flatMap(({ port, at }) => (typeof at === "number" ? [port.name] : [])));
  const others = Object.entries(sources).map(([input, source]) => {
    return { input, source, read: readSource(source, stacked.has(input)) };
  });
  const current = model.inputs
    .filter(({ name }) => !Object.hasOwn(sources, name))
    .map(({ name }): readonly [input: string, output: string] => {
      const output = Object.hasOwn(rename, name)
        ? available.find((port) => port.name === rename[name])?.name
        : feedOf(name, model.inputs, available, { ...rename, ...sources })?.name;
      if (output !== undefined) return [name, output];
      throw new TargetError(
        "SL6000",
        missing(
          model.name,
          name,
          upstream?.source ?? requestSource,
          available.map((port) => port.name),
        ),
        { step: index, model: model.name, input: name },
      );
    });
  const feed: Feed = (execution) => {
    const tensors = upstream === null ? execution.inputs : execution.outputs;
    const feeds: Record<string, RowsTensor> = {};
    for (const [input, output] of current) {
      const tensor = tensors.get(output);
      if (tensor !== undefined) feeds[input] = tensor;
    }
    for (const { input, source, read } of others) {
      const tensor = read(execution);
      if (tensor === undefined) throw missingSource(execution, index, model.name, source);
      feeds[input] = tensor;
    }
    return feeds;
  };
  const currentSource: FeedSource = { text: upstream?.source ?? requestSource, isRequest: upstream === null };
  const sourceOf = (input: string): FeedSource => {
    const source = Object.hasOwn(sources, input) ? sources[input] : undefined;
    return source === undefined ? currentSource : describeSource(source);
  };
  return { feed, check: feedCheck(config, index, model, sourceOf) };
}

function describeSource(source: SourceConfig): FeedSource {
  if ("column" in source) return { text: columnSource(source.column), isRequest: true };
  if ("model" in source) return { text: modelOutputSource(source.model, source.output), isRequest: false };
  return { text: constantSource, isRequest: false };
}

/** A model of a step, with its outputs. */
export interface ModelOfStep {
  readonly outputs: Names;
  /** Runs the model on the current tensors; `use` receives one column for each output. */
  readonly run: <T>(execution: Execution, use: UseOutputs<T>) => Promise<T>;
}

export function runModel(
  context: CompileContext,
  index: number,
  model: ModelConfig,
  sources: NamedSources = noSources,
): ModelOfStep {
  const { feed, check } = feedModel(context, index, model, sources);
  const run = requireModel(context.parts.champions, model.name);
  return {
    outputs: new Names(model.outputs.map((port) => port.name)),
    run: (execution, use) => {
      const feeds = feed(execution);
      check?.(feeds);
      return run(feeds, execution.rows, execution.deadline, use);
    },
  };
}

/** Runs a model whose output becomes the current output. */
export function serveModel(
  context: CompileContext,
  index: number,
  model: ModelConfig,
  sources: NamedSources = noSources,
): RunStep {
  const step = serve(context, index, model, sources);
  setUpstream(context, index, model);
  return step;
}

/**
 * Runs one of several models, for all rows of a request; its output becomes the current output.
 *
 * @param names the models, which all have the same outputs
 * @param choose returns the name of the model for a request
 */
export function serveChosenModel(
  context: CompileContext,
  index: number,
  names: readonly string[],
  choose: (execution: Execution) => string,
): RunStep {
  const steps = new Map(names.map((name) => [name, serve(context, index, context.model(name), noSources)]));
  setUpstream(context, index, context.model(names[0] ?? ""));
  return (execution, next) => requireModel(steps, choose(execution))(execution, next);
}

/** Ends an inference step: records its time, and throws if the request's deadline has passed. */
export function finishInference({ where }: CompileContext, execution: Execution, startedAt: number): void {
  const { deadline, elapsedNs } = execution;
  execution.elapsedNs = withLast(elapsedNs, Math.round((deadline.now - startedAt) * 1e6));
  deadline.check(where);
}

/** The numbers and one more. `push` and a spread make room for 17 numbers, and take five times as long. */
function withLast(numbers: readonly number[], last: number): readonly number[] {
  const more = new Array<number>(numbers.length + 1);
  for (let i = 0; i < numbers.length; i++) more[i] = numbers[i] ?? 0;
  more[numbers.length] = last;
  return more;
}

function serve(context: CompileContext, index: number, model: ModelConfig, sources: NamedSources): RunStep {
  const { run, outputs: names } = runModel(context, index, model, sources);
  const isReadLater = context.readLater.has(model.name);
  return (execution, next) => {
    const startedAt = execution.deadline.now;
    return run(execution, (outputs) => {
      execution.outputs = new NamedValues(names, outputs);
      execution.lastModel = model.name;
      if (isReadLater) keepOutputs(execution, model.name, execution.outputs);
      finishInference(context, execution, startedAt);
      return next(execution);
    });
  };
}

function setUpstream(context: CompileContext, index: number, model: ModelConfig): void {
  context.upstream = { ports: model.outputs, source: stepSource(index, model.name) };
  context.tuple = null;
}
