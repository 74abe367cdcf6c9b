import { TargetError } from "../../../dsl/errors.js";
import { stepSource } from "../../../dsl/messages/shapes.js";
import { engineStepKind } from "./step-kind.js";

/** One output of the tuple becomes the current output. */
export const selectKind = engineStepKind<"select">({
  compile(context, index, step) {
    const model = context.tuple?.models[step.index];
    if (context.tuple === null || model === undefined) {
      throw new TargetError(
        "SL6000",
        `step ${index} selects output ${step.index} of a tuple that has no such output; build the config again`,
        { step: index },
      );
    }
    context.upstream = { ports: model.outputs, source: stepSource(context.tuple.index, model.name) };
    context.tuple = null;
    return (execution, next) => {
      execution.outputs = execution.sideOutputs.get(model.name)?.outputs ?? new Map();
      execution.lastModel = model.name;
      return next(execution);
    };
  },
});
