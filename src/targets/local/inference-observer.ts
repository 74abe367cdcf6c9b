import type { Config } from "../../config/schema.js";
import type { Inference } from "../../engine/engine.js";

/**
 * Is told of every request to the pipelines of a target, for metrics and traces. Calls are part of the request: they
 * must be short and must not throw.
 */
export interface InferenceObserver {
  /** @param ms from the call to the answer, in milliseconds */
  answered(config: Config, inference: Inference, ms: number): void;
  /** @param ms from the call to the error, in milliseconds */
  failed(pipeline: string, error: unknown, ms: number): void;
  /** @param ms how long the request waited until its rows were on disk */
  logged(pipeline: string, ms: number): void;
  /**
   * A challenger that ran after the answer has ended.
   *
   * @param ms from the answer to the challenger's end
   */
  challengerEnded(pipeline: string, challenger: string, ms: number): void;
}
