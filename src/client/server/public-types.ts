import type { AnyPipeline, DeployOptions, Target } from "../../../dsl/pipeline/any-pipeline.js";
import type { Config } from "../../config/schema.js";
import type {
  DeployedModel,
  DeployedPipeline,
  LocalDeployment,
  LocalStatus,
} from "../../targets/local/public-types.js";
import type { Fetch } from "../http/fetch.js";

/** Options of `server()`. */
export interface ServerTargetOptions {
  /** Where `shapeline serve` listens: `http://localhost:8080`, or `https://host/path` behind a proxy. */
  readonly url: string;
  /** Sent as `Authorization: Bearer <token>`. */
  readonly token?: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What a deploy leaves out of the log, as the option `log` of `local()`. */
  readonly log?: {
    readonly exclude?: readonly string[];
    readonly redact?: readonly string[];
    readonly maxElements?: number | null;
  };
  /** In place of the global `fetch`. */
  readonly fetch?: Fetch;
}

/** The state of a pipeline on a server. Counts and latencies are those of the server since it started. */
export interface ServerStatus extends Omit<LocalStatus, "target"> {
  readonly target: "server";
}

/** A pipeline that a server runs. The handle follows deploys: a request runs on the version that is deployed then. */
export interface ServerDeployment extends Omit<LocalDeployment, "status"> {
  status(): Promise<ServerStatus>;
}

/** A server as a target. */
export interface ServerTarget extends Target {
  readonly kind: "server";
  readonly url: string;
  /**
   * Deploys a pipeline, or a config from `build()`. The server finds the model files in its folder, by their digests.
   *
   * @throws as `local().deploy`; TargetError SL6050 to SL6055 when the server cannot be reached or does not answer
   */
  deploy(pipeline: AnyPipeline | Config, options?: DeployOptions): Promise<ServerDeployment>;
  /**
   * Connects to what is deployed under a pipeline's name.
   *
   * @throws ConfigError SL4009 when it was not built from the pipeline's steps, TargetError SL6007
   */
  connect(pipeline: AnyPipeline): Promise<ServerDeployment>;
  /** @throws TargetError SL6007 when no pipeline has that name */
  pipeline(name: string): Promise<ServerDeployment>;
  /** All pipelines of the server, sorted by name. */
  pipelines(): Promise<DeployedPipeline[]>;
  /** The models of the running pipelines, sorted by name. */
  models(): Promise<Omit<DeployedModel, "path">[]>;
  /** Closes all deployments of this target: nothing changes on the server. */
  close(): Promise<void>;
}
