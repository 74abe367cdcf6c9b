import { stepSource } from "../../../dsl/messages/shapes.js";
import type { ModelConfig } from "../../config/schema.js";
import { allocate } from "../../tensors/dtypes.js";
import type { ChallengerRun } from "../scheduling/challenger-queue.js";
import { tensorsByName, type Execution, type Tensors } from "./execution.js";
import { type CompileStep, type CompileContext, requireModel } from "./context.js";
import { servingModel, modelFeed } from "./feed-model.js";

/** The champion's output goes on; challengers run on the same input. */
export const shadowStep: CompileStep<"shadow"> = (context, index, step) => {
  const challengers = step.challengers.map((name) => challengerOf(context, index, context.model(name)));
  const model = context.model(step.champion);
  const champion = servingModel(context, index, model);
  context.upstream = { ports: model.outputs, source: stepSource(index, model.name) };
  context.tuple = null;
  const { answer, awaitAll } = context.parts;
  return (execution, next) => {
    const challenges = challengers.map((challenge) => challenge(execution));
    const awaited = challenges.filter(({ challenger }) => awaitAll || context.awaited.has(challenger));
    execution.deferred = [...execution.deferred, ...challenges.filter((challenge) => !awaited.includes(challenge))];
    if (awaited.length === 0) return champion(execution, next);
    // Begun before the champion, on their own thread, and for half of the time that is left: one that takes all of it must
    // not make the answer late.
    const limit = execution.deadline.remainingMs / 2;
    const answers = awaited.map(async (challenge) => [challenge.challenger, await answer(challenge, limit)] as const);
    return champion(execution, async () => {
      const notes = new Map(execution.notes);
      const beside = new Map(execution.sideOutputs);
      for (const [name, { outputs, note }] of await Promise.all(answers)) {
        if (note !== null) notes.set(name, note);
        const answered = new Uint8Array(execution.rows).fill(note === null ? 1 : 0);
        beside.set(name, { outputs: outputs ?? nothing(context.model(name), execution.rows), answered });
      }
      execution.notes = notes;
      execution.sideOutputs = beside;
      return next(execution);
    });
  };
};

function challengerOf(
  context: CompileContext,
  index: number,
  model: ModelConfig,
): (execution: Execution) => ChallengerRun {
  const { feed, check } = modelFeed(context, index, model, {});
  const run = requireModel(context.parts.challengers, model.name);
  const names = model.outputs.map((port) => port.name);
  return (execution) => {
    const feeds = feed(execution);
    const { rows } = execution;
    return {
      challenger: model.name,
      rows,
      feeds,
      async run(until) {
        check?.(feeds);
        return run(feeds, rows, until, (outputs) => tensorsByName(names, outputs));
      },
    };
  };
}

/** Zeros in the place of outputs that are not there, so that every column has its rows. */
function nothing(model: ModelConfig, rows: number): Tensors {
  return new Map(
    model.outputs.map(({ name, dtype, shape }) => {
      const dims = [rows, ...(shape ?? [null]).slice(1).map((dim) => (typeof dim === "number" ? dim : 1))];
      return [
        name,
        {
          dtype,
          dims,
          data: allocate(
            dtype,
            dims.reduce((product, dim) => product * dim, 1),
          ),
        },
      ];
    }),
  );
}
