import { randomUUID } from "node:crypto";
import { isPlatformName, nameRule } from "../../../wallaroo/platform.js";
import { PlatformError } from "../errors.js";
import { now } from "./now.js";
import type { AlertCondition, Deployment, PipelineRow, PipelineVersionRow } from "./rows.js";
import type { TablesView } from "./tables.js";
import type { Workspaces } from "./workspaces.js";

/** Pipelines and their versions. */
export class Pipelines {
  readonly #tables: TablesView;
  readonly #workspaces: Workspaces;

  constructor(tables: TablesView, workspaces: Workspaces) {
    this.#tables = tables;
    this.#workspaces = workspaces;
  }

  /** @throws PlatformError 404 */
  get(id: number): PipelineRow {
    return this.#tables.require("pipeline", id, "pipeline");
  }

  /** @throws PlatformError 404 */
  version(id: number): PipelineVersionRow {
    return this.#tables.require("pipeline_version", id, "pipeline version");
  }

  /** The versions of a pipeline, newest first. */
  versionsOf(pipeline: number): PipelineVersionRow[] {
    return this.#tables.filter("pipeline_version", (row) => row.pipeline_pk_id === pipeline).reverse();
  }

  /** The last deployment of a pipeline. */
  deploymentOf(pipeline: number): Deployment | undefined {
    return this.#tables.filter("deployment", (row) => row.pipeline_pk_id === pipeline).at(-1);
  }

  /** The conditions of a version's alerts. */
  alertsOf({ id, pipeline_pk_id }: PipelineVersionRow): AlertCondition[] {
    const ownOrEarlier = new Map<string, AlertCondition>();
    for (const alert of this.#tables.all("alert_configuration")) {
      const version = this.#tables.get("pipeline_version", alert.pipeline_version_pk_id);
      const isOwn = version?.pipeline_pk_id === pipeline_pk_id;
      // A version that was created at the same time may have got the condition.
      if (isOwn && (version.id <= id || !ownOrEarlier.has(alert.name))) ownOrEarlier.set(alert.name, alert);
    }
    return [...ownOrEarlier.values()];
  }

  /** Adds a version to a pipeline; creates the pipeline with its first one. */
  create(about: {
    readonly name: string;
    readonly workspace: number;
    readonly definition: unknown;
    readonly user: string;
  }): Promise<{ readonly pipeline: PipelineRow; readonly version: PipelineVersionRow }> {
    if (!isPlatformName(about.name)) throw new PlatformError(400, `${nameRule}; '${about.name}' is none`);
    return this.#tables.change(() => {
      this.#workspaces.open(about.workspace);
      const time = now();
      const found = this.#tables.find(
        "pipeline",
        (row) => row.pipeline_id === about.name && row.workspace_id === about.workspace,
      );
      const pipeline: PipelineRow =
        found === undefined
          ? this.newPipeline(about.name, about.workspace, about.user)
          : { ...found, updated_at: time };
      const version: PipelineVersionRow = {
        id: this.#tables.nextId("pipeline_version"),
        pipeline_pk_id: pipeline.id,
        version: randomUUID(),
        definition: about.definition,
        engine_version: null,
        is_config: false,
        created_by: about.user,
        created_at: time,
        updated_at: time,
      };
      return {
        changes: [
          ["pipeline", pipeline.id, pipeline],
          ["pipeline_version", version.id, version],
        ],
        answer: { pipeline, version },
      };
    });
  }

  /** The row of a new pipeline; the caller stores it. */
  newPipeline(name: string, workspace: number, user: string, engineName?: string): PipelineRow {
    const time = now();
    const isTaken = (engine: string): boolean =>
      this.#tables.whole.find("pipeline", (row) => row.engine_name === engine) !== undefined;
    return {
      id: this.#tables.nextId("pipeline"),
      pipeline_id: name,
      workspace_id: workspace,
      engine_name: engineName ?? (isTaken(name) ? `${name}.workspace-${workspace}` : name),
      visibility: "private",
      owner_id: user,
      created_at: time,
      updated_at: time,
    };
  }
}
