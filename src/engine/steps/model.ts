import { stepSource } from "../../../dsl/messages/shapes.js";
import type { CompileStep } from "./context.js";
import { answering } from "./feed-model.js";

/** Inference with one model. */
export const modelStep: CompileStep<"model"> = (context, index, step) => {
  const model = context.model(step.model);
  const run = answering(context, index, model, step.rename);
  context.before = { ports: model.outputs, source: stepSource(index, model.name) };
  context.tuple = null;
  return run;
};
