import { TargetError } from "../../../dsl/errors.js";
import { feedOf } from "../../../dsl/shapes/port-names.js";
import { missing, requestSource } from "../../../dsl/messages/shapes.js";
import type { ModelConfig } from "../../config/schema.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { named, type Passage, type RunStep, type Tensors } from "./execution.js";
import { type Context, find } from "./context.js";
import type { Feeds } from "../session/model-runner.js";
import { type FeedCheck, feedCheck } from "../session/shape-checks.js";

type Feed = (passage: Passage) => Feeds;
type Renaming = Readonly<Record<string, string>>;

/** Which tensor feeds which input, by the rule that the types and `build()` go by. */
export function feeding(
  context: Context,
  index: number,
  model: ModelConfig,
  rename: Renaming,
): { feed: Feed; check: FeedCheck | null } {
  const { before, config } = context;
  const given = before?.ports ?? config.inputs;
  const sources = model.inputs.map(({ name }): readonly [input: string, source: string] => {
    const source = feedOf(name, model.inputs, given, rename)?.name;
    if (source !== undefined) return [name, source];
    throw new TargetError(
      "SL6000",
      missing(
        model.name,
        name,
        before?.source ?? requestSource,
        given.map((port) => port.name),
      ),
      { step: index, model: model.name, input: name },
    );
  });
  const feed: Feed = (passage) => {
    const from = before === null ? passage.inputs : passage.outputs;
    const feeds: Record<string, TensorData> = {};
    for (const [input, source] of sources) {
      const tensor = from.get(source);
      if (tensor !== undefined) feeds[input] = tensor;
    }
    return feeds;
  };
  return { feed, check: feedCheck(config, index, model, before?.source ?? null) };
}

/** A model run on what arrives at its step; `use` is given its outputs by name. */
export type RunHere = <T>(passage: Passage, use: (outputs: Tensors) => T | Promise<T>) => Promise<T>;

export function modelRun(context: Context, index: number, model: ModelConfig, rename: Renaming = {}): RunHere {
  const { feed, check } = feeding(context, index, model, rename);
  const run = find(context.parts.champions, model.name);
  const names = model.outputs.map((port) => port.name);
  return (passage, use) => {
    const feeds = feed(passage);
    check?.(feeds);
    return run(feeds, passage.rows, passage.clock, (outputs) => use(named(names, outputs)));
  };
}

/** A model whose output goes on. */
export function answering(context: Context, index: number, model: ModelConfig, rename: Renaming = {}): RunStep {
  const run = modelRun(context, index, model, rename);
  return (passage, next) => {
    const begun = passage.clock.now;
    return run(passage, (outputs) => {
      passage.outputs = outputs;
      passage.lastModel = model.name;
      ended(context, passage, begun);
      return next(passage);
    });
  };
}

/** An inference step has ended with its last run: notes what it took, and ends the request whose time is over. */
export function ended({ config }: Context, passage: Passage, begun: number): void {
  const { clock, elapsed } = passage;
  elapsed.push(Math.round((clock.now - begun) * 1e6));
  clock.check(`pipeline '${config.name}'`);
}
