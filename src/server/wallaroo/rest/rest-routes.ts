import { createHash } from "node:crypto";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from "fastify";
import * as z from "zod";
import type { Callers } from "../callers.js";
import type { ControlPlane, Plane } from "../control-plane.js";
import { notFound, PlatformError, platformProblem } from "../errors.js";
import { readJson } from "../read-json.js";
import type { ModelName, ModelVersion, PipelineRow, PipelineVersionRow } from "../state/rows.js";

const id = z.coerce.number().int().nonnegative();
const name = z.string().min(1).max(255);

interface Call {
  readonly role: "read" | "admin";
  readonly body: z.ZodType;
  readonly answer: (body: never, plane: Plane, caller: Caller) => unknown;
}

interface Caller {
  readonly user: string;
  readonly callers: Callers;
  /** Sets another status than 200. */
  readonly status: (code: number) => void;
  /** Whether the caller's SDK is older than a release such as "2024". */
  readonly isBefore: (release: string) => boolean;
  /** Whether the SDK sent the call. */
  readonly isSdk: boolean;
  readonly log: FastifyBaseLogger;
}

const call = <B extends z.ZodType>(
  role: Call["role"],
  body: B,
  answer: (body: z.output<B>, plane: Plane, caller: Caller) => unknown,
): Call => ({ role, body, answer: answer });

/** The calls below `/v1/api/`: the body's form, and the answer. */
const calls: Readonly<Record<string, Call>> = {
  "workspaces/create": call("admin", z.object({ workspace_name: name }), async (body, plane, { user }) => {
    const { id: created } = await plane.workspaces.create(body.workspace_name, user);
    return { workspace_id: created };
  }),
  "workspaces/list": call("read", z.object({}), async (_, plane) => {
    await plane.sync();
    return { workspaces: plane.tables.all("workspace").map((row) => workspaceEntry(row.id, plane)) };
  }),
  "workspaces/get": call("read", z.object({ id: id.optional(), workspace_id: id.optional() }), async (body, plane) => {
    await plane.sync();
    return workspaceEntry(body.id ?? body.workspace_id ?? 0, plane);
  }),
  "workspaces/list_users": call("read", z.object({ workspace_id: id }), (body, plane) => {
    plane.workspaces.get(body.workspace_id);
    return { users: plane.tables.filter("workspace_users", (row) => row.workspace_id === body.workspace_id) };
  }),
  "workspaces/add_user": call(
    "admin",
    z.object({
      workspace_id: id,
      email: z.string().max(255).optional(),
      user_id: z.string().max(255).optional(),
      user_type: z.string().max(40).default("COLLABORATOR"),
      url: z.string().optional(),
    }),
    (body, plane) => plane.workspaces.addUser(body.workspace_id, body.user_id ?? body.email ?? "", body.user_type),
  ),
  "users/query": call(
    "read",
    z.object({ user_ids: z.array(z.string()).max(1000).nullish() }),
    (body, _, { callers }) => {
      const wanted = body.user_ids ?? null;
      const users = callers.users().filter(({ id: user }) => wanted === null || wanted.includes(user));
      return { users: Object.fromEntries(users.map((user) => [user.id, user])) };
    },
  ),
  "models/get_version_by_id": call("read", z.object({ model_version_id: id }), (body, plane) => {
    return { model_version: configuredVersion(plane.models.get(body.model_version_id), plane) };
  }),
  "models/list": call(
    "read",
    z.object({ workspace_id: id.nullish(), workspace_name: z.string().nullish() }),
    async (body, plane) => {
      await plane.sync();
      const rows = plane.tables.filter("models", ({ workspace_id }) => isWanted(workspace_id, body, plane));
      return { models: rows.reverse().map((row) => modelEntry(row, plane)) };
    },
  ),
  "models/get": call("read", z.object({ id }), async (body, plane) => {
    await plane.sync();
    const found = plane.tables.require("models", body.id, "model");
    const models = plane.tables.filter("model", (row) => row.models_pk_id === found.id).reverse();
    return {
      ...found,
      updated_at: models[0]?.updated_at ?? found.created_at,
      models,
      workspace: plane.workspaces.get(found.workspace_id),
    };
  }),
  "models/get_by_id": call("read", z.object({ id, model_id: id.optional() }), async (body, plane) => {
    await plane.sync();
    const found = plane.tables.require("models", body.id, "model");
    return modelEntry(found, plane);
  }),
  "models/list_versions_for_model": call(
    "read",
    z.object({ model_id: z.union([z.string(), z.number()]), workspace_id: id.nullish() }),
    async (body, plane) => {
      await plane.sync();
      const versions = plane.tables.filter("model", (row) => {
        const { workspace_id } = plane.tables.get("models", row.models_pk_id) ?? {};
        return (
          (row.models_pk_id === body.model_id || row.model_id === body.model_id) &&
          (body.workspace_id === undefined || body.workspace_id === null || workspace_id === body.workspace_id)
        );
      });
      return { model_versions: versions.reverse().map((row) => configuredVersion(row, plane)) };
    },
  ),
  "models/list_versions": call(
    "read",
    z.object({ model_id: z.union([z.string(), z.number()]), models_pk_id: id.optional() }),
    (body, plane) =>
      plane.tables
        .filter(
          "model",
          (row) =>
            row.models_pk_id === (body.models_pk_id ?? Number(body.model_id)) || row.model_id === String(body.model_id),
        )
        .reverse(),
  ),
  // Without an answer, the SDK gives the version a new configuration without renamed fields.
  "models/get_config_by_id": call("read", z.object({ model_id: id }), (body, plane) => ({
    model_config: plane.models.latestConfig(plane.models.get(body.model_id).id),
  })),
  "models/insert_model_config": call(
    "admin",
    z.object({
      model_version_id: id,
      tensor_fields: z.array(name).max(1000).nullish(),
      filter_threshold: z.number().nullish(),
      input_schema: z.string().nullish(),
      output_schema: z.string().nullish(),
      batch_config: z.json().nullish(),
    }),
    async ({ model_version_id, ...given }, plane) => {
      const config = await plane.models.addConfig(model_version_id, {
        tensor_fields: given.tensor_fields ?? null,
        filter_threshold: given.filter_threshold ?? null,
        input_schema: given.input_schema ?? null,
        output_schema: given.output_schema ?? null,
        batch_config: given.batch_config ?? null,
      });
      return { model_config: config };
    },
  ),
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
        (row) =>
          row.pipeline_id === body.pipeline_name &&
          (body.workspace_id === undefined || body.workspace_id === null || row.workspace_id === body.workspace_id),
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

/** The REST calls, and 501 for all others below `/v1/` and `/v2/api/`. */
export function registerRest(scope: FastifyInstance, plane: ControlPlane, callers: Callers): void {
  scope.get("/v1/api/config", { config: { role: null } }, async () => ({ default_arch: "x86" }));
  for (const [path, { role, body: form, answer }] of Object.entries(calls)) {
    scope.post<{ Body: Buffer | undefined }>(`/v1/api/${path}`, { config: { role } }, async (request, reply) => {
      callers.note(request);
      const body = form.safeParse(readJson(request.body));
      if (!body.success) {
        const [issue] = body.error.issues;
        throw new PlatformError(
          400,
          `the member '${issue?.path.join(".") ?? ""}' of the body: ${issue?.message ?? ""}`,
        );
      }
      return reply.send(
        await answer(body.data as never, plane.seenBy(callers.memberOf(request)), {
          user: callers.userOf(request),
          callers,
          status: (code) => void reply.code(code),
          isBefore: (release) => callers.isBefore(release, request),
          isSdk: callers.isSdk(request),
          log: request.log,
        }),
      );
    });
  }
  const refuse = (request: FastifyRequest): never => {
    throw new PlatformError(
      501,
      `'${request.method} ${request.url.split("?")[0] ?? ""}' is not served by Shapeline; docs/wallaroo-server.md lists what is`,
    );
  };
  for (const url of ["/v1/*", "/v2/api/*"])
    scope.route({
      method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      url,
      config: { role: "read" },
      handler: refuse,
    });
}

/** Whether a workspace is the one that a list asks for, by key or name; without either, all are. */
function isWanted(
  workspace: number,
  wanted: { readonly workspace_id?: number | null | undefined; readonly workspace_name?: string | null | undefined },
  plane: Plane,
): boolean {
  const { workspace_id: key = null, workspace_name: name = null } = wanted;
  return (key === null || workspace === key) && (name === null || plane.workspaces.get(workspace).name === name);
}

function modelEntry(row: ModelName, plane: Plane): unknown {
  const versions = plane.tables.filter("model", ({ models_pk_id }) => models_pk_id === row.id).reverse();
  return {
    model: { ...row, updated_at: versions[0]?.updated_at ?? row.created_at },
    model_versions: versions.map((version) => configuredVersion(version, plane)),
    workspace: plane.workspaces.get(row.workspace_id),
  };
}

function configuredVersion(model: ModelVersion, plane: Plane): unknown {
  const { model_id: _, ...config } = plane.models.latestConfig(model.id);
  return {
    model_version: {
      id: model.id,
      name: model.model_id,
      file_info: {
        version: uuidOf(model),
        sha: model.sha,
        file_name: model.file_name,
        size: model.file_size,
      },
      status: model.status,
      visibility: model.visibility,
      workspace_id: plane.tables.get("models", model.models_pk_id)?.workspace_id,
      conversion: model.conversion,
      created_at: model.created_at,
      created_by: model.owner_id,
    },
    config: { ...config, model_version_id: model.id },
  };
}

/** The SDK takes UUIDs only, and models of TypeScript have other versions, too. */
function uuidOf({ model_id, model_version, sha }: ModelVersion): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(model_version)) return model_version;
  const hex = createHash("sha256").update(`${model_id}\n${model_version}\n${sha}`).digest("hex");
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function workspaceEntry(workspace: number, plane: Plane): unknown {
  const { tables } = plane;
  const row = plane.workspaces.get(workspace);
  return {
    ...row,
    models: tables.filter("models", ({ workspace_id }) => workspace_id === workspace).map((model) => model.id),
    pipelines: tables
      .filter("pipeline", ({ workspace_id }) => workspace_id === workspace)
      .map((pipeline) => pipeline.id),
    users: tables
      .filter("workspace_users", ({ workspace_id }) => workspace_id === workspace)
      .map((user) => user.user_id),
  };
}

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
