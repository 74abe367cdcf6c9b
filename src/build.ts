import type { AnyPipeline } from "../dsl/index.js";
import type { Config } from "./config/schema.js";

/**
 * Compiles a pipeline to its config: checks that every step fits, compiles the lambdas, hashes the result.
 *
 * @param pipeline what `pipeline(name)…` gave
 * @returns plain JSON data, the same for the same source
 * @throws PipelineError with `problems`, all of them: SL2xxx for steps that do not fit, SL1xxx for lambdas
 * @example
 * const config = await build(fraud);
 * await writeFile("fraud.pipeline.json", JSON.stringify(config, null, 2) + "\n");
 */
export async function build(pipeline: AnyPipeline): Promise<Config> {
  // Loaded on the first call: authoring a pipeline must not load the TypeScript parser.
  const { buildConfig } = await import("../codegen/compiler.js");
  return buildConfig(pipeline);
}
