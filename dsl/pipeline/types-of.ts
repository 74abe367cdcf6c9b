import type {
  AnyInferRecord,
  AnyRecord,
  DatasetOptions,
  Deployment,
  DeploymentStatus,
  InferOptions,
  InferRecord,
  LogRecord,
  LogRows,
  LogsOptions,
  RecordInput,
} from "../deployment.js";
import type { Model } from "../model.js";
import type { Row, RowOf as RowAt } from "../row.js";
import type { ModelsOfStep } from "../steps/step-kinds.js";
import type { After } from "../steps/step-list.js";
import type { Tensor } from "../tensor.js";
import type { Target } from "./any-pipeline.js";
import type { Pipeline } from "./pipeline.js";

// What a pipeline's type says about its rows: `InferInput<typeof fraud>`. A pipeline whose ports are not known, such as
// `AnyPipeline`, has loose rows.

/** What `deploy` returns. */
type DeployedAs<P> = P extends { deploy(target: Target): Promise<infer D> } ? D : never;

/** One record of a request to a pipeline: `InferInput<typeof fraud>`. */
export type InferInput<P> =
  DeployedAs<P> extends Deployment<infer In, infer _Out, infer _Checks, infer _Challengers>
    ? RecordInput<In>
    : AnyRecord;

/** One row of a pipeline's answer: `InferOutput<typeof fraud>`. */
export type InferOutput<P> =
  DeployedAs<P> extends Deployment<infer In, infer Out, infer Checks, infer ChallengersOut>
    ? InferRecord<In, Out, Checks, ChallengersOut>
    : AnyInferRecord;

/** One row of a pipeline's logs: `LogRow<typeof fraud>`. */
export type LogRow<P> =
  DeployedAs<P> extends Deployment<infer In, infer Out, infer Checks, infer ChallengersOut>
    ? LogRecord<In, Out, Checks, ChallengersOut>
    : AnyInferRecord;

/**
 * The deployment of a pipeline, for code that is generic over pipelines, such as a registry by key.
 * @example
 * type Registry = { readonly [K in keyof Pipelines]: DeploymentOf<Pipelines[K]> };
 * const registry: Registry = { fraud: await fraud.deploy(target), … };
 * const infer = <K extends keyof Pipelines>(key: K, rows: readonly InferInput<Pipelines[K]>[]) =>
 *   registry[key].infer(rows);
 */
export interface DeploymentOf<P> {
  readonly name: string;
  /** Runs the pipeline on records. */
  infer(rows: readonly InferInput<P>[], options?: InferOptions): Promise<InferOutput<P>[]>;
  /** The logged rows, newest first. */
  logs(options?: Omit<LogsOptions, "arrow" | keyof DatasetOptions>): Promise<LogRows<LogRow<P>>>;
  status(): Promise<DeploymentStatus>;
  undeploy(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What a lambda at the end of a pipeline reads: `RowOf<typeof fraud>`.
 * @example const isLow = (x: RowOf<typeof fraud>) => x.out.risk[0] < 1;
 */
export type RowOf<P> =
  P extends Pipeline<infer In, infer Out, infer _Checks, infer _Steps, infer ByModel, infer _Names>
    ? RowAt<In, Out, ByModel>
    : Row<Readonly<Record<string, Tensor>>, Readonly<Record<string, Tensor>>>;

/** The names of a pipeline's validations: `"amt" | "low"`; `never` without any, `string` where they are not known. */
export type ValidationsOf<P> =
  DeployedAs<P> extends Deployment<infer _In, infer _Out, infer Checks, infer _Challengers> ? Checks : string;

/** The models of a pipeline's steps, as a union: `ModelOf<typeof fraud>["name"]`. */
export type ModelOf<P> =
  P extends Pipeline<infer _In, infer _Out, infer _Checks, infer Steps, infer _ByModel, infer _Names>
    ? ModelsIn<Steps>
    : Model;

type ModelsIn<Steps, Found = never> =
  Steps extends After<infer S, infer Prev> ? ModelsIn<Prev, Found | ModelsOfStep<S>> : Found;
