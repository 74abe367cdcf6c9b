import { TargetError } from "../../../dsl/errors.js";
import { stepSource } from "../../../dsl/messages/shapes.js";
import type { ChallengerResult } from "../../tensors/result.js";
import type { Execution, Tensors } from "./execution.js";
import type { CompileStep } from "./context.js";
import { finishInference, modelRun, type RunModelHere } from "./feed-model.js";

/** Several models on the same input. Their outputs stand side by side until one is selected. */
export const modelsStep: CompileStep<"models"> = (context, index, step) => {
  const models = step.models.map(context.model);
  const runs = models.map((model) => ({ name: model.name, run: modelRun(context, index, model) }));
  const lastModel = models.at(-1)?.name ?? "";
  context.upstream = { ports: [], source: stepSource(index, step.models.join(", ")) };
  context.tuple = { models, index };
  return (execution, next) => {
    const begun = execution.deadline.now;
    return runAll(runs, execution).then((outputs) => {
      const answered = new Uint8Array(execution.rows).fill(1);
      const beside = new Map<string, ChallengerResult>(execution.sideOutputs);
      for (let i = 0; i < runs.length; i++) {
        const own = outputs[i];
        if (own !== undefined) beside.set(runs[i]?.name ?? "", { outputs: own, answered });
      }
      execution.sideOutputs = beside;
      execution.outputs = new Map();
      execution.lastModel = lastModel;
      finishInference(context, execution, begun);
      return next(execution);
    });
  };
};

/** All begin at once, so that they share one turn of the event loop. One that fails ends the request when the others have ended. */
function runAll(
  runs: readonly { readonly run: RunModelHere }[],
  execution: Execution,
): Promise<readonly (Tensors | undefined)[]> {
  return new Promise((resolve, reject) => {
    const outputs = new Array<Tensors | undefined>(runs.length);
    const failures: Error[] = [];
    let left = runs.length;
    const end = (): void => {
      if (--left > 0) return;
      const [failure] = failures;
      if (failure === undefined) resolve(outputs);
      else reject(failure);
    };
    const fail = (error: unknown): void => {
      failures.push(error instanceof Error ? error : new TargetError("SL6000", String(error)));
      end();
    };
    for (const [i, { run }] of runs.entries()) {
      try {
        run(execution, (own) => void (outputs[i] = own)).then(end, fail);
      } catch (error) {
        fail(error);
      }
    }
  });
}
