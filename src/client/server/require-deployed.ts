import type { AnyPipeline } from "../../../dsl/pipeline/any-pipeline.js";
import { pipelinePath } from "../../api/routes.js";
import { pipelineOutline } from "../../config/check/outline.js";
import type { ApiConnection } from "./http.js";

/**
 * Compares a deployed version with a pipeline. What explains a difference is loaded only where the outlines differ.
 *
 * @param version by default the deployed one
 * @returns the version that was compared
 * @throws ConfigError SL4009, PipelineError, and what the server answers
 */
export async function requireDeployed(
  api: ApiConnection,
  author: AnyPipeline,
  wayOut: string,
  version?: string,
): Promise<{ readonly version: string }> {
  const { name } = author;
  const found = await api.json({ path: pipelinePath(name, "outline"), query: { version } });
  if (typeof found["version"] !== "string") throw api.unexpected("it has no version");
  const deployed = { version: found["version"] };
  const own = pipelineOutline(author);
  if (own !== null && own === found["outline"]) return deployed;
  const { refuseOther } = await import("./refuse-other.js");
  const config = await api.json({ path: pipelinePath(name, "configuration"), query: deployed });
  await refuseOther(author, config, `the deployed version ${deployed.version} of '${name}'`, wayOut);
  return deployed;
}
