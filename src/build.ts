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
  // Loaded on the first call: authoring needs no compiler, and only a lambda without an attached tree needs a parser.
  const { buildConfig, needsReader } = await import("../codegen/build-config.js");
  if (!needsReader(pipeline)) return buildConfig(pipeline, noReader);
  const { readLambda } = await import("../codegen/lambda/read-function.js");
  return buildConfig(pipeline, readLambda);
}

function noReader(): never {
  throw new TypeError("needsReader() returned false for a pipeline whose lambda must be read");
}
