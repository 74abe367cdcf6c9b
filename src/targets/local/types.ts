import type { AlertChange, AlertsOptions, AnyDeployment, DeploymentStatus } from "../../../dsl/deployment.js";
import type { AnyPipeline } from "../../../dsl/pipeline/pipeline.js";
import type { Target } from "../../../dsl/target.js";
import type { Comparison } from "../../logs/comparison.js";
import type { Config } from "../../config/schema.js";

/** What a deployed pipeline does right now. */
export interface LocalStatus extends DeploymentStatus {
  readonly target: "local";
  /** When this version was deployed. */
  readonly since: Date;
  /** Since this handle was made. */
  readonly counts: {
    readonly requests: number;
    readonly rows: number;
    /** Requests that ended with an error. */
    readonly failures: number;
    /** Runs of challengers that gave no answer. */
    readonly challengerErrors: number;
  };
  /** What waits right now: requests that are being answered, and runs of challengers that are to follow. */
  readonly queue: { readonly requests: number; readonly challengers: number };
  /** Milliseconds from call to answer over the last 1,024 requests; null before the first. */
  readonly latency: { readonly p50: number | null; readonly p99: number | null };
}

/** A pipeline deployed to the embedded engine. */
export interface LocalDeployment extends AnyDeployment {
  status(): Promise<LocalStatus>;
  alerts(options?: AlertsOptions): AsyncIterable<AlertChange>;
  /**
   * What champion and challengers gave over a period, in numbers: agreement, differences, correlation, latency, failures by validation.
   *
   * @throws TargetError SL6010 without a log, SL6011 for an option that is not valid, StorageError SL7010
   * @example const { challengers } = await live.compare({ start: "2026-11-01" });
   */
  compare(period?: {
    readonly start?: Date | string | number;
    readonly end?: Date | string | number;
  }): Promise<Comparison>;
  /**
   * The config of a version, the newest unless given.
   *
   * @throws TargetError SL6012 when there is no such version
   */
  configuration(version?: string): Promise<Config>;
}

/** One pipeline of the data folder. */
export interface DeployedPipeline {
  readonly name: string;
  readonly state: "running" | "stopped";
  readonly version: string;
  readonly hash: string;
  readonly models: readonly string[];
  readonly since: Date;
}

/** One model of the running pipelines. */
export interface DeployedModel {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly path: string;
  readonly pipelines: readonly string[];
}

/** The embedded engine on one data folder. */
export interface LocalTarget extends Target {
  readonly kind: "local";
  /**
   * Deploys a pipeline, or a config that `build()` gave. Everything is checked first: the model files' digests and
   * signatures, and a run of each on zeros. When one check fails, what was deployed before stays. A config that is
   * deployed already keeps its version. Handles that `deploy` gave of an earlier version go on with it until
   * they are closed; those that `pipeline(name)` gave go on with the new one: requests begun before end with the old one.
   *
   * @throws PipelineError, ConfigError SL4xxx, ModelError SL302x, TargetError SL6001, StorageError SL7xxx
   */
  deploy(pipeline: AnyPipeline | Config): Promise<LocalDeployment>;
  /**
   * Connects to a pipeline that was deployed before, by this process or another. Its models are loaded at the first `infer`.
   *
   * @throws TargetError SL6007 when there is none of that name
   * @example const live = await local().pipeline("fraud");
   */
  pipeline(name: string): Promise<LocalDeployment>;
  /** Every pipeline of the data folder, by name. */
  pipelines(): Promise<DeployedPipeline[]>;
  /** The models of the running pipelines, by name. */
  models(): Promise<DeployedModel[]>;
  /** Closes all deployments that came from this target. */
  close(): Promise<void>;
}
