import type { AnyPipeline } from "../../../dsl/pipeline/any-pipeline.js";
import { apiRoot, pipelinePath } from "../../api/routes.js";
import { writeJson } from "../../api/write-json.js";
import type { DeployedModel, DeployedPipeline } from "../../targets/local/public-types.js";
import { configOf, isPipeline } from "./config-of.js";
import { ApiConnection } from "./http.js";
import type { ServerTargetSettings } from "./options.js";
import type { ServerDeployment, ServerTarget } from "./public-types.js";
import { refuseOther } from "./refuse-other.js";
import { ServerDeploymentImpl } from "./server-deployment.js";

/** Everything of `server()` that sends requests. */
export type OpenedTarget = Omit<ServerTarget, "kind" | "url">;

export function openServerTarget(settings: ServerTargetSettings): OpenedTarget {
  const api = new ApiConnection(settings);
  const deployments = new Set<ServerDeploymentImpl>();
  const open = (name: string, author: AnyPipeline | null, version: unknown): ServerDeploymentImpl => {
    const live = new ServerDeploymentImpl(api, name, author, typeof version === "string" ? version : "");
    deployments.add(live);
    return live;
  };
  const connect = async (name: string, author: AnyPipeline | null): Promise<ServerDeployment> => {
    const { version } = await api.json({ path: pipelinePath(name) });
    if (author !== null) {
      const config = await api.json({ path: pipelinePath(name, "configuration") });
      const where = `the deployed version ${String(version)} of '${name}'`;
      await refuseOther(author, config, where, "deploy the pipeline, or connect with the source of that version");
    }
    return open(name, author, version);
  };
  return {
    async deploy(pipeline, options = {}) {
      const config = await configOf(pipeline, options);
      const { exclude, redact, maxElements } = settings.log ?? {};
      const { version, pipeline: name } = await api.json({
        path: `${apiRoot}/pipelines`,
        query: {
          logExclude: listOrNone(exclude),
          logRedact: listOrNone(redact),
          logMaxElements: maxElements === null ? "none" : maxElements,
          models: settings.models,
        },
        body: writeJson(config),
        type: "application/json",
      });
      if (typeof name !== "string") throw api.unexpected("it has no pipeline");
      return open(name, isPipeline(pipeline) ? pipeline : null, version);
    },
    connect: (pipeline) => connect(pipeline.name, pipeline),
    pipeline: (name) => connect(name, null),
    async pipelines() {
      const { pipelines } = await api.json({ path: `${apiRoot}/pipelines` });
      if (!Array.isArray(pipelines)) throw api.unexpected("it has no pipelines");
      return pipelines.map((each: DeployedPipeline) => ({ ...each, since: new Date(each.since) }));
    },
    async models() {
      const { models } = await api.json({ path: `${apiRoot}/models` });
      if (!Array.isArray(models)) throw api.unexpected("it has no models");
      return models as Omit<DeployedModel, "path">[];
    },
    async close() {
      await Promise.all(Array.from(deployments, (live) => live.close()));
      deployments.clear();
    },
  };
}

/** An empty list is a setting too: it leaves out nothing. */
function listOrNone(names: readonly string[] | undefined): readonly string[] | undefined {
  return names?.length === 0 ? [""] : names;
}
