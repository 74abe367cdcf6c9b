import type { AnyPipeline, DeployOptions } from "../../../dsl/pipeline/any-pipeline.js";
import type { Config } from "../../config/schema.js";
import { refuseOther } from "./refuse-other.js";

/** True for a pipeline, false for a config. */
export function isPipeline(value: AnyPipeline | Config): value is AnyPipeline {
  return !("shapeline" in value);
}

/**
 * What a target deploys: the compiled config of the options, the config itself, or the pipeline's, which is built.
 *
 * @returns not parsed
 * @throws ConfigError SL4009 for a compiled config of another pipeline; what `build` throws
 */
export async function configOf(pipeline: AnyPipeline | Config, { config }: DeployOptions): Promise<unknown> {
  if (config !== undefined) {
    await refuseOther(pipeline as AnyPipeline, config, "the config", "compile the pipeline again");
    return config;
  }
  if (!isPipeline(pipeline)) return pipeline;
  const { build } = await import("../../build.js");
  return build(pipeline);
}
