import type { AnyDeployment, DeploymentStatus, PipelineVersion as VersionEntry } from "../../../../dsl/deployment.js";
import type { Model as Handle, UncheckedPipeline } from "../../../../dsl/index.js";
import type { Config } from "../../../config/schema.js";
import type { PipelineEnds, PipelineOfConfig } from "../../../config/rebuild/to-pipeline.js";
import type { Definition } from "../../../wallaroo/definition.js";
import type { DefinitionModel } from "../../../wallaroo/platform.js";
import type { SignaturePort } from "../../../wallaroo/read/infer-ports.js";
import type { DefinitionStep } from "../../../wallaroo/steps.js";
import type { WaitOptions } from "../deploying/wait-until.js";
import type { PipelineEdits } from "../edits/public-types.js";

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
   * The ports that the schemas of its newest config say; null where the platform has no schemas. `shapeline generate
   * --from wallaroo` writes typings of them for models without a file.
   *
   * @throws TargetError SL6055 for a schema that is no Arrow schema in base64
   * @example
   * const [model] = await platform.models();
   * const [newest] = (await model?.versions()) ?? [];
   * const signature = await newest?.signature();
   */
  signature(): Promise<ModelVersionSignature | null>;
  /** The `tensorFields` of its newest config; null if there are none. */
  tensorFields(): Promise<readonly string[] | null>;
  /**
   * Makes a config of the version. Python: `configure`.
   *
   * @param options `tensorFields`: the request's columns that feed the model's inputs, in their order
   */
  configure(options: ModelConfigOptions): Promise<ModelConfig>;
  /** How definitions name it. */
  asDefinitionModel(): Promise<DefinitionModel>;
}

/** The ports of a model version by the schemas that the platform stores. Each column is a port of one row. */
export interface ModelVersionSignature {
  readonly name: string;
  readonly version: string;
  /** Null for models that run in an image. */
  readonly sha256: string | null;
  readonly inputs: readonly SignaturePort[];
  readonly outputs: readonly SignaturePort[];
  /** The request's columns that feed the inputs, in their order, if a config of the version names them. */
  readonly tensorFields: readonly string[] | null;
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
  /** Base64 of an Arrow schema. Platforms since 2024. Python: `input_schema`. */
  inputSchema(): Promise<string | null>;
  /** Python: `output_schema`. */
  outputSchema(): Promise<string | null>;
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
  status(options?: { readonly signal?: AbortSignal }): Promise<PlatformStatus | null>;
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

/** Options of `Pipeline.deploy`. */
export interface PipelineDeployOptions extends WaitOptions {
  /**
   * The deployment's name: letters, digits and `-`, at most 63, a letter first. By default that of the present
   * deployment, or the pipeline's.
   */
  readonly name?: string;
}

/**
 * A pipeline of the platform. Python: `Pipeline`. Its edits return other pipelines, and what `definition()`, `steps()`,
 * `modelConfigs()`, `createVersion()` and `deploy()` of those use are the edited steps.
 */
export interface Pipeline extends PlatformObject, PipelineEdits<Pipeline> {
  /** Python: `name`. */
  name(): Promise<string>;
  /** Python: `create_time`. */
  createTime(): Promise<Date>;
  /** Python: `last_update_time`. */
  lastUpdateTime(): Promise<Date>;
  /** Python: `owner_id`. */
  ownerId(): Promise<string | null>;
  /** The newest first. Python: `versions`. */
  versions(): Promise<PipelineVersion[]>;
  /** Python: `tags`. */
  tags(): Promise<readonly Tag[]>;
  /** Creates a tag and puts it on the pipeline. Python: `Client.create_tag`, `Tag.add_to_pipeline`. */
  addTag(text: string): Promise<Tag>;
  /** Takes tags of this text off the pipeline. Python: `Tag.remove_from_pipeline`. */
  removeTag(text: string): Promise<void>;
  workspace(): Promise<Workspace>;
  deployment(): Promise<Deployment | null>;
  /** The definition with the steps of `steps()`. Python: `definition`. */
  definition(): Promise<Definition>;
  /** The steps, as definitions have them. Python: `steps`. */
  steps(): Promise<readonly DefinitionStep[]>;
  /** The configs of the models of all steps, in their order. Python: `model_configs`. */
  modelConfigs(): Promise<ModelConfig[]>;
  /**
   * Python: `list_explainability_configs`, up to 2024.2.
   *
   * @throws TargetError SL6053 on later platforms
   */
  explainabilityConfigs(): Promise<ExplainabilityConfig[]>;
  /** Makes a version of the steps, unless the newest version has them. Python: `create_version`. */
  createVersion(): Promise<PipelineVersion>;
  /**
   * Makes a version unless the newest has these steps, deploys it and waits until it runs. Python: `deploy`.
   *
   * @throws TargetError SL6053 for a pipeline without steps, SL6054 for a deployment that fails, SL6004, SL6005
   */
  deploy(options?: PipelineDeployOptions): Promise<WallarooDeployment>;
}

/** The state of a deployment, and what the platform says of it. */
export interface WallarooStatus extends DeploymentStatus {
  readonly target: "wallaroo";
  /** The platform's word: `Running`, `Starting`, …; null if it is not deployed. */
  readonly platformStatus: string | null;
}

/** A pipeline that a platform runs. The platform evaluates no alerts here. */
export interface WallarooDeployment extends Omit<AnyDeployment, "alerts"> {
  status(): Promise<WallarooStatus>;
  /** The platform names versions by UUIDs. */
  versions(): Promise<VersionEntry[]>;
  /** The config of a version, by default of the deployed one, read back from its definition. */
  configuration(version?: string): Promise<Config>;
  /** The definition of a version as the platform stores it. */
  definition(version?: string): Promise<unknown>;
  /**
   * The request's columns of the deployed version, from the signatures of its models.
   *
   * @throws TargetError SL6000 where they are not known, SL6008
   */
  inputs(): Promise<Config["inputs"]>;
  /** Where the platform takes inferences. */
  url(): Promise<string>;
  /** The platform's object, with versions, tags and workspace. */
  pipeline(): Pipeline;
  /**
   * The deployed version as a pipeline of the builder: `.validate`, `.replaceStep` and the rest, and `.deploy(target)`.
   *
   * @param ends handles of the first and the last model, which give lambdas and requests their types; without them
   *   rows are untyped and `build()` checks everything
   * @throws TargetError SL6000 if the ports of a model are not known; ConfigError SL4009 if the pipeline does not have
   * the tensors of `ends`, SL411x for a definition that is no pipeline
   * @example
   * const fraud = await (await platform.pipeline("fraud")).builder({ inputsOf: a, outputsOf: champ });
   * await fraud.validate("low", (x) => x.out.risk[0] < 0.9).deploy(platform);
   */
  builder(): Promise<UncheckedPipeline>;
  builder<In extends Handle, Out extends Handle>(
    ends: PipelineEnds<In, Out>,
  ): Promise<PipelineOfConfig<Out["outputs"], In["inputs"]>>;
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
