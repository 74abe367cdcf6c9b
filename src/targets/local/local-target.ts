import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { AnyPipeline, DeployOptions } from "../../../dsl/pipeline/any-pipeline.js";
import { ConfigError, TargetError } from "../../../dsl/errors.js";
import { parseConfig, parseStoredConfig } from "../../config/config.js";
import { refuseDrift } from "../../config/check/drift.js";
import type { Config } from "../../config/schema.js";
import { type Engine, openEngine, warmUpEngine } from "../../engine/engine.js";
import { findModelFiles, type ModelFile, readModelFiles } from "../../engine/session/model-files.js";
import { didYouMean } from "../../util/did-you-mean.js";
import { describeValue } from "../../util/format-value.js";
import { joinNames } from "../../util/join-names.js";
import { isDictionary } from "../../util/objects.js";
import type { LogLayout } from "../../logs/pipeline-log.js";
import type { LogSettings, Store, StoredPipeline, StoredVersion } from "../../logs/store.js";
import { databaseFileName } from "../../logs/database/data-folder.js";
import { openStore } from "../../logs/open-store.js";
import { readStore } from "../../logs/read-store.js";
import { acquireAlertWatch, evaluableAlerts } from "./alerts/shared-alert-watch.js";
import { type DeployedVersion, LocalDeploymentImpl } from "./local-deployment.js";
import { logLayout } from "./log-layout.js";
import type { LocalSettings } from "./options/local-options.js";
import { checkSessionModels } from "./options/session-options.js";
import { PipelineRunner } from "./pipeline-runner.js";
import { checkLoggedColumns, deployedSettings, narrowedSettings, settingsToStore } from "./withheld-columns.js";
import type { DeployedModel, DeployedPipeline, LocalTarget, PipelineOptions } from "./public-types.js";

export class LocalTargetImpl implements LocalTarget {
  readonly kind = "local";
  readonly #settings: LocalSettings;
  readonly #deployments = new Set<LocalDeploymentImpl>();
  /** Deploys under way, which `close()` waits for and ends. */
  readonly #deploys = new Set<Promise<unknown>>();
  /** Increases with each `close()`. */
  #closings = 0;

  constructor(settings: LocalSettings) {
    this.#settings = settings;
  }

  async deploy(pipeline: AnyPipeline | Config, options: DeployOptions = {}): Promise<LocalDeploymentImpl> {
    const deploying = handledLater(this.#deploy(pipeline, options));
    this.#deploys.add(deploying);
    try {
      return await deploying;
    } finally {
      this.#deploys.delete(deploying);
    }
  }

  async #deploy(pipeline: AnyPipeline | Config, options: DeployOptions): Promise<LocalDeploymentImpl> {
    const begun = this.#closings;
    const assertNotClosed = (): void => {
      if (this.#closings === begun) return;
      const { name } = pipeline;
      throw new TargetError(
        "SL6009",
        `the target was closed while pipeline '${name}' was being deployed, so it is not deployed; await the deploy before close()`,
        { pipeline: name },
      );
    };
    const config = await toConfig(pipeline, options);
    // Rejects unknown columns, and alerts that cannot be evaluated, before anything is stored.
    checkLoggedColumns(config, logLayout(config, 0), this.#settings.log);
    checkSessionModels(config, this.#settings.session);
    this.#checkAlerts(config, deployedSettings(this.#settings.log));
    const warmingUp = handledLater(warmUpEngine());
    const { models, modelPaths } = this.#settings;
    const files = await (modelPaths === undefined
      ? findModelFiles(models, config.models)
      : readModelFiles(modelPaths, config.models));
    await warmingUp;
    const { engine, store } = await this.#openEngineAndStore(config, files);
    try {
      assertNotClosed();
      const current = (await store.current(config.name))?.current ?? null;
      const settings = deployedSettings(this.#settings.log, current?.log);
      this.#checkAlerts(config, settings);
      const stored = await findOrSaveVersion(store, config, storedModels(config, files, engine.notices), settings);
      warnIfMoreIsLogged(config, current, stored);
      const runner = await this.#startRunner(engine, store, logLayout(config, stored.version, stored.log));
      const parts = { settings: this.#settings, file: store.file, stopped: false, followsVersions: false };
      const deployment = this.#track(new LocalDeploymentImpl(parts, { stored, config, start: async () => runner }));
      await deployment.start();
      // A concurrent deploy may have deployed another version since.
      const now = await store.current(config.name);
      if (now?.current.version === stored.version)
        await LocalDeploymentImpl.switchVersion(store.file, this.#deployedVersion(config, stored));
      return deployment;
    } catch (error) {
      await store.close();
      await engine.close();
      throw error;
    }
  }

  pipeline(name: string, options: PipelineOptions = {}): Promise<LocalDeploymentImpl> {
    return this.#connect(name, null, wantedVersion(options));
  }

  connect(pipeline: AnyPipeline): Promise<LocalDeploymentImpl> {
    return this.#connect(pipeline.name, pipeline);
  }

  /**
   * @param author the pipeline that types the handle; null for an untyped one, which follows later versions
   * @param wanted a version that the handle keeps
   */
  async #connect(name: string, author: AnyPipeline | null, wanted?: string): Promise<LocalDeploymentImpl> {
    const all = await this.#storedPipelines();
    const found = all.find((pipeline) => pipeline.name === name);
    if (found === undefined) {
      const names = all.map((pipeline) => pipeline.name);
      const remedy =
        names.length === 0
          ? "nothing is deployed there yet"
          : `deployed there: ${joinNames(names)}${didYouMean(name, names)}`;
      throw new TargetError(
        "SL6007",
        `no pipeline '${String(name)}' is deployed in '${this.#settings.data}'; ${remedy}`,
        { pipeline: name, data: this.#settings.data },
      );
    }
    const { state } = found;
    const current = wanted === undefined ? found.current : await this.#storedVersion(found, wanted);
    const where = `the deployed version ${current.version} of '${name}'`;
    const config = parseStoredConfig(current.config, where);
    if (author !== null)
      refuseDrift(author, config, where, "deploy the pipeline, or connect with the source of that version");
    if (this.#settings.log !== null) {
      checkLoggedColumns(config, logLayout(config, 0), this.#settings.log);
      this.#checkAlerts(config, narrowedSettings(current.log, this.#settings.log));
    }
    const file = join(await realpath(this.#settings.data), databaseFileName);
    const followsVersions = author === null && wanted === undefined;
    const parts = { settings: this.#settings, file, stopped: state === "undeployed", followsVersions };
    return this.#track(new LocalDeploymentImpl(parts, this.#deployedVersion(config, current)));
  }

  /** @throws TargetError SL6012 for a version that was never deployed */
  async #storedVersion({ name, current }: StoredPipeline, wanted: string): Promise<StoredVersion> {
    if (String(current.version) === wanted) return current;
    const { data, sharedFolder } = this.#settings;
    const versions = await readStore(data, (reader) => reader.versions(name), { sharedFolder });
    const found = versions.find(({ version }) => String(version) === wanted);
    if (found !== undefined) return found;
    throw new TargetError(
      "SL6012",
      `pipeline '${name}' has no version '${wanted}'; its versions are ${joinNames(versions.map(({ version }) => String(version)))}`,
      { pipeline: name },
    );
  }

  async pipelines(): Promise<DeployedPipeline[]> {
    return (await this.#storedPipelines()).map(({ name, state, current }) => {
      const { hash, models } = parseStoredConfig(
        current.config,
        `the deployed version ${current.version} of '${name}'`,
      );
      return {
        name,
        state: state === "deployed" ? "running" : "stopped",
        version: String(current.version),
        hash,
        models: models.map((model) => model.name),
        since: current.deployedAt,
      };
    });
  }

  async models(): Promise<DeployedModel[]> {
    const found = new Map<string, DeployedModel & { readonly pipelines: string[] }>();
    for (const { name, state, current } of await this.#storedPipelines()) {
      if (state === "undeployed") continue;
      for (const model of parseStoredConfig(current.config).models) {
        const key = `${model.name}\n${model.sha256}`;
        const path = current.models.find(({ sha256 }) => sha256 === model.sha256)?.path ?? "";
        const entry = found.get(key) ?? {
          name: model.name,
          version: model.version,
          sha256: model.sha256,
          path,
          pipelines: [],
        };
        entry.pipelines.push(name);
        found.set(key, entry);
      }
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  async close(): Promise<void> {
    this.#closings++;
    await Promise.allSettled(this.#deploys);
    await Promise.all(
      Array.from(this.#deployments, async (deployment) => {
        await deployment.close();
        this.#deployments.delete(deployment);
      }),
    );
  }

  /** Loads the models on a thread while DuckDB opens the data folder. If one fails, the other is closed. */
  async #openEngineAndStore(
    config: Config,
    files: ReadonlyMap<string, ModelFile>,
  ): Promise<{ readonly engine: Engine; readonly store: Store }> {
    const loading = handledLater(openEngine(config, files, this.#settings));
    // DuckDB's client blocks this thread while it loads: a model's thread gets its first model before.
    await new Promise(setImmediate);
    const opening = handledLater(this.#openStore());
    const engine = await loading.catch(async (error: unknown) => {
      await opening.then(
        (store) => store.close(),
        () => undefined,
      );
      throw error;
    });
    const store = await opening.catch(async (error: unknown) => {
      await engine.close();
      throw error;
    });
    return { engine, store };
  }

  #openStore(): Promise<Store> {
    const { data, sharedFolder, databaseMemory, retention } = this.#settings;
    return openStore(data, { sharedFolder, databaseMemory, ...(retention === null ? {} : { retention }) });
  }

  /** Reads the stored pipelines without creating the folder. */
  async #storedPipelines(): Promise<StoredPipeline[]> {
    const { data, sharedFolder, databaseMemory } = this.#settings;
    if (!existsSync(data)) return [];
    return readStore(data, (reader) => reader.pipelines(), { sharedFolder, databaseMemory });
  }

  /** @throws TargetError SL6014 */
  #checkAlerts(config: Config, settings: LogSettings): void {
    evaluableAlerts(config, this.#settings.durability === "off" ? null : logLayout(config, 0, settings));
  }

  async #startRunner(engine: Engine, store: Store, layout: LogLayout): Promise<PipelineRunner> {
    const log = this.#settings.durability === "off" ? null : await store.openLog(layout);
    return new PipelineRunner(engine, store, log, await acquireAlertWatch(engine.config, store, log), this.#settings);
  }

  /** A stored version whose model files load when it first runs. */
  #deployedVersion(config: Config, stored: StoredVersion): DeployedVersion {
    const start = async (layout: LogLayout): Promise<PipelineRunner> => {
      const paths = new Map(stored.models.map(({ sha256, path }) => [sha256, path]));
      const files = await readModelFiles(paths, config.models);
      const { engine, store } = await this.#openEngineAndStore(config, files);
      return this.#startRunner(engine, store, layout).catch(async (error: unknown) => {
        await store.close();
        await engine.close();
        throw error;
      });
    };
    return { stored, config, start };
  }

  #track(deployment: LocalDeploymentImpl): LocalDeploymentImpl {
    this.#deployments.add(deployment);
    return deployment;
  }
}

/** @throws TargetError SL6011 for an unknown option, SL6012 for a version that is no string */
function wantedVersion(options: PipelineOptions): string | undefined {
  const value: unknown = options;
  if (!isDictionary(value))
    throw new TargetError("SL6011", `pipeline() takes an object of options, got ${describeValue(value)}`);
  const unknown = Object.keys(value).find((name) => name !== "version");
  if (unknown !== undefined)
    throw new TargetError(
      "SL6011",
      `pipeline() has no option '${unknown}'; leave it out, or give its only option: 'version'`,
      {
        option: unknown,
      },
    );
  const { version } = value as Readonly<Record<string, unknown>>;
  if (version === undefined || typeof version === "string") return version;
  throw new TargetError("SL6012", `pipeline() takes a version as a string, such as "1", got ${describeValue(version)}`);
}

/** A promise that is awaited later: until then, Node does not report its rejection as unhandled. */
function handledLater<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

async function toConfig(pipeline: AnyPipeline | Config, { config }: DeployOptions): Promise<Config> {
  const value: unknown = pipeline;
  if (config !== undefined) {
    const where = "the config";
    const compiled = parseConfig(config, where);
    refuseDrift(pipeline as AnyPipeline, compiled, where, "compile the pipeline again");
    return compiled;
  }
  if (typeof value === "object" && value !== null && "shapeline" in value) return parseConfig(value);
  const { build } = await import("../../build.js");
  return build(pipeline as AnyPipeline);
}

/** What the store keeps of the models: their files, and how they run where that is not the usual way. */
function storedModels(
  config: Config,
  files: ReadonlyMap<string, ModelFile>,
  notices: Engine["notices"],
): StoredVersion["models"] {
  return config.models.map(({ name, sha256 }) => {
    const notice = notices.get(name);
    return { sha256, path: files.get(name)?.path ?? "", ...(notice !== undefined && { notice }) };
  });
}

/**
 * The version that has this config, model paths and log, whenever it was deployed; the current one first. Otherwise a
 * new version is saved.
 */
async function findOrSaveVersion(
  store: Store,
  config: Config,
  models: StoredVersion["models"],
  settings: LogSettings,
): Promise<StoredVersion> {
  const log = settingsToStore(settings);
  const isSame = (stored: StoredVersion) =>
    JSON.stringify(stored.log ?? null) === JSON.stringify(log) &&
    models.every(({ sha256, path }) => stored.models.some((model) => model.sha256 === sha256 && model.path === path)) &&
    hashOf(stored) === config.hash;
  const deployed = await store.current(config.name);
  if (deployed !== null && isSame(deployed.current)) {
    if (deployed.state === "undeployed") await store.setState(config.name, "deployed");
    return deployed.current;
  }
  const earlier = deployed === null ? undefined : (await store.versions(config.name)).reverse().find(isSame);
  if (earlier !== undefined) {
    const deployedAt = new Date();
    await store.useVersion(config.name, earlier.version, deployedAt);
    return { ...earlier, deployedAt };
  }
  return store.saveVersion({
    pipeline: config.name,
    config,
    models,
    deployedAt: new Date(),
    ...(log === null ? {} : { log }),
  });
}

/** Today's hash of a stored config; null if this version of Shapeline cannot read it. */
function hashOf({ config }: StoredVersion): string | null {
  try {
    return parseStoredConfig(config).hash;
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

/** A deploy may log again what the version before left out, but not in silence. */
function warnIfMoreIsLogged(config: Config, before: StoredVersion | null, now: StoredVersion): void {
  if (before === null || before.version === now.version) return;
  const missing = ({ log }: StoredVersion): string[] => {
    const { excluded = [], redacted = [] } = logLayout(config, 0, log).withheld ?? {};
    return [...excluded, ...redacted];
  };
  const still = new Set(missing(now));
  const logged = missing(before).filter((column) => !still.has(column));
  if (logged.length > 0)
    process.emitWarning(
      `version ${now.version} of pipeline '${config.name}' logs ${joinNames(logged)}, which version ${before.version} left out of the log`,
      "ShapelineLogWarning",
    );
}
