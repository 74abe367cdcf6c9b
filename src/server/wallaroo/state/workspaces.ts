import { PlatformError } from "../errors.js";
import { now } from "./now.js";
import type { Rows, Workspace } from "./rows.js";
import type { Change, TablesView } from "./tables.js";

/** The owner of everything that was not made through the platform's interface. */
export const systemUser = "shapeline";

const taken = (name: string): PlatformError =>
  new PlatformError(
    400,
    `a workspace named '${name}' exists already; choose another name, or ask its owner to add you to it`,
  );

/** Workspaces, their users, and the workspace in which each user starts. */
export class Workspaces {
  readonly #tables: TablesView;

  constructor(tables: TablesView) {
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
      if (this.#isTaken(name)) throw taken(name);
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
      if (named === undefined && this.#isTaken(wanted)) throw taken(wanted);
      const { workspace, changes } =
        named === undefined ? this.#newWorkspace(wanted, user) : { workspace: named, changes: [] };
      const row = { id: this.#tables.nextId("user_default_workspace"), user_id: user, workspace_id: workspace.id };
      return { changes: [...changes, ["user_default_workspace", row.id, row]], answer: workspace };
    });
  }

  /**
   * Where pipelines are shown that were not deployed through the SDK: the first workspace. On a server whose users do
   * not see all workspaces, the first that everybody sees.
   */
  home(changes: Change[], isShared: boolean): Workspace {
    const shared = new Set(
      this.#tables
        .filter("workspace_users", ({ user_id }) => user_id === systemUser)
        .map(({ workspace_id }) => workspace_id),
    );
    const first = this.#tables.find("workspace", ({ id, archived }) => !archived && (isShared || shared.has(id)));
    if (first !== undefined) return first;
    let name = "default";
    for (let count = 2; this.#isTaken(name); count++) name = `default-${count}`;
    const created = this.#newWorkspace(name, systemUser);
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
      if (this.#isTaken(row.name, id)) throw taken(row.name);
      return { changes: [["workspace", id, row]], answer: row };
    });
  }

  #isTaken(name: string, but?: number): boolean {
    return this.#tables.whole.find("workspace", (row) => row.name === name && row.id !== but) !== undefined;
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
