import { isRecord } from "../../../util/objects.js";
import { PlatformError } from "../errors.js";
import { now } from "../state/now.js";
import type { Change } from "../state/tables.js";
import type { Rows } from "../state/rows.js";
import type { GraphqlContext } from "./graphql-context.js";
import { selectRows } from "./select-rows.js";

type Where = Readonly<Record<string, unknown>>;

/** The mutations that the platform's SDK sends. */
export const mutations = {
  /** For the default workspace of a user: one of that name is used if it exists. */
  async insert_workspace_one(
    _: unknown,
    { object }: { readonly object: Where & { readonly name?: string | null } },
    { plane, user }: GraphqlContext,
  ) {
    const { name, user_default_workspaces: defaults, users } = object;
    if (typeof name !== "string" || name === "") throw new PlatformError(400, "a workspace needs a name");
    const owner = firstText(users, "user_id") ?? user;
    if (defaults !== undefined && defaults !== null)
      return plane.workspaces.startOf(firstText(defaults, "user_id") ?? owner, name);
    return plane.workspaces.create(name, owner);
  },

  update_workspace_by_pk(
    _: unknown,
    { pk_columns: { id }, _set: set }: { readonly pk_columns: { readonly id: number }; readonly _set?: Where | null },
    { plane }: GraphqlContext,
  ) {
    const { archived, name } = set ?? {};
    return plane.workspaces.update(id, {
      ...(typeof archived === "boolean" && { archived }),
      ...(typeof name === "string" && name !== "" && { name }),
    });
  },

  insert_workspace_users_one(
    _: unknown,
    {
      object,
    }: { readonly object: { readonly user_id?: string; readonly user_type?: string; readonly workspace_id?: number } },
    { plane }: GraphqlContext,
  ) {
    return plane.workspaces.addUser(object.workspace_id ?? 0, object.user_id ?? "", object.user_type ?? "COLLABORATOR");
  },

  delete_workspace_users(_: unknown, { where }: { readonly where: Where }, { plane }: GraphqlContext) {
    return removeRows("workspace_users", where, plane);
  },

  insert_tag(
    _: unknown,
    { objects }: { readonly objects: readonly { readonly tag?: string | null }[] },
    { plane }: GraphqlContext,
  ) {
    return insertRows(plane, "tag", objects, ({ tag }, id) => ({ id, tag: tag ?? "" }));
  },

  insert_model_tag(
    _: unknown,
    { objects }: { readonly objects: readonly { readonly model_id?: number; readonly tag_id?: number }[] },
    { plane }: GraphqlContext,
  ) {
    return insertRows(plane, "model_tag", objects, ({ model_id = 0, tag_id = 0 }, id) => {
      plane.models.get(model_id);
      return { id, model_id, tag_id: plane.tables.require("tag", tag_id, "tag").id };
    });
  },

  delete_model_tag(_: unknown, { where }: { readonly where: Where }, { plane }: GraphqlContext) {
    return removeRows("model_tag", where, plane);
  },

  insert_pipeline_tag(
    _: unknown,
    { objects }: { readonly objects: readonly { readonly pipeline_pk_id?: number; readonly tag_pk_id?: number }[] },
    { plane }: GraphqlContext,
  ) {
    return insertRows(plane, "pipeline_tag", objects, ({ pipeline_pk_id = 0, tag_pk_id = 0 }, id) => {
      plane.pipelines.get(pipeline_pk_id);
      return { id, pipeline_pk_id, tag_pk_id: plane.tables.require("tag", tag_pk_id, "tag").id };
    });
  },

  delete_pipeline_tag(_: unknown, { where }: { readonly where: Where }, { plane }: GraphqlContext) {
    return removeRows("pipeline_tag", where, plane);
  },

  /** The SDK names the pipeline where the platform's schema names a version: the newest one is meant. */
  insert_alert_configuration(
    _: unknown,
    { objects }: { readonly objects: readonly AlertInput[] },
    { plane, log }: GraphqlContext,
  ) {
    return insertRows(plane, "alert_configuration", objects, (given, id) => {
      const { name, expression, notifications = null, pipeline_version_pk_id: key = 0 } = given;
      if (typeof name !== "string" || typeof expression !== "string")
        throw new PlatformError(400, "an alert needs a name and an expression");
      const pipeline = plane.pipelines.get(key);
      const [newest] = plane.pipelines.versionsOf(pipeline.id);
      if (newest === undefined) throw new PlatformError(400, `pipeline '${pipeline.pipeline_id}' has no version`);
      if (asksForMail(notifications))
        log.warn(
          `alert '${name}' of pipeline '${pipeline.pipeline_id}' names people to write to, and this server sends no e-mails: follow GET /api/v1/pipelines/${pipeline.engine_name}/alerts`,
        );
      return { id, name, expression, notifications, pipeline_version_pk_id: newest.id };
    });
  },

  update_model(_: unknown, given: { readonly where: Where; readonly _set?: Where | null }, { plane }: GraphqlContext) {
    return updateVisibility("model", given, plane);
  },

  update_pipeline(
    _: unknown,
    given: { readonly where: Where; readonly _set?: Where | null },
    { plane }: GraphqlContext,
  ) {
    return updateVisibility("pipeline", given, plane);
  },

  async update_deployment_by_pk(
    _: unknown,
    { pk_columns: { id }, _set: set }: { readonly pk_columns: { readonly id: number }; readonly _set?: Where | null },
    { plane }: GraphqlContext,
  ) {
    const found = plane.deployments.get(id, plane);
    if (set?.["deployed"] === false) await plane.deployments.undeploy(id, plane);
    if (set?.["deployed"] === true && !found.deployed)
      await plane.deployments.deploy(plane, {
        version: found.pipeline_version_pk_id,
        deployId: found.deploy_id,
        engineConfig: found.engine_config,
        modelConfigs: found.model_config_ids,
      });
    return plane.tables.get("deployment", id) ?? found;
  },
};

interface AlertInput {
  readonly name?: string | null;
  readonly expression?: string | null;
  readonly notifications?: unknown;
  readonly pipeline_version_pk_id?: number;
}

function asksForMail(notifications: unknown): boolean {
  const mails = isRecord(notifications) ? notifications["email"] : null;
  return Array.isArray(mails) && mails.length > 0;
}

type Plane = GraphqlContext["plane"];

function firstText(rows: unknown, member: string): string | null {
  const data = isRecord(rows) ? rows["data"] : null;
  const first: unknown = Array.isArray(data) ? data[0] : data;
  const text = isRecord(first) ? first[member] : null;
  return typeof text === "string" ? text : null;
}

function insertRows<T extends "tag" | "model_tag" | "pipeline_tag" | "alert_configuration", G>(
  plane: Plane,
  table: T,
  given: readonly G[],
  make: (given: G, id: number) => Rows[T],
): Promise<unknown> {
  return plane.tables.change(() => {
    const rows = given.map((each) => make(each, plane.tables.nextId(table)));
    return {
      changes: rows.map((row) => [table, row.id, row] as unknown as Change),
      answer: { affected_rows: rows.length, returning: rows },
    };
  });
}

function removeRows(
  table: "workspace_users" | "model_tag" | "pipeline_tag",
  where: Where,
  plane: Plane,
): Promise<unknown> {
  return plane.tables.change(() => {
    const rows = selectRows(table, plane.tables.all(table) as unknown as Where[], { where }, plane);
    return {
      changes: rows.map((row): Change => [table, Number(row["id"]), null]),
      answer: { affected_rows: rows.length, returning: rows },
    };
  });
}

function updateVisibility<T extends "model" | "pipeline">(
  table: T,
  { where, _set: set }: { readonly where: Where; readonly _set?: Where | null },
  plane: Plane,
): Promise<unknown> {
  return plane.tables.change(() => {
    const visibility = set?.["visibility"];
    if (visibility !== "public" && visibility !== "private")
      throw new PlatformError(400, "the visibility is 'public' or 'private'");
    const found = selectRows(table, plane.tables.all(table) as unknown as Where[], { where }, plane);
    const rows = found.map((row) => ({ ...row, visibility, updated_at: now() }) as unknown as Rows[T]);
    return {
      changes: rows.map((row) => [table, row.id, row] as unknown as Change),
      answer: { affected_rows: rows.length, returning: rows },
    };
  });
}
