import { stepSource } from "../../../dsl/messages/shapes.js";
import type { Execution, RunStep } from "./execution.js";
import { type CompileContext, requireModel } from "./context.js";
import { servingModel } from "./feed-model.js";

/** One of several models runs, for all rows of a request; `choose` names it. They stand for one: all give the same ports. */
export function splitStep(
  context: CompileContext,
  index: number,
  names: readonly string[],
  choose: (execution: Execution) => string,
): RunStep {
  const runs = new Map(names.map((name) => [name, servingModel(context, index, context.model(name))]));
  const first = context.model(names[0] ?? "");
  context.upstream = { ports: first.outputs, source: stepSource(index, first.name) };
  context.tuple = null;
  return (execution, next) => requireModel(runs, choose(execution))(execution, next);
}
