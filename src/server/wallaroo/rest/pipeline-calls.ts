import * as z from "zod";
import type { Plane } from "../control-plane.js";
import { notFound, platformProblem } from "../errors.js";
import type { PipelineRow, PipelineVersionRow } from "../state/rows.js";
import { type Call, call, id, name } from "./call.js";
import { isWanted } from "./workspace-calls.js";

/** Pipelines, their versions and deployments, and the lists about them that are empty here. */
export const pipelineCalls: Readonly<Record<string, Call>> = {
  "pipelines/create": call(
    "admin",
    z.object({ pipeline_id: z.string(), workspace_id: id, definition: z.json() }),
    async (body, plane, { user }) => {
      // A pipeline of that name may have been deployed in another way.
      await plane.sync();
      const { pipeline, version } = await plane.pipelines.create({
        name: body.pipeline_id,
        workspace: body.workspace_id,
        definition: body.definition,
        user,
      });
      return {
        pipeline_pk_id: pipeline.id,
        pipeline_variant_pk_id: version.id,
        pipeline_variant_version: version.version,
      };
    },
  ),
  "pipelines/deploy": call(
    "admin",
    z.object({
      deploy_id: name,
      pipeline_version_pk_id: id,
      engine_config: z.json().optional(),
      model_configs: z.array(id).max(1000).nullish(),
    }),
    async (body, plane, { isSdk, log }) => {
      try {
        const deployment = await plane.deployments.deploy(plane, {
          version: body.pipeline_version_pk_id,
          deployId: body.deploy_id,
          engineConfig: body.engine_config ?? {},
          modelConfigs: body.model_configs ?? null,
        });
        return { id: deployment.id };
      } catch (error) {
        const problem = platformProblem(error);
        if (!isSdk || problem === null || problem.status >= 500) throw error;
        log.warn({ status: problem.status }, "a deploy was refused; the SDK gets the reason by its next query");
        return { id: plane.refusedDeploys.add(problem.message) };
      }
    },
  ),
  "pipelines/undeploy": call("admin", z.object({ deployment_id: id }), async (body, plane) => {
    await plane.deployments.undeploy(body.deployment_id, plane);
    return {};
  }),
  "status/get_deployment": call("read", z.object({ name }), async (body, plane) => {
    await plane.sync();
    return deploymentStatus(body.name, plane);
  }),
  "pipelines/get_version": call("read", z.object({ version: z.string() }), async (body, plane) => {
    await plane.sync();
    const found = plane.tables.find("pipeline_version", (row) => row.version === body.version);
    if (found === undefined) throw notFound(`pipeline version '${body.version}'`);
    const { pipeline_id } = plane.pipelines.get(found.pipeline_pk_id);
    return { pipeline_id, version: found.version, definition: found.definition };
  }),
  "pipelines/list_pipelines": call(
    "read",
    z.object({ workspace_id: id.nullish(), workspace_name: z.string().nullish() }),
    async (body, plane) => {
      await plane.sync();
      const rows = plane.tables.filter("pipeline", ({ workspace_id }) => isWanted(workspace_id, body, plane));
      return { pipelines: rows.reverse().map((row) => pipelineEntry(row, plane)) };
    },
  ),
  "pipelines/get_pipeline_by_name": call(
    "read",
    z.object({ pipeline_name: z.string(), workspace_id: id.nullish() }),
    async (body, plane) => {
      await plane.sync();
      const found = plane.tables.find(
        "pipeline",
        (row) => row.pipeline_id === body.pipeline_name && isWanted(row.workspace_id, body, plane),
      );
      if (found === undefined) throw notFound(`pipeline '${body.pipeline_name}'`);
      return pipelineEntry(found, plane);
    },
  ),
  "plateau/get_topic_name": call("read", z.object({ pipeline_pk_id: id }), async (body, plane) => {
    await plane.sync();
    return { topic_name: topicOf(plane.pipelines.get(body.pipeline_pk_id)) };
  }),
  "pipelines/list_publishes_for_pipeline": call("read", z.looseObject({}), (_, __, { isBefore, status }) => {
    // Older releases take no other status, and later ones not this one.
    if (isBefore("2025")) status(202);
    return { publishes: [], edges: [] };
  }),
  "explainability/list_configs_by_pipeline": call("read", z.looseObject({}), () => []),
  "explainability/list_requests_by_pipeline": call("read", z.looseObject({}), () => []),
};

/** The name of a pipeline's log. */
export function topicOf({ workspace_id, pipeline_id }: PipelineRow): string {
  return `workspace-${workspace_id}-pipeline-${pipeline_id}-inference`;
}

function pipelineEntry(row: PipelineRow, plane: Plane): unknown {
  const workspace = plane.workspaces.get(row.workspace_id);
  const versions: PipelineVersionRow[] = plane.pipelines.versionsOf(row.id);
  return {
    pipeline: {
      id: row.id,
      name: row.pipeline_id,
      created_at: row.created_at,
      updated_at: row.updated_at,
      visibility: row.visibility,
      owner_id: row.owner_id,
    },
    versions: versions.map(({ id: version }) => version),
    plateau_topic: topicOf(row),
    workspace: {
      id: workspace.id,
      name: workspace.name,
      archived: workspace.archived,
      created_at: workspace.created_at,
    },
  };
}

function deploymentStatus(wanted: string, plane: Plane): unknown {
  const deployment = plane.deployments.named(wanted, plane);
  const state = plane.deployments.statusOf(deployment);
  if (state === null) throw notFound(`a running deployment '${wanted}'`);
  const pipeline = plane.pipelines.get(deployment.pipeline_pk_id);
  const { version } = plane.pipelines.version(deployment.pipeline_version_pk_id);
  const { status } = state;
  const details = "reason" in state ? [state.reason] : [];
  const models = deployment.model_config_ids.flatMap((config) => {
    const row = plane.tables.get("model_config", config);
    const model = row === undefined ? undefined : plane.tables.get("model", row.model_id);
    return model === undefined
      ? []
      : [{ model_version_id: model.id, name: model.model_id, sha: model.sha, status, version: model.model_version }];
  });
  return {
    status,
    details,
    engines: [
      {
        ip: "127.0.0.1",
        name: "shapeline",
        status,
        reason: null,
        details,
        pipeline_statuses: { pipelines: [{ id: pipeline.pipeline_id, status, version }] },
        model_statuses: { models },
      },
    ],
    engine_lbs: [],
    sidekicks: [],
  };
}
