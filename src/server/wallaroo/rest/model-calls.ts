import { createHash } from "node:crypto";
import * as z from "zod";
import type { Plane } from "../control-plane.js";
import type { ModelName, ModelVersion } from "../state/rows.js";
import { type Call, call, id, name } from "./call.js";
import { isWanted } from "./workspace-calls.js";

/** Models, their versions, and the configurations of those. */
export const modelCalls: Readonly<Record<string, Call>> = {
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
          (row.models_pk_id === body.model_id || row.model_id === body.model_id) && isWanted(workspace_id, body, plane)
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
};

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
