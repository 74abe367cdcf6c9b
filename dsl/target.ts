import type { AnyDeployment } from "./deployment.js";
import type { AnyPipeline } from "./pipeline/pipeline.js";

/** Deploys pipelines. It receives the pipeline untyped; `pipeline.deploy` adds the types of the deployment. */
export interface Target {
  readonly kind: string;
  /** @throws PipelineError when the pipeline has problems, TargetError when the target cannot deploy it */
  deploy(pipeline: AnyPipeline): Promise<AnyDeployment>;
}
