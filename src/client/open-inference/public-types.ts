import type { AnyConnectedModel, ConnectedModel, Deployment } from "../../../dsl/deployment.js";
import type { Model, Ports } from "../../../dsl/model.js";
import type { AnyPipeline, Target } from "../../../dsl/pipeline/any-pipeline.js";
import type { Fetch } from "../http/fetch.js";

/** Options of `openInference()`. */
export interface OpenInferenceOptions {
  /** Where the protocol starts, without `/v2`: `http://localhost:8080`, or `https://host/path`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer <token>`. */
  readonly token?: string;
  /** Sent with every request, such as `{ "X-Api-Key": key }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How tensors travel: as JSON, the default, which every server reads; or as bytes after the JSON, which is faster and
   * which Triton, KServe and `shapeline serve` read. float16, NaN and infinities, which JSON has not, always travel as
   * bytes.
   */
  readonly encoding?: "json" | "binary";
  /** The largest answer, in bytes; 512 MiB by default. */
  readonly maxAnswerBytes?: number;
  /** In place of the global `fetch`. */
  readonly fetch?: Fetch;
}

/** Options of `connect()`. */
export interface ConnectOptions {
  /** The model's name on the server; by default the name of the handle or pipeline. */
  readonly model?: string;
  /** The model's version on the server; by default the server chooses. */
  readonly version?: string;
  /** `false`: the model's metadata are not read, for a server that has none. Every answer is checked all the same. */
  readonly checkMetadata?: boolean;
  /**
   * `true`: each row travels in a request of its own, for a model whose rows of one run change each other, such as one
   * with dynamic quantization. `shapeline serve` finds such models itself; of another server, the client cannot know.
   */
  readonly oneRowPerRequest?: boolean;
  /**
   * How many requests of one `infer` are sent before the first is answered; 6 by default. Only rows that cannot share a
   * request need several: those of a model without a row axis, or with `oneRowPerRequest`.
   */
  readonly concurrency?: number;
  /** Deadline of the comparison in milliseconds; 15,000 by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A server that speaks the Open Inference protocol, version 2. */
export interface OpenInference {
  readonly kind: "open-inference";
  readonly url: string;
  /**
   * Connects to a model of the server. Its metadata are compared with the ports of the handle or pipeline.
   *
   * @param handle a generated model handle, or a pipeline that the server serves as one model
   * @throws TargetError SL6056 for ports that differ, with port, expected and found; SL6057 for a server without
   * metadata; SL6007 for an unknown model; SL6004, SL6005, SL6013, SL6050 to SL6055 for other failures
   * @example const live = await openInference({ url: "http://localhost:8000" }).connect(ccfraud);
   * @example const live = await fraud.connect(openInference({ url: "http://localhost:8000" }));
   */
  connect<H extends Model | AnyPipeline>(handle: H, options?: ConnectOptions): Promise<ConnectedTo<H>>;
}

/** A connected model, typed by the handle or pipeline that it was connected with. */
export type ConnectedTo<H> = H extends { deploy(target: Target): Promise<infer D> }
  ? D extends Deployment<infer In, infer Out, infer Checks, infer _Challengers>
    ? ConnectedModel<In, Out, Checks>
    : AnyConnectedModel
  : // By its properties: the interface of a generated handle is no `Model<string, …>` of its own ports.
    H extends { readonly inputs: infer In extends Ports; readonly outputs: infer Out extends Ports }
    ? ConnectedModel<In, Out, never>
    : never;
