import { randomUUID } from "node:crypto";
import { LocalTargetImpl } from "../../../targets/local/local-target.js";
import { errorMessage } from "../../../util/error-message.js";
import { notFound } from "../errors.js";
import { now } from "../state/now.js";
import type { PlaneState } from "../state/plane-state.js";
import type { Deployment, PendingDeploy, PipelineRow } from "../state/rows.js";
import { type RunnableVersion, runnableVersion } from "./runnable-version.js";

/** How long a deploy call waits. Clients give up after 45 s; a deploy that takes longer goes on, and is polled. */
const deployWaitMs = 30_000;

/** The state of a deployment that is there. */
export type DeployState =
  | { readonly status: "Running" }
  | { readonly status: "Starting" }
  | { readonly status: "Error"; readonly reason: string };

/** Deploys and undeploys versions, one at a time. */
export class Deployments {
  readonly #plane: PlaneState;
  readonly #sync: () => Promise<void>;
  /** Why the last deploy of a deployment failed that does not run. */
  readonly #failures = new Map<number, string>();
  /** Deploys of this process that have not ended. Others in the tables are those of a process that was killed. */
  readonly #unfinished = new Set<string>();
  readonly #undeploying = new Set<number>();
  #ended = 0;
  #queue: Promise<unknown> = Promise.resolve();

  /** @param sync takes over what was deployed in other ways */
  constructor(plane: PlaneState, sync: () => Promise<void>) {
    this.#plane = plane;
    this.#sync = sync;
  }

  /**
   * @param seen the plane as the caller sees it
   * @throws PlatformError 404
   */
  get(id: number, seen: PlaneState = this.#plane): Deployment {
    return seen.tables.require("deployment", id, "deployment");
  }

  /** The deployment that a URL names `<deploy_id>-<id>`. */
  named(name: string, seen: PlaneState = this.#plane): Deployment {
    const id = Number(/-(\d{1,15})$/.exec(name)?.[1] ?? Number.NaN);
    const found = seen.tables.get("deployment", id);
    if (found === undefined || `${found.deploy_id}-${found.id}` !== name) throw notFound(`deployment '${name}'`);
    return found;
  }

  /** How a deployment is; null if it is gone. */
  statusOf({ id, deployed, pending }: Deployment): DeployState | null {
    if (deployed) return { status: "Running" };
    if (pending.some((each) => this.isUnfinished(each))) return { status: "Starting" };
    const reason = this.#failures.get(id);
    return reason === undefined ? null : { status: "Error", reason };
  }

  /** Whether a deploy of this process has not ended yet. */
  isUnfinished({ id }: PendingDeploy): boolean {
    return this.#unfinished.has(id);
  }

  /** Whether what runs may differ from the row, because a deploy or undeploy of it has not ended yet. */
  isBusy({ id, pending }: Deployment): boolean {
    return this.#undeploying.has(id) || pending.some((each) => this.isUnfinished(each));
  }

  /** Grows with each deploy and undeploy that ends: what was read of the data folder before is out of date. */
  get ended(): number {
    return this.#ended;
  }

  /**
   * Deploys a version: the definition is checked before anything is stored. Answers when it runs, or after 30 s.
   *
   * @param seen the plane as the caller sees it
   * @throws PlatformError 400 with everything that is wrong, errors of `local().deploy`
   */
  async deploy(
    seen: PlaneState,
    about: {
      readonly version: number;
      readonly deployId: string;
      readonly engineConfig: unknown;
      readonly modelConfigs: readonly number[] | null;
    },
  ): Promise<Deployment> {
    await this.#sync();
    const version = seen.pipelines.version(about.version);
    const pipeline = seen.pipelines.get(version.pipeline_pk_id);
    seen.workspaces.open(pipeline.workspace_id);
    const runnable = await runnableVersion(seen, pipeline, version, about.modelConfigs);
    const pending: PendingDeploy = {
      id: randomUUID(),
      deploy_id: about.deployId,
      pipeline_version_pk_id: version.id,
      hash: runnable.config.hash,
      engine_config: about.engineConfig,
      model_config_ids: runnable.configs,
    };
    this.#unfinished.add(pending.id);
    let started: Deployment;
    try {
      started = await this.#begin(pipeline, pending, about.deployId);
    } catch (error) {
      this.#unfinished.delete(pending.id);
      throw error;
    }
    const work = this.#inOrder(() => this.#run(started.id, pending, runnable));
    let timer: NodeJS.Timeout | undefined;
    const slow = new Promise<Deployment>((resolve) => (timer = setTimeout(resolve, deployWaitMs, started)));
    try {
      return await Promise.race([work, slow]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }

  /** Stores that a deploy begins: after a kill, it is known whose config is deployed. */
  #begin(pipeline: PipelineRow, pending: PendingDeploy, deployId: string): Promise<Deployment> {
    const { tables, pipelines } = this.#plane;
    return tables.change(() => {
      const time = now();
      const last = pipelines.deploymentOf(pipeline.id);
      const isThere = last !== undefined && this.statusOf(last) !== null;
      const deployment: Deployment = isThere
        ? { ...last, pending: [...last.pending, pending], updated_at: time }
        : {
            id: tables.nextId("deployment"),
            pipeline_pk_id: pipeline.id,
            deploy_id: deployId,
            deployed: false,
            engine_config: pending.engine_config,
            pipeline_version_pk_id: pending.pipeline_version_pk_id,
            model_config_ids: pending.model_config_ids,
            pending: [pending],
            created_at: time,
            updated_at: time,
          };
      return { changes: [["deployment", deployment.id, deployment]], answer: deployment };
    });
  }

  async #run(id: number, pending: PendingDeploy, { config, paths }: RunnableVersion): Promise<Deployment> {
    const { host } = this.#plane;
    const target = new LocalTargetImpl({ ...host.settings, modelPaths: paths });
    try {
      const live = await target.deploy(config);
      const engineVersion = live.current.version;
      try {
        if (!host.isServed(config.name)) await host.deployed(config.name);
      } finally {
        await live.close();
      }
      return await this.#finish(id, pending, engineVersion);
    } catch (error) {
      if (!this.get(id).deployed) this.#failures.set(id, errorMessage(error));
      throw error;
    } finally {
      this.#unfinished.delete(pending.id);
      this.#ended++;
      // A failed deploy may have changed what is deployed, too.
      host.noteChange();
      await target.close();
    }
  }

  /** Rows that other calls changed since the deploy began keep those changes. */
  #finish(id: number, pending: PendingDeploy, engineVersion: string): Promise<Deployment> {
    const { tables, pipelines } = this.#plane;
    return tables.change(() => {
      const time = now();
      const row = this.get(id);
      const { pipeline_version_pk_id, engine_config, model_config_ids, deploy_id = row.deploy_id } = pending;
      const done: Deployment = {
        ...row,
        deploy_id,
        deployed: true,
        pipeline_version_pk_id,
        engine_config,
        model_config_ids,
        pending: row.pending.filter((each) => each.id !== pending.id),
        updated_at: time,
      };
      this.#failures.delete(id);
      this.#ended++;
      const version = { ...pipelines.version(pipeline_version_pk_id), engine_version: engineVersion };
      const pipeline = { ...pipelines.get(row.pipeline_pk_id), updated_at: time };
      return {
        changes: [
          ["deployment", id, done],
          ["pipeline_version", version.id, version],
          ["pipeline", pipeline.id, pipeline],
        ],
        answer: done,
      };
    });
  }

  async undeploy(id: number, seen: PlaneState): Promise<void> {
    const { pipelines, host, tables } = this.#plane;
    const { engine_name: name } = pipelines.get(this.get(id, seen).pipeline_pk_id);
    await this.#inOrder(async () => {
      this.#failures.delete(id);
      if (!this.get(id).deployed) return;
      this.#undeploying.add(id);
      try {
        await host.using(name, async (live) => {
          await live.undeploy();
          await host.removed(name);
        });
        await tables.change(() => {
          this.#ended++;
          return {
            changes: [["deployment", id, { ...this.get(id), deployed: false, updated_at: now() }]],
            answer: null,
          };
        });
      } finally {
        this.#undeploying.delete(id);
        this.#ended++;
        host.noteChange();
      }
    });
  }

  /** One deploy or undeploy at a time: each loads all models of its pipeline. */
  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => undefined);
    return run;
  }

  /** Resolves when all that was begun has ended. */
  async settled(): Promise<void> {
    await this.#queue;
  }
}
