import type { AnyDeployment } from "./deployment.js";
import type { AnyPipeline } from "./pipeline/pipeline.js";

/** Where pipelines are deployed. It gets the pipeline untyped; `pipeline.deploy` gives the deployment its types. */
export interface Target {
  readonly kind: string;
  /** @throws PipelineError when the pipeline does not fit together, TargetError when the target cannot take it */
  deploy(pipeline: AnyPipeline): Promise<AnyDeployment>;
}
