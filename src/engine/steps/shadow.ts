import { rowShape } from "../../../dsl/rows.js";
import type { ModelConfig } from "../../config/schema.js";
import { allocate } from "../../tensors/dtypes.js";
import { Names, NamedValues } from "../../tensors/named-values.js";
import type { ChallengerRun } from "../scheduling/challenger-queue.js";
import type { Execution, Tensors } from "./execution.js";
import { feedModel, serveModel } from "./run-model.js";
import { keepOutputs } from "./sources.js";
import { type CompileContext, engineStepKind, requireModel } from "./step-kind.js";

/** The champion's output becomes the current output; challengers run on the same input. */
export const shadowKind = engineStepKind<"shadow">({
  compile(context, index, step) {
    const challengers = step.challengers.map((name) => challengerRun(context, index, context.model(name)));
    const serveChampion = serveModel(context, index, context.model(step.champion));
    const { runChallenger, awaitAll } = context.parts;
    return (execution, next) => {
      const runs = challengers.map((runOf) => runOf(execution));
      const awaited = runs.filter(({ challenger }) => awaitAll || context.awaited.has(challenger));
      execution.deferred = [...execution.deferred, ...runs.filter((run) => !awaited.includes(run))];
      if (awaited.length === 0) return serveChampion(execution, next);
      // Awaited challengers start before the champion, on their own worker. They get half of the remaining time: one
      // that uses all of it must not make the answer late.
      const timeoutMs = execution.deadline.remainingMs / 2;
      const outcomes = awaited.map(async (run) => [run.challenger, await runChallenger(run, timeoutMs)] as const);
      return serveChampion(execution, async () => {
        const notes = new Map(execution.notes);
        const sideOutputs = new Map(execution.sideOutputs);
        for (const [name, { outputs, note }] of await Promise.all(outcomes)) {
          if (note !== null) notes.set(name, note);
          if (context.readLater.has(name)) keepOutputs(execution, name, outputs ?? new Map());
          const answered = new Uint8Array(execution.rows).fill(note === null ? 1 : 0);
          const own = outputs ?? zeroOutputs(context.model(name), execution.rows);
          sideOutputs.set(name, { outputs: own, answered });
        }
        execution.notes = notes;
        execution.sideOutputs = sideOutputs;
        return next(execution);
      });
    };
  },
});

function challengerRun(
  context: CompileContext,
  index: number,
  model: ModelConfig,
): (execution: Execution) => ChallengerRun {
  const { feed, check } = feedModel(context, index, model, { rename: {} });
  const run = requireModel(context.parts.challengers, model.name);
  const names = new Names(model.outputs.map((port) => port.name));
  return (execution) => {
    const feeds = feed(execution);
    const { rows } = execution;
    return {
      challenger: model.name,
      rows,
      feeds,
      async run(until) {
        check?.(feeds);
        return run(feeds, rows, until, (outputs) => new NamedValues(names, outputs));
      },
    };
  };
}

/** Zeros for a challenger without an answer, so that every column has its rows. */
function zeroOutputs(model: ModelConfig, rows: number): Tensors {
  return new Map(
    model.outputs.map(({ name, dtype, shape }) => {
      const dims = [rows, ...(rowShape(shape) ?? []).map((dim) => (typeof dim === "number" ? dim : 1))];
      const size = dims.reduce((product, dim) => product * dim, 1);
      return [name, { dtype, dims, data: allocate(dtype, size) }];
    }),
  );
}
