import { prepareFolder } from "../../logs/database/data-folder.js";
import { openStore } from "../../logs/open-store.js";
import type { Store } from "../../logs/store.js";
import type { ModelHost } from "../models/model-host.js";
import { Deployments } from "./deploying/deployments.js";
import { RefusedDeploys } from "./deploying/refused-deploys.js";
import { takeOver } from "./deploying/take-over.js";
import { ModelStore } from "./state/model-store.js";
import { Models } from "./state/models.js";
import { Pipelines } from "./state/pipelines.js";
import type { PlaneState } from "./state/plane-state.js";
import { Tables } from "./state/tables.js";
import { VisibleTables } from "./state/visible-tables.js";
import { Workspaces } from "./state/workspaces.js";

/** The control plane as a caller sees it. */
export interface Plane extends PlaneState {
  readonly deployments: Deployments;
  readonly refusedDeploys: RefusedDeploys;
  /** Takes over what was deployed or undeployed in another way than here, also by a process that was killed. */
  sync(): Promise<void>;
}

/**
 * The control plane of a data folder: workspaces, models, pipelines and deployments as the platform knows them, kept
 * equal to what is deployed in the folder by any way.
 */
export class ControlPlane implements Plane {
  readonly tables: Tables;
  readonly files: ModelStore;
  readonly host: ModelHost;
  readonly workspaces: Workspaces;
  readonly models: Models;
  readonly pipelines: Pipelines;
  readonly deployments: Deployments;
  readonly refusedDeploys = new RefusedDeploys();
  /** Keeps the folder open, so that no other process changes it. */
  readonly #store: Store;
  #seen = -1;
  #syncing: Promise<void> | null = null;

  readonly #isShared: () => boolean;

  private constructor(tables: Tables, files: ModelStore, host: ModelHost, store: Store, isShared: () => boolean) {
    this.#isShared = isShared;
    this.tables = tables;
    this.files = files;
    this.host = host;
    this.#store = store;
    this.workspaces = new Workspaces(tables);
    this.models = new Models(tables, this.workspaces);
    this.pipelines = new Pipelines(tables, this.workspaces);
    this.deployments = new Deployments(this, () => this.sync());
  }

  /**
   * @param isShared whether everybody sees all workspaces
   * @throws StorageError SL7xxx
   */
  static async open(host: ModelHost, isShared: () => boolean): Promise<ControlPlane> {
    const { data, sharedFolder, databaseMemory } = host.settings;
    const store = await openStore(data, { sharedFolder, databaseMemory });
    try {
      const folder = await prepareFolder(data, { sharedFolder });
      const tables = await Tables.open(folder);
      const named = new Set(tables.all("model").map(({ sha }) => sha));
      const files = await ModelStore.open(folder, (sha256) => named.has(sha256));
      return new ControlPlane(tables, files, host, store, isShared);
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** The plane as a user sees it; null: a caller who sees everything. */
  seenBy(user: string | null): Plane {
    if (user === null) return this;
    const tables = new VisibleTables(this.tables, user);
    const workspaces = new Workspaces(tables);
    const [models, pipelines] = [new Models(tables, workspaces), new Pipelines(tables, workspaces)];
    const { files, host, deployments, refusedDeploys } = this;
    return {
      tables,
      files,
      host,
      workspaces,
      models,
      pipelines,
      deployments,
      refusedDeploys,
      sync: () => this.sync(),
    };
  }

  async sync(): Promise<void> {
    while (this.#seen !== this.host.generation)
      await (this.#syncing ??= this.#takeOver().finally(() => (this.#syncing = null)));
  }

  async #takeOver(): Promise<void> {
    const { generation } = this.host;
    await takeOver(this, this.deployments, this.#store, this.#isShared());
    this.#seen = generation;
  }

  async close(): Promise<void> {
    await this.deployments.settled();
    await this.#syncing?.catch(() => undefined);
    await this.tables.close();
    await this.#store.close();
  }
}
