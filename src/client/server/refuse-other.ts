import { ConfigError, ShapelineError } from "../../../dsl/errors.js";
import type { AnyPipeline } from "../../../dsl/pipeline/any-pipeline.js";
import type { Config } from "../../config/schema.js";
import { isRecord } from "../../util/objects.js";

/**
 * Refuses a config that was not built from a pipeline's steps.
 *
 * @throws ConfigError SL4009, SL4002 for a value that is no config, PipelineError
 */
export async function refuseOther(author: AnyPipeline, config: unknown, where: string, wayOut: string): Promise<void> {
  const { refuseDrift } = await import("../../config/check/drift.js");
  try {
    refuseDrift(author, config as Config, where, wayOut);
  } catch (cause) {
    if (cause instanceof ShapelineError) throw cause;
    const hint = isRecord(config) ? "its parts do not have the form of a config" : "it is no object";
    throw new ConfigError("SL4002", `${where} is no config: ${hint}; compile the pipeline again`, {}, { cause });
  }
}
