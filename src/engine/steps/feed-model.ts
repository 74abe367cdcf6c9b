import { TargetError } from "../../../dsl/errors.js";
import { feedOf } from "../../../dsl/shapes/port-names.js";
import { missing, requestSource } from "../../../dsl/messages/shapes.js";
import type { ModelConfig } from "../../config/schema.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { tensorsByName, type Execution, type RunStep, type Tensors } from "./execution.js";
import { type CompileContext, requireModel } from "./context.js";
import type { Feeds } from "../session/model-runner.js";
import { type FeedCheck, feedCheck } from "../session/shape-checks.js";

type Feed = (execution: Execution) => Feeds;
type Renaming = Readonly<Record<string, string>>;

/** Which tensor feeds which input, by the rule that the types and `build()` go by. */
export function modelFeed(
  context: CompileContext,
  index: number,
  model: ModelConfig,
  rename: Renaming,
): { feed: Feed; check: FeedCheck | null } {
  const { upstream, config } = context;
  const given = upstream?.ports ?? config.inputs;
  const sources = model.inputs.map(({ name }): readonly [input: string, source: string] => {
    const source = feedOf(name, model.inputs, given, rename)?.name;
    if (source !== undefined) return [name, source];
    throw new TargetError(
      "SL6000",
      missing(
        model.name,
        name,
        upstream?.source ?? requestSource,
        given.map((port) => port.name),
      ),
      { step: index, model: model.name, input: name },
    );
  });
  const feed: Feed = (execution) => {
    const from = upstream === null ? execution.inputs : execution.outputs;
    const feeds: Record<string, TensorData> = {};
    for (const [input, source] of sources) {
      const tensor = from.get(source);
      if (tensor !== undefined) feeds[input] = tensor;
    }
    return feeds;
  };
  return { feed, check: feedCheck(config, index, model, upstream?.source ?? null) };
}

/** A model run on what arrives at its step; `use` is given its outputs by name. */
export type RunModelHere = <T>(execution: Execution, use: (outputs: Tensors) => T | Promise<T>) => Promise<T>;

export function modelRun(
  context: CompileContext,
  index: number,
  model: ModelConfig,
  rename: Renaming = {},
): RunModelHere {
  const { feed, check } = modelFeed(context, index, model, rename);
  const run = requireModel(context.parts.champions, model.name);
  const names = model.outputs.map((port) => port.name);
  return (execution, use) => {
    const feeds = feed(execution);
    check?.(feeds);
    return run(feeds, execution.rows, execution.deadline, (outputs) => use(tensorsByName(names, outputs)));
  };
}

/** A model whose output goes on. */
export function servingModel(
  context: CompileContext,
  index: number,
  model: ModelConfig,
  rename: Renaming = {},
): RunStep {
  const run = modelRun(context, index, model, rename);
  return (execution, next) => {
    const begun = execution.deadline.now;
    return run(execution, (outputs) => {
      execution.outputs = outputs;
      execution.lastModel = model.name;
      finishInference(context, execution, begun);
      return next(execution);
    });
  };
}

/** An inference step has ended with its last run: notes what it took, and ends the request whose time is over. */
export function finishInference({ config }: CompileContext, execution: Execution, begun: number): void {
  const { deadline, elapsedNs } = execution;
  elapsedNs.push(Math.round((deadline.now - begun) * 1e6));
  deadline.check(`pipeline '${config.name}'`);
}
