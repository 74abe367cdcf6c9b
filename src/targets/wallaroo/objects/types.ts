import type { Definition } from "../../../wallaroo/definition.js";
import type { DefinitionModel } from "../../../wallaroo/platform.js";
import type { DefinitionStep } from "../../../wallaroo/steps.js";

/** What every object of the platform has. */
export interface PlatformObject {
  readonly id: number;
  /** Forgets what is known but the key: the next calls ask the platform again. */
  refresh(): this;
  /** What is known, without asking the platform. */
  toJSON(): Readonly<Record<string, unknown>>;
}

export interface Tag {
  readonly id: number;
  readonly tag: string;
}

/** A workspace. Python: `Workspace`. */
export interface Workspace extends PlatformObject {
  name(): Promise<string>;
  archived(): Promise<boolean>;
  createdAt(): Promise<Date>;
  createdBy(): Promise<string | null>;
  /** The ids of its users. */
  users(): Promise<readonly string[]>;
  pipelines(): Promise<Pipeline[]>;
  models(): Promise<Model[]>;
}

/** A name in the model registry, with its versions. Python: `Model`. */
export interface Model {
  readonly id: number;
  name(): Promise<string>;
  /** The newest first. */
  versions(): Promise<ModelVersion[]>;
  toJSON(): Readonly<Record<string, unknown>>;
}

/** A file in the model registry. Python: `ModelVersion`. */
export interface ModelVersion extends PlatformObject {
  name(): Promise<string>;
  version(): Promise<string>;
  /** SHA-256 of the file, in hex; null for models that run in an image. */
  sha(): Promise<string | null>;
  /** `ready`, or why not yet. */
  status(): Promise<string | null>;
  fileName(): Promise<string | null>;
  imagePath(): Promise<string | null>;
  arch(): Promise<string | null>;
  lastUpdateTime(): Promise<Date>;
  tags(): Promise<readonly Tag[]>;
  /** The config of the version, which the platform makes with it. */
  config(): Promise<ModelConfig>;
  /**
   * Makes a config of the version. Python: `configure`.
   *
   * @param options `tensorFields`: the request's columns that feed the model's inputs, in their order
   */
  configure(options: ModelConfigOptions): Promise<ModelConfig>;
  /** How definitions name it. */
  asDefinitionModel(): Promise<DefinitionModel>;
}

/** Options of `ModelVersion.configure`. */
export interface ModelConfigOptions {
  readonly tensorFields?: readonly string[];
  readonly filterThreshold?: number;
  /** Base64 of an Arrow schema. */
  readonly inputSchema?: string;
  readonly outputSchema?: string;
  readonly batchConfig?: string;
}

/** How the platform runs a model version. Python: `ModelConfig`. */
export interface ModelConfig extends PlatformObject {
  modelVersion(): Promise<ModelVersion>;
  runtime(): Promise<string | null>;
  tensorFields(): Promise<readonly string[] | null>;
  filterThreshold(): Promise<number | null>;
}

/** A version of a pipeline: an immutable definition. Python: `PipelineVersion`. */
export interface PipelineVersion extends PlatformObject {
  /** The version's name, a UUID. */
  name(): Promise<string>;
  createTime(): Promise<Date>;
  lastUpdateTime(): Promise<Date>;
  /** As the platform stores it; `{}` for the version that `build_pipeline` makes. */
  definition(): Promise<unknown>;
  pipeline(): Promise<Pipeline>;
  deployments(): Promise<Deployment[]>;
  modelConfigs(): Promise<ModelConfig[]>;
}

/** A running or stopped deployment of a pipeline. Python: `Deployment`. */
export interface Deployment extends PlatformObject {
  /** The platform's `deploy_id`: the name that was given to deploy. */
  name(): Promise<string>;
  deployed(): Promise<boolean>;
  engineConfig(): Promise<unknown>;
  pipelineName(): Promise<string | null>;
  modelConfigs(): Promise<ModelConfig[]>;
  pipelineVersions(): Promise<PipelineVersion[]>;
  /** The platform's status; null if it has no such deployment. */
  status(): Promise<PlatformStatus | null>;
  url(): Promise<string>;
}

/** What the platform says of a deployment: `status` and more, by release. */
export interface PlatformStatus {
  readonly status: string;
  readonly [detail: string]: unknown;
}

/** An explainability config of an older platform. Python: `ExplainabilityConfig`. */
export interface ExplainabilityConfig {
  readonly id: number | string;
  readonly status: unknown;
}

/** A pipeline of the platform. Python: `Pipeline`. */
export interface Pipeline extends PlatformObject {
  name(): Promise<string>;
  createTime(): Promise<Date>;
  lastUpdateTime(): Promise<Date>;
  ownerId(): Promise<string | null>;
  /** The newest first. */
  versions(): Promise<PipelineVersion[]>;
  tags(): Promise<readonly Tag[]>;
  workspace(): Promise<Workspace>;
  deployment(): Promise<Deployment | null>;
  /** The definition with the steps of `steps()`. */
  definition(): Promise<Definition>;
  steps(): Promise<readonly DefinitionStep[]>;
}

/** Makes objects of a platform: each from data as the platform returns it, of which only the key must be there. */
export interface ObjectFactory {
  pipeline(data: object): Pipeline;
  pipelineVersion(data: object): PipelineVersion;
  model(data: object): Model;
  modelVersion(data: object): ModelVersion;
  modelConfig(data: object): ModelConfig;
  deployment(data: object): Deployment;
  workspace(data: object): Workspace;
}
