import { stepSource } from "../../../dsl/wording.js";
import type { CompileStep } from "../plan-context.js";
import { modelRun } from "./feeding.js";

/** Several models on the same input. Their outputs stand side by side until one is selected. */
export const modelsStep: CompileStep<"models"> = (context, index, step) => {
  const models = step.models.map(context.model);
  const runs = models.map((model) => modelRun(context, index, model));
  context.before = { ports: [], source: stepSource(index, step.models.join(", ")) };
  context.tuple = { models, index };
  return async (passage) => {
    const begun = process.hrtime.bigint();
    const all = new Uint8Array(passage.rows).fill(1);
    for (const [i, run] of runs.entries()) passage.beside.set(models[i]?.name ?? "", { outputs: await run(passage), answered: all });
    passage.outputs = new Map();
    passage.lastModel = models.at(-1)?.name ?? "";
    passage.elapsed.push(Number(process.hrtime.bigint() - begun));
  };
};
