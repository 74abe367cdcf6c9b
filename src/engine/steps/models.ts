import { stepSource } from "../../../dsl/wording.js";
import { named } from "../passage.js";
import type { CompileStep } from "../plan-context.js";
import { ended, modelRun } from "./feeding.js";

/** Several models on the same input. Their outputs stand side by side until one is selected. */
export const modelsStep: CompileStep<"models"> = (context, index, step) => {
  const models = step.models.map(context.model);
  const runs = models.map((model) => ({ name: model.name, ...modelRun(context, index, model) }));
  context.before = { ports: [], source: stepSource(index, step.models.join(", ")) };
  context.tuple = { models, index };
  return async (passage) => {
    const begun = passage.now;
    const beside = new Map(passage.beside);
    const all = new Uint8Array(passage.rows).fill(1);
    for (const { name, names, run } of runs) beside.set(name, { outputs: named(names, await run(passage)), answered: all });
    passage.beside = beside;
    passage.outputs = new Map();
    passage.lastModel = models.at(-1)?.name ?? "";
    ended(context, passage, begun);
  };
};
