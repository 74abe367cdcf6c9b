import type { AlertChange, AlertsOptions, AnyDeployment, DeploymentStatus } from "../../../dsl/deployment.js";
import type { AnyPipeline } from "../../../dsl/pipeline/pipeline.js";
import type { DeployOptions, Target } from "../../../dsl/pipeline/any-pipeline.js";
import type { Comparison } from "../../logs/comparison.js";
import type { Config } from "../../config/schema.js";

/** The current state of a deployed pipeline. */
export interface LocalStatus extends DeploymentStatus {
  readonly target: "local";
  /** When this version was deployed. */
  readonly since: Date;
  /** What is logged: columns by flat name, as in results. null with durability "off". */
  readonly log: {
    readonly durability: "commit" | "relaxed";
    readonly exclude: readonly string[];
    readonly redact: readonly string[];
    readonly maxElements: number | null;
    /** Why nothing is logged any more, such as a data folder that was deleted; null if rows are logged. */
    readonly problem: string | null;
  } | null;
  /** Counted since this handle was created. */
  readonly counts: {
    readonly requests: number;
    readonly rows: number;
    /** Requests that ended with an error. */
    readonly failures: number;
    /** Challenger runs without an answer. */
    readonly challengerErrors: number;
  };
  /** Requests in flight, and challenger runs that are still waiting. */
  readonly queue: { readonly requests: number; readonly challengers: number };
  /** Milliseconds from call to answer, over the last 1,024 requests; null before the first. */
  readonly latency: { readonly p50: number | null; readonly p99: number | null };
}

/** A pipeline deployed to the embedded engine. */
export interface LocalDeployment extends AnyDeployment {
  status(): Promise<LocalStatus>;
  alerts(options?: AlertsOptions): AsyncIterable<AlertChange>;
  /**
   * Compares champion and challengers over a period: agreement, differences, correlation, latency, failures by
   * validation.
   *
   * @throws TargetError SL6010 without a log, SL6011 for an invalid option, StorageError SL7010
   * @param options the period; `within`: how far numbers that agree may be apart, by default a thousandth of the
   *   champion's
   * @example const { challengers } = await live.compare({ start: "2026-11-01", within: 0.01 });
   */
  compare(options?: {
    readonly start?: Date | string | number;
    readonly end?: Date | string | number;
    readonly within?: number;
  }): Promise<Comparison>;
  /**
   * The config of a version; by default of the deployed one.
   *
   * @throws TargetError SL6012 for an unknown version
   */
  configuration(version?: string): Promise<Config>;
}

/** One pipeline in the data folder. */
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

/** The options of `pipeline()`. */
export interface PipelineOptions {
  /** The version that the handle keeps, such as "1". Default: the deployed one, and those after it. */
  readonly version?: string;
}

/** The embedded engine on one data folder. */
export interface LocalTarget extends Target {
  readonly kind: "local";
  /**
   * Deploys a pipeline, or a config from `build()`. Checks everything first: the digests and signatures of the model
   * files, and each model on made-up rows. If a check fails, the previous deployment stays. A config
   * that was deployed before, with the same log, gets its version back.
   *
   * Handles from an earlier `deploy` keep their version until they are closed. Handles from `pipeline(name)` switch to
   * the new version; requests that have already started finish on the old one.
   *
   * @throws PipelineError, ConfigError SL4xxx, ModelError SL302x, TargetError SL6001, StorageError SL7xxx
   */
  deploy(pipeline: AnyPipeline | Config, options?: DeployOptions): Promise<LocalDeployment>;
  /**
   * Connects to what is deployed under a pipeline's name. The handle keeps the version that is deployed now.
   *
   * @throws ConfigError SL4009 when it was not built from the pipeline's steps, TargetError SL6007
   */
  connect(pipeline: AnyPipeline): Promise<LocalDeployment>;
  /**
   * Connects to a pipeline that this or another process has deployed. Its models load at the first `infer`. The handle
   * switches to versions that are deployed later, unless `version` names one that it keeps: an earlier one answers and
   * logs as it did when it was deployed.
   *
   * @throws TargetError SL6007 when no pipeline has that name, SL6012 when it has no such version
   * @example
   * const live = await local().pipeline("fraud");
   * const before = await local().pipeline("fraud", { version: "1" });
   */
  pipeline(name: string, options?: PipelineOptions): Promise<LocalDeployment>;
  /** All pipelines in the data folder, sorted by name. */
  pipelines(): Promise<DeployedPipeline[]>;
  /** The models of the running pipelines, sorted by name. */
  models(): Promise<DeployedModel[]>;
  /** Closes all deployments of this target. */
  close(): Promise<void>;
}
