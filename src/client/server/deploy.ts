import type { AnyPipeline, DeployOptions } from "../../../dsl/pipeline/any-pipeline.js";
import { apiRoot } from "../../api/routes.js";
import { writeJson } from "../../api/write-json.js";
import type { Config } from "../../config/schema.js";
import { configOf, isPipeline } from "./config-of.js";
import type { ApiConnection } from "./http.js";

/** What a server deployed; `author` is null for a config. */
interface Deployed {
  readonly name: string;
  readonly version: unknown;
  readonly author: AnyPipeline | null;
}

/** Deploys a pipeline or a config. Loaded by the first `deploy`: most apps only connect. */
export async function deployTo(
  api: ApiConnection,
  pipeline: AnyPipeline | Config,
  options: DeployOptions,
): Promise<Deployed> {
  const config = await configOf(pipeline, options);
  const { log, models } = api.settings;
  const { exclude, redact, maxElements } = log ?? {};
  const { version, pipeline: name } = await api.json({
    path: `${apiRoot}/pipelines`,
    query: {
      logExclude: listOrNone(exclude),
      logRedact: listOrNone(redact),
      logMaxElements: maxElements === null ? "none" : maxElements,
      models,
    },
    body: writeJson(config),
    type: "application/json",
  });
  if (typeof name !== "string") throw api.unexpected("it has no pipeline");
  return { name, version, author: isPipeline(pipeline) ? pipeline : null };
}

/** An empty list is a setting too: it leaves out nothing. */
function listOrNone(names: readonly string[] | undefined): readonly string[] | undefined {
  return names?.length === 0 ? [""] : names;
}
