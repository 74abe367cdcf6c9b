import type { AnyConnectedModel, AnyDeployment, ConnectedModel, Deployment } from "../deployment.js";
import type { Model } from "../model.js";
import type { Step } from "../steps/step-kinds.js";

/**
 * Any pipeline: plain frozen data and `deploy`. Targets and `build()` accept it. Also a short annotation for exported
 * pipelines.
 */
export interface AnyPipeline {
  readonly name: string;
  readonly steps: readonly Step[];
  /** The models of all steps, each once, in order. */
  readonly modelList: readonly Model[];
  /** The request's columns: stated in `pipeline(name, { inputs })`, or the inputs of the first inference step. */
  readonly inputs: object;
  /** Float columns in which null stands for NaN, from `pipeline(name, { inputs, missing })`. */
  readonly missing?: readonly string[];
  /** The outputs of the last inference step. */
  readonly outputs: object;
  /** @throws PipelineError when the pipeline has problems, TargetError when the target cannot deploy it */
  deploy<T extends Target>(target: T, options?: DeployOptions): Promise<DeployedOn<T, AnyDeployment>>;
  /** @throws ConfigError SL4009 when what is deployed was not built from the pipeline's steps */
  connect<T extends Target | ModelServer>(target: T): Promise<ConnectedOn<T, AnyDeployment>>;
}

/** A compiled config, as `shapeline compile` writes it and an import of the JSON file types it. */
export interface CompiledConfig {
  readonly shapeline: number;
  readonly name: string;
  readonly steps: readonly object[];
  readonly hash: string;
}

/** Options of `pipeline.deploy`. */
export interface DeployOptions {
  /**
   * A compiled config of the pipeline, which is deployed instead of compiling the lambdas here. The target parses it.
   * `import config from "./fraud.pipeline.json" with { type: "json" }`
   */
  readonly config?: CompiledConfig;
}

/** Deploys pipelines. It receives the pipeline untyped; `pipeline.deploy` adds the types of the deployment. */
export interface Target {
  readonly kind: string;
  /** @throws PipelineError when the pipeline has problems, TargetError when the target cannot deploy it */
  deploy(pipeline: AnyPipeline, options?: DeployOptions): Promise<AnyDeployment>;
  /**
   * Connects to what is deployed under the pipeline's name. Only in targets that can compare it with the pipeline.
   *
   * @throws ConfigError SL4009 when its steps are not those of the pipeline, TargetError when nothing is deployed
   */
  connect?(pipeline: AnyPipeline): Promise<AnyDeployment>;
}

/** Runs models under their names, and has neither `deploy` nor a log: `openInference({ url })`. */
export interface ModelServer {
  readonly kind: string;
  /**
   * Connects to the model of the pipeline's name.
   *
   * @throws TargetError when its inputs or outputs are not those of the pipeline, or when there is no such model
   */
  connect(pipeline: AnyPipeline): Promise<AnyConnectedModel>;
}

/** The members of a deployment that the pipeline types; a target may add others, or more to the rest. */
type TypedByPipeline = "name" | "infer" | "inferFromFile" | "logs";

/** A deployment `D`, which the pipeline types, on a target `T`, whose own members it also has. */
export type DeployedOn<T, D> = T extends { deploy(...args: never): Promise<infer Own> }
  ? AnyDeployment extends Own
    ? D
    : Omit<Own, TypedByPipeline> & D
  : D;

/** What `connect` returns: `D` on a target, and on a server of models what such a server can do. */
export type ConnectedOn<T, D> = "deploy" extends keyof T
  ? DeployedOn<T, D>
  : D extends Deployment<infer In, infer Out, infer Checks, infer _Challengers>
    ? ConnectedModel<In, Out, Checks>
    : AnyConnectedModel;
