import { stepSource } from "../../../dsl/messages/shapes.js";
import type { ModelConfig } from "../../config/schema.js";
import { allocate } from "../../tensors/dtypes.js";
import type { Challenge } from "../scheduling/challengers.js";
import { named, type Passage, type Tensors } from "./execution.js";
import { type CompileStep, type Context, find } from "./context.js";
import { answering, feeding } from "./feed-model.js";

/** The champion's output goes on; challengers run on the same input. */
export const shadowStep: CompileStep<"shadow"> = (context, index, step) => {
  const challengers = step.challengers.map((name) => challengerOf(context, index, context.model(name)));
  const model = context.model(step.champion);
  const champion = answering(context, index, model);
  context.before = { ports: model.outputs, source: stepSource(index, model.name) };
  context.tuple = null;
  const { answer, awaitAll } = context.parts;
  return (passage, next) => {
    const challenges = challengers.map((challenge) => challenge(passage));
    const awaited = challenges.filter(({ challenger }) => awaitAll || context.read.has(challenger));
    passage.later = [...passage.later, ...challenges.filter((challenge) => !awaited.includes(challenge))];
    if (awaited.length === 0) return champion(passage, next);
    // Begun before the champion, on their own thread, and for half of the time that is left: one that takes all of it must
    // not make the answer late.
    const limit = passage.clock.leftMs / 2;
    const answers = awaited.map(async (challenge) => [challenge.challenger, await answer(challenge, limit)] as const);
    return champion(passage, async () => {
      const notes = new Map(passage.notes);
      const beside = new Map(passage.beside);
      for (const [name, { outputs, note }] of await Promise.all(answers)) {
        if (note !== null) notes.set(name, note);
        const answered = new Uint8Array(passage.rows).fill(note === null ? 1 : 0);
        beside.set(name, { outputs: outputs ?? nothing(context.model(name), passage.rows), answered });
      }
      passage.notes = notes;
      passage.beside = beside;
      return next(passage);
    });
  };
};

function challengerOf(context: Context, index: number, model: ModelConfig): (passage: Passage) => Challenge {
  const { feed, check } = feeding(context, index, model, {});
  const run = find(context.parts.challengers, model.name);
  const names = model.outputs.map((port) => port.name);
  return (passage) => {
    const feeds = feed(passage);
    const { rows } = passage;
    return {
      challenger: model.name,
      rows,
      feeds,
      async run(until) {
        check?.(feeds);
        return run(feeds, rows, until, (outputs) => named(names, outputs));
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
