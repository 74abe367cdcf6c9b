import type { AnyDeployment } from "../deployment.js";
import type { Model } from "../model.js";
import type { Step } from "../steps/step-kinds.js";

/**
 * Any pipeline: plain frozen data and `deploy`. Targets and `build()` accept it. Also a short annotation for exported
 * pipelines.
 */
export interface AnyPipeline {
  readonly name: string;
  readonly steps: readonly Step[];
  /** The models of all steps, each once, in order. */
  readonly modelList: readonly Model[];
  /** The request's columns: stated in `pipeline(name, { inputs })`, or the inputs of the first inference step. */
  readonly inputs: object;
  /** Float columns in which null stands for NaN, from `pipeline(name, { inputs, missing })`. */
  readonly missing?: readonly string[];
  /** The outputs of the last inference step. */
  readonly outputs: object;
  /** @throws PipelineError when the pipeline has problems, TargetError when the target cannot deploy it */
  deploy(target: Target): Promise<AnyDeployment>;
}

/** Deploys pipelines. It receives the pipeline untyped; `pipeline.deploy` adds the types of the deployment. */
export interface Target {
  readonly kind: string;
  /** @throws PipelineError when the pipeline has problems, TargetError when the target cannot deploy it */
  deploy(pipeline: AnyPipeline): Promise<AnyDeployment>;
}
