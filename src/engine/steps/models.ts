import { TargetError } from "../../../dsl/errors.js";
import { stepSource } from "../../../dsl/messages/shapes.js";
import { NamedValues } from "../../tensors/named-values.js";
import type { Execution, Tensors } from "./execution.js";
import { finishInference, type ModelOfStep, runModel } from "./run-model.js";
import { keepOutputs } from "./sources.js";
import { engineStepKind } from "./step-kind.js";

/** Several models on the same input. Their outputs form a tuple until one of them is selected. */
export const modelsKind = engineStepKind<"models">({
  tupleModels: ({ models }) => models,
  compile(context, index, step) {
    const models = step.models.map(context.model);
    const runs = models.map((model) => ({ name: model.name, ...runModel(context, index, model) }));
    const lastModel = models.at(-1)?.name ?? "";
    context.upstream = { ports: [], source: stepSource(index, step.models.join(", ")) };
    context.tuple = { models, index };
    return (execution, next) => {
      const startedAt = execution.deadline.now;
      return runAll(runs, execution).then((outputs) => {
        const answered = new Uint8Array(execution.rows).fill(1);
        const sideOutputs = new Map(execution.sideOutputs);
        for (let i = 0; i < runs.length; i++) {
          const own = outputs[i];
          const name = runs[i]?.name ?? "";
          if (own === undefined) continue;
          sideOutputs.set(name, { outputs: own, answered });
          if (context.readLater.has(name)) keepOutputs(execution, name, own);
        }
        execution.sideOutputs = sideOutputs;
        execution.outputs = new Map();
        execution.lastModel = lastModel;
        finishInference(context, execution, startedAt);
        return next(execution);
      });
    };
  },
});

/**
 * Starts all runs at once, so that they share one turn of the event loop. A failure rejects after the other runs have
 * ended.
 */
function runAll(runs: readonly ModelOfStep[], execution: Execution): Promise<readonly (Tensors | undefined)[]> {
  return new Promise((resolve, reject) => {
    const outputs = new Array<Tensors | undefined>(runs.length);
    const failures: Error[] = [];
    let running = runs.length;
    const end = (): void => {
      if (--running > 0) return;
      const [failure] = failures;
      if (failure === undefined) resolve(outputs);
      else reject(failure);
    };
    const fail = (error: unknown): void => {
      failures.push(error instanceof Error ? error : new TargetError("SL6000", String(error)));
      end();
    };
    for (const [i, { run, outputs: names }] of runs.entries()) {
      try {
        run(execution, (own) => void (outputs[i] = new NamedValues(names, own))).then(end, fail);
      } catch (error) {
        fail(error);
      }
    }
  });
}
