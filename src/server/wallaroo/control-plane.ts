import { randomUUID } from "node:crypto";
import { prepareFolder } from "../../logs/database/data-folder.js";
import { openStore } from "../../logs/open-store.js";
import type { Store } from "../../logs/store.js";
import type { Config } from "../../config/schema.js";
import { LocalTargetImpl } from "../../targets/local/local-target.js";
import { errorMessage } from "../../util/error-message.js";
import { isRecord } from "../../util/objects.js";
import { isPlatformName, nameRule } from "../../wallaroo/platform.js";
import type { ModelHost } from "../models/model-host.js";
import { notFound, PlatformError } from "./errors.js";
import { describeConfig } from "./state/describe-config.js";
import { type ConfiguredModel, configOfDefinition } from "./state/config-of-definition.js";
import { ModelStore, type StoredModel } from "./state/model-store.js";
import type {
  Deployment,
  ModelName,
  ModelVersion,
  PipelineRow,
  PipelineVersionRow,
  Rows,
  Workspace,
} from "./state/rows.js";
import { type Change, Tables } from "./state/tables.js";

/** How long a deploy call waits. Clients give up after 45 s; a deploy that takes longer goes on, and is polled. */
const deployWaitMs = 30_000;
export const systemUser = "shapeline";

/** The state of a deployment that is not running. */
export type DeployState = { readonly status: "Starting" } | { readonly status: "Error"; readonly reason: string };

/**
 * The control plane of a data folder: workspaces, models, pipelines and deployments as the platform knows them, kept
 * equal to what is deployed in the folder by any way.
 */
export class ControlPlane {
  readonly tables: Tables;
  readonly models: ModelStore;
  readonly host: ModelHost;
  /** Keeps the folder open, so that no other process changes it. */
  readonly #store: Store;
  /** Deployments that are not running yet, or that failed. */
  readonly #states = new Map<number, DeployState>();
  #deploys: Promise<unknown> = Promise.resolve();
  #seen = -1;
  #syncing: Promise<void> | null = null;

  private constructor(tables: Tables, models: ModelStore, host: ModelHost, store: Store) {
    this.tables = tables;
    this.models = models;
    this.host = host;
    this.#store = store;
  }

  /** @throws StorageError SL7xxx */
  static async open(host: ModelHost): Promise<ControlPlane> {
    const { data, sharedFolder, databaseMemory } = host.settings;
    const store = await openStore(data, { sharedFolder, databaseMemory });
    try {
      const folder = await prepareFolder(data, { sharedFolder });
      const tables = await Tables.open(folder);
      return new ControlPlane(tables, await ModelStore.open(folder), host, store);
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#deploys;
    await this.#syncing?.catch(() => undefined);
    await this.tables.close();
    await this.#store.close();
  }

  // Workspaces

  /** @throws PlatformError 400 for a name that is taken */
  createWorkspace(name: string, user: string): Promise<Workspace> {
    return this.tables.change(() => {
      if (this.tables.find("workspace", (row) => row.name === name) !== undefined)
        throw new PlatformError(400, `a workspace named '${name}' exists already; use it, or choose another name`);
      const { workspace, changes } = this.#newWorkspace(name, user);
      return { changes, answer: workspace };
    });
  }

  #newWorkspace(name: string, user: string): { readonly workspace: Workspace; readonly changes: Change[] } {
    const workspace: Workspace = {
      id: this.tables.nextId("workspace"),
      name,
      created_at: now(),
      created_by: user,
      archived: false,
    };
    const member = {
      id: this.tables.nextId("workspace_users"),
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

  /** The workspace in which a user starts; created at the first use. */
  defaultWorkspace(user: string, wanted: string): Promise<Workspace> {
    return this.tables.change(() => {
      const own = this.tables.find("user_default_workspace", (row) => row.user_id === user);
      const found = own === undefined ? undefined : this.tables.get("workspace", own.workspace_id);
      if (found !== undefined) return { changes: [], answer: found };
      const named = this.tables.find("workspace", (row) => row.name === wanted);
      const { workspace, changes } =
        named === undefined ? this.#newWorkspace(wanted, user) : { workspace: named, changes: [] };
      const row = { id: this.tables.nextId("user_default_workspace"), user_id: user, workspace_id: workspace.id };
      return { changes: [...changes, ["user_default_workspace", row.id, row]], answer: workspace };
    });
  }

  /** Adds a user to a workspace, or changes the role. */
  addWorkspaceUser(workspace: number, user: string, type: string): Promise<Rows["workspace_users"]> {
    return this.tables.change(() => {
      this.workspace(workspace);
      if (user === "") throw new PlatformError(400, "the call names no user");
      const found = this.tables.find(
        "workspace_users",
        (row) => row.workspace_id === workspace && row.user_id === user,
      );
      const row = {
        id: found?.id ?? this.tables.nextId("workspace_users"),
        workspace_id: workspace,
        user_id: user,
        user_type: type,
      };
      return { changes: [["workspace_users", row.id, row]], answer: row };
    });
  }

  workspace(id: number): Workspace {
    const found = this.tables.get("workspace", id);
    if (found === undefined) throw notFound(`workspace ${id}`);
    return found;
  }

  /** @throws PlatformError 404, and 400 for an archived one: nothing is added to it */
  openWorkspace(id: number): Workspace {
    const found = this.workspace(id);
    if (found.archived)
      throw new PlatformError(400, `workspace '${found.name}' is archived; nothing can be added to it`);
    return found;
  }

  // Models

  /** Adds an uploaded file as the newest version of a name. */
  addModel(
    stored: StoredModel,
    about: {
      readonly name: string;
      readonly workspace: number;
      readonly visibility: string;
      readonly conversion: Readonly<Record<string, unknown>>;
      readonly fileName: string;
      readonly user: string;
    },
  ): Promise<ModelVersion> {
    return this.tables.change(() => {
      this.openWorkspace(about.workspace);
      const changes: Change[] = [];
      const model = this.#newModelVersion(changes, {
        name: about.name,
        workspace: about.workspace,
        version: randomUUID(),
        sha: stored.sha256,
        fileName: about.fileName,
        size: stored.bytes,
        visibility: about.visibility,
        user: about.user,
        conversion: about.conversion,
        inputs: stored.inputs,
        outputs: stored.outputs,
        path: null,
      });
      return { changes, answer: model };
    });
  }

  #newModelVersion(
    changes: Change[],
    about: {
      readonly name: string;
      readonly workspace: number;
      readonly version: string;
      readonly sha: string;
      readonly fileName: string;
      readonly size: number | null;
      readonly visibility: string;
      readonly user: string;
      readonly conversion: Readonly<Record<string, unknown>>;
      readonly inputs: ModelVersion["inputs"];
      readonly outputs: ModelVersion["outputs"];
      readonly path: string | null;
    },
  ): ModelVersion {
    const time = now();
    const isNamed = (row: ModelName): boolean => row.name === about.name && row.workspace_id === about.workspace;
    let named = this.tables.find("models", isNamed);
    if (named === undefined) {
      for (const [table, , row] of changes) if (table === "models" && row !== null && isNamed(row)) named = row;
    }
    if (named === undefined) {
      named = {
        id: this.tables.nextId("models"),
        name: about.name,
        workspace_id: about.workspace,
        created_at: time,
        owner_id: about.user,
      };
      changes.push(["models", named.id, named]);
    }
    const model: ModelVersion = {
      id: this.tables.nextId("model"),
      models_pk_id: named.id,
      model_id: about.name,
      model_version: about.version,
      sha: about.sha,
      file_name: about.fileName,
      file_size: about.size,
      status: "ready",
      visibility: about.visibility,
      owner_id: about.user,
      created_at: time,
      updated_at: time,
      conversion: about.conversion,
      inputs: about.inputs,
      outputs: about.outputs,
      path: about.path,
    };
    const config = newModelConfig(this.tables.nextId("model_config"), model.id, {});
    changes.push(["model", model.id, model], ["model_config", config.id, config]);
    return model;
  }

  model(id: number): ModelVersion {
    const found = this.tables.get("model", id);
    if (found === undefined) throw notFound(`model version ${id}`);
    return found;
  }

  /** The newest configuration of a version. */
  latestConfig(model: number): Rows["model_config"] {
    const found = this.tables.filter("model_config", (row) => row.model_id === model).at(-1);
    if (found === undefined) throw notFound(`a configuration of model version ${model}`);
    return found;
  }

  insertModelConfig(model: number, given: Parameters<typeof newModelConfig>[2]): Promise<Rows["model_config"]> {
    return this.tables.change(() => {
      const { inputs, model_id } = this.model(model);
      const { tensor_fields: fields = null } = given;
      if (fields !== null && fields.length !== inputs.length)
        throw new PlatformError(
          400,
          `tensor_fields has ${fields.length} names, and model '${model_id}' has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(", ")}): give one name for each`,
        );
      if (given.batch_config !== undefined && given.batch_config !== null && given.batch_config !== "single")
        if (!isRecord(given.batch_config))
          throw new PlatformError(400, "batch_config is neither 'single' nor an object");
      const config = newModelConfig(this.tables.nextId("model_config"), model, given);
      return { changes: [["model_config", config.id, config]], answer: config };
    });
  }

  // Pipelines

  /** Adds a version to a pipeline; creates the pipeline with its first one. */
  createPipeline(about: {
    readonly name: string;
    readonly workspace: number;
    readonly definition: unknown;
    readonly user: string;
  }): Promise<{ readonly pipeline: PipelineRow; readonly version: PipelineVersionRow }> {
    if (!isPlatformName(about.name)) throw new PlatformError(400, `${nameRule}; '${about.name}' is none`);
    return this.tables.change(() => {
      this.openWorkspace(about.workspace);
      const time = now();
      const found = this.tables.find(
        "pipeline",
        (row) => row.pipeline_id === about.name && row.workspace_id === about.workspace,
      );
      const pipeline: PipelineRow =
        found === undefined
          ? this.#newPipeline(about.name, about.workspace, about.user)
          : { ...found, updated_at: time };
      const version: PipelineVersionRow = {
        id: this.tables.nextId("pipeline_version"),
        pipeline_pk_id: pipeline.id,
        version: randomUUID(),
        definition: about.definition,
        engine_version: null,
        is_config: false,
        created_by: about.user,
        created_at: time,
        updated_at: time,
      };
      const changes: Change[] = [
        ["pipeline", pipeline.id, pipeline],
        ["pipeline_version", version.id, version],
      ];
      return { changes, answer: { pipeline, version } };
    });
  }

  #newPipeline(name: string, workspace: number, user: string, engineName?: string): PipelineRow {
    const time = now();
    const isTaken = (engine: string): boolean =>
      this.tables.find("pipeline", (row) => row.engine_name === engine) !== undefined;
    return {
      id: this.tables.nextId("pipeline"),
      pipeline_id: name,
      workspace_id: workspace,
      engine_name: engineName ?? (isTaken(name) ? `${name}.workspace-${workspace}` : name),
      visibility: "private",
      owner_id: user,
      created_at: time,
      updated_at: time,
    };
  }

  pipeline(id: number): PipelineRow {
    const found = this.tables.get("pipeline", id);
    if (found === undefined) throw notFound(`pipeline ${id}`);
    return found;
  }

  version(id: number): PipelineVersionRow {
    const found = this.tables.get("pipeline_version", id);
    if (found === undefined) throw notFound(`pipeline version ${id}`);
    return found;
  }

  /** The versions of a pipeline, newest first. */
  versionsOf(pipeline: number): PipelineVersionRow[] {
    return this.tables.filter("pipeline_version", (row) => row.pipeline_pk_id === pipeline).reverse();
  }

  // Deployments

  /** The last deployment of a pipeline. */
  deploymentOf(pipeline: number): Deployment | undefined {
    return this.tables.filter("deployment", (row) => row.pipeline_pk_id === pipeline).at(-1);
  }

  /** The deployment that a URL names `<deploy_id>-<id>`. */
  namedDeployment(name: string): Deployment {
    const id = Number(/-(\d{1,15})$/.exec(name)?.[1] ?? Number.NaN);
    const found = this.tables.get("deployment", id);
    if (found === undefined || `${found.deploy_id}-${found.id}` !== name) throw notFound(`deployment '${name}'`);
    return found;
  }

  /** How a deployment is: running, not running yet, failed, or gone (null). */
  statusOf(deployment: Deployment): DeployState | { readonly status: "Running" } | null {
    const state = this.#states.get(deployment.id);
    if (state !== undefined) return state;
    return deployment.deployed ? { status: "Running" } : null;
  }

  /**
   * Deploys a version: the definition is checked before anything is stored. Answers when it runs, or after 30 s.
   *
   * @throws PlatformError 400 with everything that is wrong, errors of `local().deploy`
   */
  async deploy(about: {
    readonly version: number;
    readonly deployId: string;
    readonly engineConfig: unknown;
    readonly modelConfigs: readonly number[] | null;
  }): Promise<Deployment> {
    await this.sync();
    const version = this.version(about.version);
    const pipeline = this.pipeline(version.pipeline_pk_id);
    this.openWorkspace(pipeline.workspace_id);
    const { config, paths, configs } = await this.#runnable(pipeline, version, about.modelConfigs);
    const started = await this.#begin(pipeline, version, config, configs, about);
    const work = this.#inOrder(() => this.#run(started, pipeline, version, config, paths));
    let timer: NodeJS.Timeout | undefined;
    const slow = new Promise<Deployment>((resolve) => (timer = setTimeout(resolve, deployWaitMs, started)));
    try {
      return await Promise.race([work, slow]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }

  /** The config of a version, the files of its models, and the configurations that it uses. */
  async #runnable(
    pipeline: PipelineRow,
    version: PipelineVersionRow,
    modelConfigs: readonly number[] | null,
  ): Promise<{ readonly config: Config; readonly paths: ReadonlyMap<string, string>; readonly configs: number[] }> {
    if (version.is_config && version.engine_version !== null) {
      const number = version.engine_version;
      const config = await this.host.using(pipeline.engine_name, (live) => live.configuration(number));
      const found = config.models.map(({ name, version: own, sha256 }) => this.#modelOf(name, own, sha256));
      return { config, paths: this.#pathsOf(found), configs: found.map(({ id }) => this.latestConfig(id).id) };
    }
    const given = new Map(
      (modelConfigs ?? []).map((id) => {
        const row = this.tables.get("model_config", id);
        if (row === undefined) throw notFound(`model configuration ${id}`);
        return [row.model_id, row];
      }),
    );
    const found = modelsOfDefinition(version.definition).map(({ name, version: own, sha }) =>
      this.#modelOf(name, own, sha),
    );
    const used = found.map((model) => ({ model, config: given.get(model.id) ?? this.latestConfig(model.id) }));
    const models = used.map(({ model, config }): ConfiguredModel => ({ model, tensorFields: config.tensor_fields }));
    const definition = isRecord(version.definition)
      ? { ...version.definition, id: pipeline.pipeline_id }
      : version.definition;
    const config = configOfDefinition(definition, pipeline.engine_name, models);
    return { config, paths: this.#pathsOf(found), configs: used.map((each) => each.config.id) };
  }

  #modelOf(name: string, version: string, sha: string): ModelVersion {
    const found = this.tables.find(
      "model",
      (row) => row.model_id === name && row.model_version === version && row.sha === sha,
    );
    if (found !== undefined) return found;
    throw new PlatformError(
      400,
      `model '${name}', version '${version}', is not on this server; upload it, and build the pipeline with that version`,
    );
  }

  #pathsOf(models: readonly ModelVersion[]): Map<string, string> {
    return new Map(models.map(({ sha, path }) => [sha, path ?? this.models.pathOf(sha)]));
  }

  /** Stores that a deploy begins: after a kill, it is known what it was. */
  #begin(
    pipeline: PipelineRow,
    version: PipelineVersionRow,
    config: Config,
    configs: readonly number[],
    { deployId, engineConfig }: { readonly deployId: string; readonly engineConfig: unknown },
  ): Promise<Deployment> {
    return this.tables.change(() => {
      const time = now();
      const last = this.deploymentOf(pipeline.id);
      const reused = last !== undefined && (last.deployed || this.#states.has(last.id)) ? last : null;
      const deployment: Deployment = {
        id: reused?.id ?? this.tables.nextId("deployment"),
        pipeline_pk_id: pipeline.id,
        deploy_id: reused?.deploy_id ?? deployId,
        deployed: reused?.deployed ?? false,
        engine_config: engineConfig,
        pipeline_version_pk_id: reused?.deployed === true ? reused.pipeline_version_pk_id : version.id,
        model_config_ids: reused?.deployed === true ? reused.model_config_ids : configs,
        pending: config.hash,
        created_at: reused?.created_at ?? time,
        updated_at: time,
      };
      if (reused?.deployed !== true) this.#states.set(deployment.id, { status: "Starting" });
      return {
        changes: [["deployment", deployment.id, deployment]],
        answer: { ...deployment, pipeline_version_pk_id: version.id, model_config_ids: configs },
      };
    });
  }

  async #run(
    started: Deployment,
    pipeline: PipelineRow,
    version: PipelineVersionRow,
    config: Config,
    modelPaths: ReadonlyMap<string, string>,
  ): Promise<Deployment> {
    const target = new LocalTargetImpl({ ...this.host.settings, modelPaths });
    try {
      const live = await target.deploy(config);
      const engineVersion = live.current.version;
      try {
        if (!this.host.isServed(config.name)) await this.host.deployed(config.name);
      } finally {
        await live.close();
      }
      const done: Deployment = { ...started, deployed: true, pending: null, updated_at: now() };
      await this.tables.change(() => ({
        changes: [
          ["deployment", done.id, done],
          ["pipeline_version", version.id, { ...version, engine_version: engineVersion }],
          ["pipeline", pipeline.id, { ...pipeline, updated_at: now() }],
        ],
        answer: null,
      }));
      this.#states.delete(done.id);
      this.#seen = this.host.generation;
      return done;
    } catch (error) {
      const row = this.tables.get("deployment", started.id);
      if (row?.deployed !== true) this.#states.set(started.id, { status: "Error", reason: errorMessage(error) });
      throw error;
    } finally {
      await target.close();
    }
  }

  async undeploy(id: number): Promise<void> {
    const found = this.tables.get("deployment", id);
    if (found === undefined) throw notFound(`deployment ${id}`);
    const { engine_name: name } = this.pipeline(found.pipeline_pk_id);
    await this.#inOrder(async () => {
      this.#states.delete(id);
      const row = this.tables.get("deployment", id);
      if (row?.deployed !== true) return;
      await this.host.using(name, async (live) => {
        await live.undeploy();
        await this.host.removed(name);
      });
      await this.tables.change(() => ({
        changes: [["deployment", id, { ...row, deployed: false, pending: null, updated_at: now() }]],
        answer: null,
      }));
      this.#seen = this.host.generation;
    });
  }

  /** One deploy or undeploy at a time: each loads all models of its pipeline. */
  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#deploys.then(work);
    this.#deploys = run.catch(() => undefined);
    return run;
  }

  // What is deployed by other ways

  /** Takes over what was deployed or undeployed in another way than here, also by a process that was killed. */
  sync(): Promise<void> {
    if (this.#seen === this.host.generation) return Promise.resolve();
    return (this.#syncing ??= this.#inOrder(() => this.#takeOver()).finally(() => (this.#syncing = null)));
  }

  async #takeOver(): Promise<void> {
    const generation = this.host.generation;
    for (const stored of await this.#store.pipelines()) {
      const { name, state, current } = stored;
      const config = current.config as Config;
      const engineVersion = String(current.version);
      const known = this.tables.find("pipeline", (row) => row.engine_name === name);
      const last = known === undefined ? undefined : this.deploymentOf(known.id);
      const isRunning = state === "deployed";
      const deployedVersion =
        last === undefined ? undefined : this.tables.get("pipeline_version", last.pipeline_version_pk_id);
      const isSame =
        last !== undefined &&
        last.deployed === isRunning &&
        last.pending === null &&
        (!isRunning || deployedVersion?.engine_version === engineVersion);
      if (isSame) continue;
      await this.tables.change(() => {
        const changes: Change[] = [];
        const time = now();
        const pipeline = known ?? this.#newPipeline(name, this.#homeWorkspace(changes).id, systemUser, name);
        if (known === undefined) changes.push(["pipeline", pipeline.id, pipeline]);
        let version = this.versionsOf(pipeline.id).find((row) => row.engine_version === engineVersion);
        if (version === undefined && last?.pending === config.hash && deployedVersion !== undefined) {
          version = { ...deployedVersion, engine_version: engineVersion };
          changes.push(["pipeline_version", version.id, version]);
        }
        if (version === undefined) {
          this.#addModelsOf(changes, config, current.models, pipeline.workspace_id);
          version = {
            id: this.tables.nextId("pipeline_version"),
            pipeline_pk_id: pipeline.id,
            version: randomUUID(),
            definition: describeConfig(config, pipeline.pipeline_id),
            engine_version: engineVersion,
            is_config: true,
            created_by: systemUser,
            created_at: current.deployedAt.toISOString(),
            updated_at: time,
          };
          changes.push(["pipeline_version", version.id, version]);
        }
        if (isRunning || last !== undefined) {
          const reused = last !== undefined && (last.deployed || last.pending !== null) ? last : null;
          if (isRunning || reused !== null) {
            const deployment: Deployment = {
              id: reused?.id ?? this.tables.nextId("deployment"),
              pipeline_pk_id: pipeline.id,
              deploy_id: reused?.deploy_id ?? pipeline.pipeline_id,
              deployed: isRunning,
              engine_config: reused?.engine_config ?? { engine: {} },
              pipeline_version_pk_id: isRunning ? version.id : (reused?.pipeline_version_pk_id ?? version.id),
              model_config_ids: reused?.pipeline_version_pk_id === version.id ? reused.model_config_ids : [],
              pending: null,
              created_at: reused?.created_at ?? current.deployedAt.toISOString(),
              updated_at: time,
            };
            changes.push(["deployment", deployment.id, deployment]);
          }
        }
        return { changes, answer: null };
      });
    }
    await this.#dropUnfinished();
    this.#seen = generation;
  }

  /** Deploys that a kill ended before anything was deployed. */
  #dropUnfinished(): Promise<null> {
    return this.tables.change(() => ({
      changes: this.tables
        .filter("deployment", ({ id, pending }) => pending !== null && !this.#states.has(id))
        .map((row): Change => ["deployment", row.id, { ...row, pending: null }]),
      answer: null,
    }));
  }

  /** Where pipelines are shown that were not deployed through the SDK: the first workspace. */
  #homeWorkspace(changes: Change[]): Workspace {
    const first = this.tables.all("workspace").find(({ archived }) => !archived);
    if (first !== undefined) return first;
    const created = this.#newWorkspace("default", systemUser);
    changes.push(...created.changes);
    return created.workspace;
  }

  #addModelsOf(
    changes: Change[],
    config: Config,
    files: readonly { readonly sha256: string; readonly path: string }[],
    workspace: number,
  ): void {
    for (const { name, version, sha256, inputs, outputs } of config.models) {
      const isIt = (row: ModelVersion): boolean =>
        row.model_id === name && row.model_version === version && row.sha === sha256;
      if (this.tables.find("model", isIt) !== undefined) continue;
      this.#newModelVersion(changes, {
        name,
        workspace,
        version,
        sha: sha256,
        fileName: `${name}.onnx`,
        size: null,
        visibility: "private",
        user: systemUser,
        conversion: { framework: "onnx" },
        inputs,
        outputs,
        path: files.find((file) => file.sha256 === sha256)?.path ?? null,
      });
    }
  }
}

export const now = (): string => new Date().toISOString();

function newModelConfig(
  id: number,
  model: number,
  given: Partial<Omit<Rows["model_config"], "id" | "model_id" | "runtime" | "created_at">>,
): Rows["model_config"] {
  return {
    id,
    model_id: model,
    runtime: "onnx",
    tensor_fields: given.tensor_fields ?? null,
    filter_threshold: given.filter_threshold ?? null,
    input_schema: given.input_schema ?? null,
    output_schema: given.output_schema ?? null,
    batch_config: given.batch_config ?? null,
    created_at: now(),
  };
}

interface NamedModel {
  readonly name: string;
  readonly version: string;
  readonly sha: string;
}

/** The models that a definition names, wherever they stand; its form is checked later. */
function modelsOfDefinition(definition: unknown): NamedModel[] {
  const found = new Map<string, NamedModel>();
  const visit = (value: unknown, depth: number): void => {
    if (depth > 8) return;
    if (Array.isArray(value)) for (const each of value) visit(each, depth + 1);
    if (!isRecord(value)) return;
    const { name, version, sha } = value;
    if (typeof name === "string" && typeof version === "string" && typeof sha === "string")
      found.set(`${name}\n${version}\n${sha}`, { name, version, sha });
    else for (const each of Object.values(value)) visit(each, depth + 1);
  };
  visit(definition, 0);
  return [...found.values()];
}
