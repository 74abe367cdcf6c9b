import { compileChecks } from "../../expression/javascript.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import type { CompileStep } from "../plan-context.js";
import type { StepConfigOf } from "../../config/schema.js";

/** What must hold for every row. Validations that stand together read the same columns: the first one's loop does them all. */
export const validationStep: CompileStep<"validation"> = ({ config, read }, index, first) => {
  if (config.steps[index - 1]?.kind === "validation") return null;
  const together: StepConfigOf<"validation">[] = [first];
  for (let next = index + 1, step = config.steps[next]; step?.kind === "validation"; step = config.steps[++next]) together.push(step);
  const run = compileChecks(together.map(({ name, expression }) => ({ name, tree: expression.tree })));
  return (passage) => {
    const columns = new Map<string, TensorData>();
    const present = new Map<string, Uint8Array>();
    for (const [name, tensor] of passage.inputs) columns.set(`in.${name}`, tensor);
    for (const [name, tensor] of passage.outputs) columns.set(`out.${name}`, tensor);
    for (const model of read) {
      const result = passage.beside.get(model);
      if (result === undefined) continue;
      for (const [name, tensor] of result.outputs) {
        columns.set(`out_${model}.${name}`, tensor);
        present.set(`out_${model}.${name}`, result.answered);
      }
    }
    for (const [name, failed] of run(columns, passage.rows, present)) passage.failures.set(name, failed);
  };
};
