import type { AnyPipeline, DeployOptions, Target } from "../../../dsl/pipeline/any-pipeline.js";
import type { FetchResponse } from "../../client/http/fetch.js";
import type { Config } from "../../config/schema.js";
import type { Dialect } from "../../wallaroo/platform.js";
import type { KnownModel } from "../../wallaroo/read/infer-ports.js";
import type { PlatformPlan } from "./deploying/public-types.js";
import type { WaitOptions } from "./deploying/wait-until.js";
import type { ModelHandle } from "./edits/public-types.js";
import type {
  Model as PlatformModel,
  ModelVersion,
  ObjectFactory,
  WallarooDeployment,
  Workspace,
} from "./objects/types.js";
import type { PipelineList } from "./pipeline-list.js";

/** `fetch`, or a function like it. Uploads pass a stream as the body. */
export type PlatformFetch = (
  url: string,
  init: {
    readonly method: "GET" | "POST";
    readonly headers: Record<string, string>;
    readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
    readonly duplex?: "half";
    readonly signal: AbortSignal;
    readonly redirect: "manual";
  },
) => Promise<FetchResponse>;

/** Options of `wallaroo()`. Exactly one of `token`, `tokenFile`, `userPassword` and `testAuth` says who calls. */
export interface WallarooOptions {
  /** The platform's API: `https://api.example.com`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer <token>`. */
  readonly token?: string;
  /**
   * A JSON file `{ token, user_email, user_id }`, as the SDK's variable `WALLAROO_SDK_CREDENTIALS` names it. It is read
   * again when the platform no longer accepts the token. Node only.
   */
  readonly tokenFile?: string;
  /**
   * Exchanged for a token at `<authUrl>/auth/realms/master/protocol/openid-connect/token`; `authUrl` is `url` by
   * default.
   */
  readonly userPassword?: { readonly user: string; readonly password: string; readonly authUrl?: string };
  /** The fixed credentials of local servers, as the SDK's `auth_type="test_auth"`. */
  readonly testAuth?: boolean;
  /** The workspace's name or id; by default the user's own. */
  readonly workspace?: string | number;
  /**
   * `polars`: platforms since 2023.4.2; `checks`: earlier ones. By default the platform is asked. Releases before 2024
   * do not say it, and validations are refused there without this option.
   */
  readonly dialect?: Dialect;
  /** The folder of the `.onnx` files that a deploy uploads; `./models` by default. Node only. */
  readonly models?: string;
  /** Milliseconds for a call that reads or changes the platform's state; 45,000 by default. */
  readonly timeoutMs?: number;
  /** How often a request is repeated that the platform could not answer, where a repeat does no harm; 4 by default. */
  readonly retries?: number;
  /** In place of the global `fetch`. */
  readonly fetch?: PlatformFetch;
}

/** Options of `wallaroo().pipeline()`. */
export interface WallarooPipelineOptions {
  /**
   * Its models: handles, results of `readSignature` or a config's models. `infer` and validations need their ports. Of
   * other models they are read from the schemas that the platform stores.
   */
  readonly models?: readonly KnownModel[];
}

/** Options of `deploy` on a platform: how long to wait until the pipeline runs, ten minutes by default. */
export interface WallarooDeployOptions extends DeployOptions, WaitOptions {}

/** Options of `wallaroo().uploadModel()`. */
export interface UploadOptions {
  /** The name in the registry; by default the handle's. */
  readonly name?: string;
}

/** Everything of `wallaroo()` that sends requests. */
export interface OpenedPlatform {
  deploy(pipeline: AnyPipeline | Config, options?: WallarooDeployOptions): Promise<WallarooDeployment>;
  plan(pipeline: AnyPipeline | Config): Promise<PlatformPlan>;
  connect(pipeline: AnyPipeline): Promise<WallarooDeployment>;
  uploadModel(model: ModelHandle, options?: UploadOptions): Promise<ModelVersion>;
  pipeline(name: string, options?: WallarooPipelineOptions): Promise<WallarooDeployment>;
  pipelines(): Promise<PipelineList>;
  models(): Promise<PlatformModel[]>;
  workspaces(): Promise<Workspace[]>;
  readonly objects: ObjectFactory;
}

/** A platform as a target. */
export interface WallarooTarget extends Target {
  readonly kind: "wallaroo";
  readonly url: string;
  /**
   * Uploads the models that the platform lacks, makes a version unless the newest has the same definition, deploys it
   * and waits until it runs.
   *
   * @throws ConfigError SL4100 before anything is sent, for what the platform's dialect cannot say; ModelError SL3021
   * for a model file that is not there; TargetError SL6050 to SL6055, SL6004; SL6056 for a model whose inputs take
   * columns of other names there (`tensorFields`)
   */
  deploy(pipeline: AnyPipeline | Config, options?: WallarooDeployOptions): Promise<WallarooDeployment>;
  /**
   * What a deploy would do, without doing it: models to upload, and the steps and models that it would change.
   *
   * @throws ConfigError SL4100 for what the platform's dialect cannot say
   */
  plan(pipeline: AnyPipeline | Config): Promise<PlatformPlan>;
  /**
   * Uploads a model's file from the folder `models`, unless the platform has its digest. Python: `upload_model`.
   *
   * @throws ModelError SL3021 for a file that is not there
   */
  uploadModel(model: ModelHandle, options?: UploadOptions): Promise<ModelVersion>;
  /**
   * Connects to what is deployed under the pipeline's name.
   *
   * @throws ConfigError SL4009 naming the first step that differs, TargetError SL6007; SL6056 as `deploy`
   */
  connect(pipeline: AnyPipeline): Promise<WallarooDeployment>;
  /** @throws TargetError SL6007 when the workspace has no pipeline of that name */
  pipeline(name: string, options?: WallarooPipelineOptions): Promise<WallarooDeployment>;
  /** All pipelines that the user may see: an array that displays itself as a table. */
  pipelines(): Promise<PipelineList>;
  /** The models of the workspace. */
  models(): Promise<PlatformModel[]>;
  workspaces(): Promise<Workspace[]>;
  /** Makes objects from data that has at least their key: missing members are read when they are asked for. */
  objects(): Promise<ObjectFactory>;
}
