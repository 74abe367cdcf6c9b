import { serveModel } from "./run-model.js";
import { engineStepKind } from "./step-kind.js";

/** Inference with one model. */
export const modelKind = engineStepKind<"model">({
  compile: (context, index, step) => serveModel(context, index, context.model(step.model), step),
});
