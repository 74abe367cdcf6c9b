import { showTensor } from "../../../dsl/shapes/fits.js";
import { InputError, TargetError } from "../../../dsl/errors.js";
import { clash, misfit, requestSource } from "../../../dsl/messages/shapes.js";
import type { Config, ModelConfig } from "../../config/schema.js";
import type { Feeds } from "./model-runner.js";

/** Throws for tensors that are not what the model takes. */
export type FeedCheck = (feeds: Feeds) => void;

/**
 * The checks that the types left open for one model of one step, as one function; null where there are none. They say what
 * the compiler would have said.
 *
 * @param source what gives the tensors, as `wording.ts` has it: `step 2 (model 'embed') produces`; null for the request
 * @returns a function that throws InputError SL5016 where the request is at fault, TargetError SL6003 where a model is
 */
export function feedCheck(config: Config, step: number, model: ModelConfig, source: string | null): FeedCheck | null {
  const checks = config.checks.filter((check) => check.step === step && check.model === model.name);
  if (checks.length === 0) return null;
  const refuse = (message: string, input: string): InputError | TargetError => {
    const details = { step, model: model.name, input };
    return source === null ? new InputError("SL5016", message, details) : new TargetError("SL6003", message, details);
  };
  return (feeds) => {
    const bound = new Map<string, { readonly size: number; readonly input: string }>();
    for (const { input, axis, expects } of checks) {
      const tensor = feeds[input];
      if (tensor === undefined) continue;
      const size = axis === null ? tensor.dims.length : tensor.dims[axis];
      if (typeof expects === "string" && size !== undefined) {
        const earlier = expects === "batch" ? { size: tensor.dims[0] ?? 0, input } : bound.get(expects);
        if (earlier === undefined) bound.set(expects, { size, input });
        else if (earlier.size !== size)
          throw refuse(clash(model.name, symbolOf(model, expects), input, size, earlier.input, earlier.size), input);
      } else if (size !== expects) {
        const port = model.inputs.find(({ name }) => name === input) ?? tensorPort(tensor);
        throw refuse(
          misfit(model.name, input, showTensor(port), source ?? requestSource, showTensor(tensorPort(tensor))),
          input,
        );
      }
    }
  };
}

function tensorPort({ dtype, dims }: Feeds[string]): {
  readonly dtype: Feeds[string]["dtype"];
  readonly shape: readonly number[];
} {
  return { dtype, shape: dims };
}

/** A check names a model's own symbol `scorer.k`; its author calls it `k`. */
function symbolOf(model: ModelConfig, expects: string): string {
  return expects.startsWith(`${model.name}.`) ? expects.slice(model.name.length + 1) : expects;
}
