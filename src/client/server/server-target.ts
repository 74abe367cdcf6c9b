import type { AnyPipeline } from "../../../dsl/pipeline/any-pipeline.js";
import { apiRoot, pipelinePath } from "../../api/routes.js";
import type { DeployedModel, DeployedPipeline } from "../../targets/local/public-types.js";
import { ApiConnection } from "./http.js";
import type { ServerTargetSettings } from "./options.js";
import type { ServerDeployment, ServerTarget } from "./public-types.js";
import { requireDeployed } from "./require-deployed.js";
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
    const wayOut = "deploy the pipeline, or connect with the source of that version";
    const { version } =
      author === null ? await api.json({ path: pipelinePath(name) }) : await requireDeployed(api, author, wayOut);
    return open(name, author, version);
  };
  return {
    async deploy(pipeline, options = {}) {
      const { deployTo } = await import("./deploy.js");
      const { name, author, version } = await deployTo(api, pipeline, options);
      return open(name, author, version);
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
