import type { InferenceObserver } from "../../targets/local/inference-observer.js";

/** One observer that tells all of a list, which may still grow. */
export function observeWith(observers: readonly InferenceObserver[]): InferenceObserver {
  return {
    answered(config, inference, ms) {
      for (const observer of observers) observer.answered(config, inference, ms);
    },
    failed(pipeline, error, ms) {
      for (const observer of observers) observer.failed(pipeline, error, ms);
    },
    logged(pipeline, ms) {
      for (const observer of observers) observer.logged(pipeline, ms);
    },
    challengerEnded(pipeline, challenger, ms) {
      for (const observer of observers) observer.challengerEnded(pipeline, challenger, ms);
    },
  };
}
