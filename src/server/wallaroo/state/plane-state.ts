import type { ModelHost } from "../../models/model-host.js";
import type { ModelStore } from "./model-store.js";
import type { Models } from "./models.js";
import type { Pipelines } from "./pipelines.js";
import type { TablesView } from "./tables.js";
import type { Workspaces } from "./workspaces.js";

/** What the control plane stores, and the engine that runs it. */
export interface PlaneState {
  readonly tables: TablesView;
  /** The uploaded files. */
  readonly files: ModelStore;
  readonly host: ModelHost;
  readonly workspaces: Workspaces;
  readonly models: Models;
  readonly pipelines: Pipelines;
}
