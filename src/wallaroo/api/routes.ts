/** Paths of the platform's HTTP interfaces, below the platform's URL. */

export const graphqlPath = "/v1/graphql";
/** Answers without credentials, on platforms since 2024: `{ default_arch }`. */
export const configPath = "/v1/api/config";
export const tokenPath = "/auth/realms/master/protocol/openid-connect/token";

/** The REST calls: all are POST requests below `/v1/api/`. */
export const restRoutes = {
  createWorkspace: "workspaces/create",
  listWorkspaces: "workspaces/list",
  uploadModel: "models/upload",
  modelVersion: "models/get_version_by_id",
  insertModelConfig: "models/insert_model_config",
  createPipeline: "pipelines/create",
  deployPipeline: "pipelines/deploy",
  undeployPipeline: "pipelines/undeploy",
  pipelineVersion: "pipelines/get_version",
  listPipelines: "pipelines/list_pipelines",
  pipelineByName: "pipelines/get_pipeline_by_name",
  deploymentStatus: "status/get_deployment",
  topicName: "plateau/get_topic_name",
  explainabilityConfigs: "explainability/list_configs_by_pipeline",
} as const;

export type RestCall = keyof typeof restRoutes;

export function restPath(call: RestCall): string {
  return `/v1/api/${restRoutes[call]}`;
}

/** What the platform calls a deployment in paths and in the body of a status call. */
export function deploymentName(deployId: string, id: number): string {
  return `${deployId}-${id}`;
}

export function inferPath(deployId: string, id: number, pipeline: string): string {
  const name = encodeURIComponent(deploymentName(deployId, id));
  return `/v1/api/pipelines/infer/${name}/${encodeURIComponent(pipeline)}`;
}

/** Logged rows. Those that failed a validation are also in a topic of their own. */
export function recordsPath(topic: string): string {
  return `/v1/logs/topic/${encodeURIComponent(topic)}/records`;
}

export const failuresTopic = (topic: string): string => `${topic}-failures`;
