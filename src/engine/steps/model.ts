import { stepSource } from "../../../dsl/messages/shapes.js";
import type { CompileStep } from "./context.js";
import { servingModel } from "./feed-model.js";

/** Inference with one model. */
export const modelStep: CompileStep<"model"> = (context, index, step) => {
  const model = context.model(step.model);
  const run = servingModel(context, index, model, step.rename);
  context.upstream = { ports: model.outputs, source: stepSource(index, model.name) };
  context.tuple = null;
  return run;
};
