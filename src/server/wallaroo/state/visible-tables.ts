import { notFound } from "../errors.js";
import type { Rows, TableName } from "./rows.js";
import type { Change, Tables, TablesView } from "./tables.js";
import { systemUser } from "./workspaces.js";

/** The key of a row's workspace, or null if everybody sees the row; undefined if a row that it belongs to is gone. */
type WorkspaceOf = { readonly [T in TableName]: (row: Rows[T], all: Tables) => number | null | undefined };

const ofModel = (id: number, all: Tables): number | undefined => {
  const model = all.get("model", id);
  return model === undefined ? undefined : all.get("models", model.models_pk_id)?.workspace_id;
};
const ofPipeline = (id: number, all: Tables): number | undefined => all.get("pipeline", id)?.workspace_id;

const workspaceOf: WorkspaceOf = {
  workspace: ({ id }) => id,
  workspace_users: ({ workspace_id }) => workspace_id,
  user_default_workspace: ({ workspace_id }) => workspace_id,
  models: ({ workspace_id }) => workspace_id,
  model: ({ id }, all) => ofModel(id, all),
  model_config: ({ model_id }, all) => ofModel(model_id, all),
  pipeline: ({ workspace_id }) => workspace_id,
  pipeline_version: ({ pipeline_pk_id }, all) => ofPipeline(pipeline_pk_id, all),
  alert_configuration({ pipeline_version_pk_id }, all) {
    const version = all.get("pipeline_version", pipeline_version_pk_id);
    return version === undefined ? undefined : ofPipeline(version.pipeline_pk_id, all);
  },
  deployment: ({ pipeline_pk_id }, all) => ofPipeline(pipeline_pk_id, all),
  tag: () => null,
  model_tag: ({ model_id }, all) => ofModel(model_id, all),
  pipeline_tag: ({ pipeline_pk_id }, all) => ofPipeline(pipeline_pk_id, all),
};

/**
 * The rows that a user sees: those of the workspaces that the user is in, and of those of everything that was deployed
 * in another way than through the platform's interface. All others do not exist.
 */
export class VisibleTables implements TablesView {
  readonly whole: Tables;
  readonly #user: string;
  #workspaces: { readonly revision: number; readonly ids: ReadonlySet<number> } | null = null;

  constructor(whole: Tables, user: string) {
    this.whole = whole;
    this.#user = user;
  }

  all<T extends TableName>(table: T): Rows[T][] {
    return this.whole.all(table).filter((row) => this.#isVisible(table, row));
  }

  get<T extends TableName>(table: T, id: number): Rows[T] | undefined {
    const row = this.whole.get(table, id);
    return row !== undefined && this.#isVisible(table, row) ? row : undefined;
  }

  require<T extends TableName>(table: T, id: number, what: string): Rows[T] {
    const found = this.get(table, id);
    if (found === undefined) throw notFound(`${what} ${id}`);
    return found;
  }

  find<T extends TableName>(table: T, matches: (row: Rows[T]) => boolean): Rows[T] | undefined {
    return this.whole.find(table, (row) => matches(row) && this.#isVisible(table, row));
  }

  filter<T extends TableName>(table: T, matches: (row: Rows[T]) => boolean): Rows[T][] {
    return this.whole.filter(table, (row) => matches(row) && this.#isVisible(table, row));
  }

  nextId(table: TableName): number {
    return this.whole.nextId(table);
  }

  change<A>(make: () => { readonly changes: readonly Change[]; readonly answer: A }): Promise<A> {
    return this.whole.change(make);
  }

  #isVisible<T extends TableName>(table: T, row: Rows[T]): boolean {
    const workspace = workspaceOf[table](row, this.whole);
    return workspace === null || (workspace !== undefined && this.#own().has(workspace));
  }

  /** The user may be added to a workspace while a call runs. */
  #own(): ReadonlySet<number> {
    const { revision } = this.whole;
    if (this.#workspaces?.revision === revision) return this.#workspaces.ids;
    const own = this.whole.filter("workspace_users", ({ user_id }) => user_id === this.#user || user_id === systemUser);
    const ids = new Set(own.map(({ workspace_id }) => workspace_id));
    this.#workspaces = { revision, ids };
    return ids;
  }
}
