import type { Config } from "../../config/schema.js";
import { stepModels } from "../../config/step-models.js";

/** The label values of each entry of `Inference.elapsedNs`. Positions are those of the pipeline's steps, from 0. */
export function inferenceSteps(config: Config): { readonly step: string; readonly kind: string }[] {
  const runs = config.steps.flatMap((step, i) =>
    stepModels(step).serving.length > 0 ? [{ step: String(i), kind: step.kind }] : [],
  );
  return [{ step: "read", kind: "read" }, ...runs];
}
