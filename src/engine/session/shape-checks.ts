import { showTensor } from "../../../dsl/shapes/fits.js";
import { InputError, TargetError } from "../../../dsl/errors.js";
import { clash, misfit, requestSource } from "../../../dsl/messages/shapes.js";
import type { Config, ModelConfig } from "../../config/schema.js";
import type { Feeds } from "./model-runner.js";

/** Throws for tensors that the model does not accept. */
export type FeedCheck = (feeds: Feeds) => void;

/**
 * Creates the run-time checks of one model of one step: those that the types could not decide. Null if there are none.
 * The messages are the compiler's.
 *
 * @param source the origin of the tensors, with the verb: `step 2 (model 'embed') produces`; null for the request
 * @returns a function that throws InputError SL5016 for the request's tensors, TargetError SL6003 for a model's
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

/** A check prefixes a model's own symbol with the model: `scorer.k`. Messages use the author's name `k`. */
function symbolOf(model: ModelConfig, expects: string): string {
  return expects.startsWith(`${model.name}.`) ? expects.slice(model.name.length + 1) : expects;
}
