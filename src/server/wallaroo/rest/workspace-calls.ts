import * as z from "zod";
import type { Plane } from "../control-plane.js";
import { type Call, call, id, name } from "./call.js";

/** Workspaces and users. */
export const workspaceCalls: Readonly<Record<string, Call>> = {
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
};

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

/** Whether a workspace is the one that a call asks for, by key or name; without either, all are. */
export function isWanted(
  workspace: number | undefined,
  wanted: { readonly workspace_id?: number | null | undefined; readonly workspace_name?: string | null | undefined },
  plane: Plane,
): boolean {
  const { workspace_id: key = null, workspace_name: name = null } = wanted;
  return (
    (key === null || workspace === key) &&
    (name === null || (workspace !== undefined && plane.workspaces.get(workspace).name === name))
  );
}
