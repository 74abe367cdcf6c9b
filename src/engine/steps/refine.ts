import { InputError, TargetError } from "../../../dsl/errors.js";
import { requestSource } from "../../../dsl/messages/shapes.js";
import { showTensor } from "../../../dsl/shapes/fits.js";
import { isRagged, type RowsTensor } from "../../tensors/tensor-data.js";
import { engineStepKind } from "./step-kind.js";

/** Checks that every batch has the sizes given to its symbols. */
export const refineKind = engineStepKind<"refine">({
  compile(context, index) {
    const { upstream, config } = context;
    const checks = config.checks.filter((check) => check.step === index && check.model === null);
    return (execution, next) => {
      const tensors = upstream === null ? execution.inputs : execution.outputs;
      for (const { input, axis, expects } of checks) {
        const column = tensors.get(input);
        const shape = axis === null ? undefined : columnShapes(column).find((dims) => dims[axis + 1] !== expects);
        if (column === undefined || shape === undefined) continue;
        const message = `'${input}' is refined to ${expects} along axis ${axis} of a row but ${upstream?.source ?? requestSource} ${showTensor({ dtype: column.dtype, shape })}`;
        const details = { step: index, input };
        throw upstream === null
          ? new InputError("SL5016", message, details)
          : new TargetError("SL6003", message, details);
      }
      return next(execution);
    };
  },
});

/** The dimensions of a column, rows first: of every row if their shapes differ. */
function columnShapes(column: RowsTensor | undefined): readonly (readonly number[])[] {
  if (column === undefined) return [];
  return isRagged(column) ? column.shapes.map((shape) => [1, ...shape]) : [column.dims];
}
