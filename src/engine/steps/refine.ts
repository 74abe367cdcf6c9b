import { showTensor } from "../../../dsl/shapes/fits.js";
import { InputError, TargetError } from "../../../dsl/errors.js";
import { requestSource } from "../../../dsl/messages/shapes.js";
import type { CompileStep } from "./context.js";

/** Holds every batch to the sizes that its symbols were given. */
export const refineStep: CompileStep<"refine"> = (context, index) => {
  const { before, config } = context;
  const checks = config.checks.filter((check) => check.step === index && check.model === null);
  return (passage, next) => {
    const arriving = before === null ? passage.inputs : passage.outputs;
    for (const { input, axis, expects } of checks) {
      const tensor = arriving.get(input);
      if (tensor === undefined || axis === null || tensor.dims[axis] === expects) continue;
      const message = `'${input}' is refined to ${expects} along axis ${axis} but ${before?.source ?? requestSource} ${showTensor({ dtype: tensor.dtype, shape: tensor.dims })}`;
      const details = { step: index, input };
      throw before === null ? new InputError("SL5016", message, details) : new TargetError("SL6003", message, details);
    }
    return next(passage);
  };
};
