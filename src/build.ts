import type { AnyPipeline } from "../dsl/index.js";
import type { Config } from "./config/schema.js";

/**
 * Compiles a pipeline to its config: checks that all steps fit, compiles the lambdas and hashes the result.
 *
 * @param pipeline what `pipeline(name)…` returned
 * @returns plain JSON data; the same source gives the same bytes
 * @throws PipelineError with all problems in `problems`: SL2xxx for steps that do not fit, SL1xxx for lambdas
 * @example
 * const config = await build(fraud);
 * await writeFile("fraud.pipeline.json", JSON.stringify(config, null, 2) + "\n");
 */
export async function build(pipeline: AnyPipeline): Promise<Config> {
  // Loaded on the first call: authoring a pipeline must not load the TypeScript parser.
  const { buildConfig } = await import("../codegen/compiler.js");
  return buildConfig(pipeline);
}
