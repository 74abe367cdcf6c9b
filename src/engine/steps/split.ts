import { stepSource } from "../../../dsl/messages/shapes.js";
import type { Passage, RunStep } from "./execution.js";
import { type Context, find } from "./context.js";
import { answering } from "./feed-model.js";

/** One of several models runs, for all rows of a request; `choose` names it. They stand for one: all give the same ports. */
export function split(
  context: Context,
  index: number,
  names: readonly string[],
  choose: (passage: Passage) => string,
): RunStep {
  const runs = new Map(names.map((name) => [name, answering(context, index, context.model(name))]));
  const first = context.model(names[0] ?? "");
  context.before = { ports: first.outputs, source: stepSource(index, first.name) };
  context.tuple = null;
  return (passage, next) => find(runs, choose(passage))(passage, next);
}
