import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { TargetError } from "../../../dsl/errors.js";
import { openStore } from "../../logs/open-store.js";
import type { Store } from "../../logs/store.js";
import { readModelPipelines } from "../../read-models.js";
import { LocalTargetImpl } from "../../targets/local/local-target.js";
import type { InferenceObserver } from "../../targets/local/inference-observer.js";
import type { LocalDeploymentImpl } from "../../targets/local/local-deployment.js";
import { type LocalSettings, parseLocalOptions } from "../../targets/local/options/local-options.js";
import { didYouMean } from "../../util/did-you-mean.js";
import { errorMessage } from "../../util/error-message.js";
import { joinNames } from "../../util/join-names.js";
import type { ServerSettings } from "../options.js";
import { BareModel } from "./bare-model.js";
import { EarlierVersions } from "./earlier-versions.js";
import { ServedPipeline } from "./served-pipeline.js";
import type { ServedModel } from "./served-model.js";

/** A pipeline's deployment in use. */
export interface PipelineHandle {
  readonly live: LocalDeploymentImpl;
  readonly release: () => Promise<void>;
}

/** All that a server answers for: the deployed pipelines of its data folder, and the files of its model folder. */
export class ModelHost {
  readonly target: LocalTargetImpl;
  readonly settings: LocalSettings;
  readonly #pipelines = new Map<string, ServedPipeline>();
  readonly #earlier: EarlierVersions;
  #models = new Map<string, BareModel>();
  #generation = 0;
  /** Model files by the names of their generated handles: `piper-like` for `piper_like.onnx`. Only where it is one. */
  #byHandle = new Map<string, BareModel>();
  #store: Store | null = null;

  /** @throws TargetError SL6011 for an invalid option of the engine */
  constructor({ local, models, joinRuns, tellSeparate }: ServerSettings, observer: InferenceObserver) {
    const settings = parseLocalOptions({ ...local, models: resolve(models) });
    this.settings = { ...settings, observer, joinRuns, tellSeparate, runAtOnce: true };
    this.target = new LocalTargetImpl(this.settings);
    this.#earlier = new EarlierVersions(this.target);
  }

  /** Grows with every change of what is deployed that goes through this server. */
  get generation(): number {
    return this.#generation;
  }

  /** Notes that something was deployed or undeployed. */
  noteChange(): void {
    this.#generation++;
  }

  /**
   * Holds the data folder until `close`, so that nothing else deploys there while nothing is deployed.
   *
   * @returns why it cannot be held, a sentence; null if it is
   * @throws StorageError SL7003 if another process holds it, and errors of a folder that is there
   */
  async hold(): Promise<string | null> {
    const { data, sharedFolder, databaseMemory, retention } = this.settings;
    try {
      this.#store = await openStore(data, { sharedFolder, databaseMemory, ...(retention !== null && { retention }) });
      return null;
    } catch (error) {
      if (existsSync(data)) throw error;
      return `nothing can be deployed: ${errorMessage(error)}`;
    }
  }

  /**
   * Opens what is deployed, and finds the model files. Call it again after files or the data folder changed.
   *
   * @returns what cannot be served, a sentence each
   */
  async refresh(): Promise<string[]> {
    this.#generation++;
    const problems: string[] = [];
    const running = (await this.target.pipelines()).filter(({ state }) => state === "running");
    for (const name of this.#pipelines.keys())
      if (!running.some((pipeline) => pipeline.name === name)) await this.removed(name);
    for (const { name } of running) {
      if (this.#pipelines.has(name)) continue;
      try {
        await this.deployed(name);
      } catch (error) {
        problems.push(`pipeline '${name}' is not served: ${errorMessage(error)}`);
      }
    }
    problems.push(...(await this.#findModels()));
    return problems;
  }

  async #findModels(): Promise<string[]> {
    const { configs, files, problems } = await readModelPipelines(this.settings.models);
    const before = this.#models;
    this.#models = new Map(
      configs.map((config) => {
        const same = before.get(config.name);
        return [config.name, same?.config.hash === config.hash ? same : new BareModel(config, files, this.settings)];
      }),
    );
    this.#byHandle = new Map();
    const handleOf = ({ config }: BareModel): string => config.models[0]?.name ?? "";
    const handles = Array.from(this.#models.values(), handleOf);
    for (const model of this.#models.values()) {
      const handle = handleOf(model);
      if (handles.indexOf(handle) === handles.lastIndexOf(handle)) this.#byHandle.set(handle, model);
    }
    for (const [name, model] of before) if (this.#models.get(name) !== model) await model.close();
    return problems.map(({ file, message }) => `model file '${file}' is not served: ${message}`);
  }

  /** Serves the pipeline that is deployed under a name now; loads its models. */
  async deployed(name: string): Promise<void> {
    const live = await this.target.pipeline(name);
    try {
      await live.start();
    } catch (error) {
      await live.close();
      throw error;
    }
    const before = this.#pipelines.get(name);
    this.#pipelines.set(name, new ServedPipeline(live));
    this.#generation++;
    await before?.close();
  }

  /** Stops serving a pipeline. */
  async removed(name: string): Promise<void> {
    const served = this.#pipelines.get(name);
    this.#pipelines.delete(name);
    this.#generation++;
    await this.#earlier.closePipeline(name);
    await served?.close();
  }

  /**
   * The handle of a pipeline, also of one that is undeployed or that could not be opened.
   *
   * @returns `release` must be called when the handle is no longer used
   * @throws TargetError SL6007 for a pipeline that was never deployed
   */
  async handle(name: string): Promise<PipelineHandle> {
    const served = this.#pipelines.get(name);
    if (served !== undefined) return { live: served.live, release: () => Promise.resolve() };
    const live = await this.target.pipeline(name);
    return { live, release: () => live.close() };
  }

  /** As `handle`; releases it when `use` has ended. */
  async using<T>(name: string, use: (live: LocalDeploymentImpl) => Promise<T>): Promise<T> {
    const { live, release } = await this.handle(name);
    try {
      return await use(live);
    } finally {
      await release();
    }
  }

  /**
   * As `using`, for reads and inferences: runs `use` again if an undeploy closed the handle meanwhile. Logs are read
   * all the same, and an inference is told that nothing is deployed.
   */
  async usingOpen<T>(name: string, use: (live: LocalDeploymentImpl) => Promise<T>): Promise<T> {
    const served = this.#pipelines.get(name);
    try {
      return await this.using(name, use);
    } catch (error) {
      const isClosed = error instanceof TargetError && error.code === "SL6009";
      if (!isClosed || served === undefined || this.#pipelines.get(name) === served) throw error;
      return this.using(name, use);
    }
  }

  /** Whether a deployed pipeline is served. Its handle follows later deploys by itself. */
  isServed(name: string): boolean {
    return this.#pipelines.has(name);
  }

  /** All that is served: pipelines first. A model file of a pipeline's name is not served. */
  list(): ServedModel[] {
    return [
      ...this.#pipelines.values(),
      ...[...this.#models.values()].filter(({ name }) => !this.#pipelines.has(name)),
    ];
  }

  /** Whether something is served under a name. */
  serves(name: string): boolean {
    return this.#pipelines.has(name) || this.#models.has(name);
  }

  /** The handle of a served pipeline; null for another name. */
  deployment(name: string): LocalDeploymentImpl | null {
    return this.#pipelines.get(name)?.live ?? null;
  }

  /** The handles of the pipelines. */
  deployments(): LocalDeploymentImpl[] {
    return Array.from(this.#pipelines.values(), ({ live }) => live);
  }

  /**
   * @throws TargetError SL6007 for a name that is not served
   */
  find(name: string): ServedModel {
    const found = this.#pipelines.get(name) ?? this.#models.get(name) ?? this.#byHandle.get(name);
    if (found !== undefined) return found;
    const names = this.list().map((served) => served.name);
    const remedy =
      names.length === 0 ? "nothing is served yet" : `served: ${joinNames(names)}${didYouMean(name, names)}`;
    throw new TargetError("SL6007", `no pipeline or model '${name}' is served; ${remedy}`, { pipeline: name });
  }

  /**
   * Finds a version of what is served. An earlier version of a pipeline loads its models at its first request.
   *
   * @param version default: the one that is deployed
   * @throws TargetError SL6007 for a name that is not served, SL6012 for a version that it never had
   */
  async findVersion(name: string, version?: string): Promise<ServedModel> {
    const served = this.find(name);
    if (version === undefined || version === served.version) return served;
    if (served.kind === "pipeline") return this.#earlier.open(name, version);
    throw new TargetError(
      "SL6012",
      `model '${name}' has no version '${version}'; its version is '${served.version}', from its file's content`,
      { pipeline: name },
    );
  }

  /** The versions of what is served, newest first. */
  async versions(name: string): Promise<readonly string[]> {
    const served = this.#pipelines.get(name);
    if (served === undefined) return [this.find(name).version];
    return (await served.live.versions()).map(({ version }) => version);
  }

  async close(): Promise<void> {
    await this.#earlier.close();
    await Promise.all([...this.#models.values()].map((model) => model.close()));
    await this.target.close();
    await this.#store?.close();
  }
}
