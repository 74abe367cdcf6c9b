import { PlatformError } from "../errors.js";
import { now } from "./now.js";
import type { Rows, Workspace } from "./rows.js";
import type { Change, Tables } from "./tables.js";

/** The owner of everything that was not made through the platform's interface. */
export const systemUser = "shapeline";

/** Workspaces, their users, and the workspace in which each user starts. */
export class Workspaces {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** @throws PlatformError 404 */
  get(id: number): Workspace {
    return this.#tables.require("workspace", id, "workspace");
  }

  /** @throws PlatformError 404, and 400 for an archived one: nothing is added to it */
  open(id: number): Workspace {
    const found = this.get(id);
    if (found.archived)
      throw new PlatformError(400, `workspace '${found.name}' is archived; nothing can be added to it`);
    return found;
  }

  /** @throws PlatformError 400 for a name that is taken */
  create(name: string, user: string): Promise<Workspace> {
    return this.#tables.change(() => {
      if (this.#tables.find("workspace", (row) => row.name === name) !== undefined)
        throw new PlatformError(400, `a workspace named '${name}' exists already; use it, or choose another name`);
      const { workspace, changes } = this.#newWorkspace(name, user);
      return { changes, answer: workspace };
    });
  }

  /** The workspace in which a user starts; created at the first use. */
  startOf(user: string, wanted: string): Promise<Workspace> {
    return this.#tables.change(() => {
      const own = this.#tables.find("user_default_workspace", (row) => row.user_id === user);
      const found = own === undefined ? undefined : this.#tables.get("workspace", own.workspace_id);
      if (found !== undefined) return { changes: [], answer: found };
      const named = this.#tables.find("workspace", (row) => row.name === wanted);
      const { workspace, changes } =
        named === undefined ? this.#newWorkspace(wanted, user) : { workspace: named, changes: [] };
      const row = { id: this.#tables.nextId("user_default_workspace"), user_id: user, workspace_id: workspace.id };
      return { changes: [...changes, ["user_default_workspace", row.id, row]], answer: workspace };
    });
  }

  /** Where pipelines are shown that were not deployed through the SDK: the first workspace. */
  home(changes: Change[]): Workspace {
    const first = this.#tables.all("workspace").find(({ archived }) => !archived);
    if (first !== undefined) return first;
    const created = this.#newWorkspace("default", systemUser);
    changes.push(...created.changes);
    return created.workspace;
  }

  /** Adds a user to a workspace, or changes the role. */
  addUser(workspace: number, user: string, type: string): Promise<Rows["workspace_users"]> {
    return this.#tables.change(() => {
      this.get(workspace);
      if (user === "") throw new PlatformError(400, "the call names no user");
      const found = this.#tables.find(
        "workspace_users",
        (row) => row.workspace_id === workspace && row.user_id === user,
      );
      const row = {
        id: found?.id ?? this.#tables.nextId("workspace_users"),
        workspace_id: workspace,
        user_id: user,
        user_type: type,
      };
      return { changes: [["workspace_users", row.id, row]], answer: row };
    });
  }

  /** Renames a workspace, or archives it. */
  update(id: number, set: { readonly name?: string; readonly archived?: boolean }): Promise<Workspace> {
    return this.#tables.change(() => {
      const row: Workspace = { ...this.get(id), ...set };
      if (this.#tables.find("workspace", (other) => other.name === row.name && other.id !== id) !== undefined)
        throw new PlatformError(400, `a workspace named '${row.name}' exists already; choose another name`);
      return { changes: [["workspace", id, row]], answer: row };
    });
  }

  #newWorkspace(name: string, user: string): { readonly workspace: Workspace; readonly changes: Change[] } {
    const workspace: Workspace = {
      id: this.#tables.nextId("workspace"),
      name,
      created_at: now(),
      created_by: user,
      archived: false,
    };
    const member = {
      id: this.#tables.nextId("workspace_users"),
      workspace_id: workspace.id,
      user_id: user,
      user_type: "OWNER",
    };
    return {
      workspace,
      changes: [
        ["workspace", workspace.id, workspace],
        ["workspace_users", member.id, member],
      ],
    };
  }
}
