import type { PortValues } from "./row.js";
import type { HasRowAxis, RowShape } from "./rows.js";
import type { NullAsNaN } from "./missing.js";
import type { DType, Tensor } from "./tensor.js";

/**
 * Other rooms add types here that `dsl` cannot import: `{ config: Config }` by the package, `{ table: Table }` by
 * targets.
 */
export interface Interop {}

/** The members that all Arrow tables have, of any version of apache-arrow. */
export interface ArrowTableLike {
  readonly numRows: number;
  readonly numCols: number;
}

/** An Arrow table: apache-arrow's class where `shapeline/local` is imported. */
export type ArrowTable = Interop extends { table: infer T } ? T : ArrowTableLike;

/** A pipeline as data: the result of `build()`. */
export type DeployedConfig = Interop extends { config: infer C } ? C : unknown;

/** Selects the columns of the rows. */
export interface DatasetOptions {
  /**
   * Groups or columns: `*` (the default: time, in, out, anomaly, check_failures and the outputs of other models),
   * `metadata`, a group such as `in`, or a column such as `in.amount`.
   */
  readonly dataset?: readonly string[];
  /** Groups or columns to leave out. */
  readonly datasetExclude?: readonly string[];
  /** Flattens groups, with this separator: with "." a record is `{ time, "in.amount": …, "out.risk": … }`. */
  readonly datasetSeparator?: string;
}

/** Options that change the shape of the rows. */
export type ColumnSelection =
  | { readonly dataset: readonly string[] }
  | { readonly datasetExclude: readonly string[] }
  | { readonly datasetSeparator: string }
  | { readonly values: "typed" };

export interface InferOptions extends DatasetOptions {
  /** Deadline in milliseconds; 15,000 by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /**
   * The input of the pipeline's splits, for all rows of the request: `{ session_id: "a1" }`. It is logged with the
   * rows.
   */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
  /**
   * How records and columns hold the values of ports. `"nested"`, the default: nested lists. `"typed"`: `{ data, shape
   * }` with a typed array (float16 as bits, bool as 0 and 1, a list for strings), without lists to build for an image.
   */
  readonly values?: "nested" | "typed";
}

export interface FileOptions extends InferOptions {
  /** Leaves out the file's columns that are no inputs. Without it they are refused. */
  readonly ignoreUnknown?: boolean;
  /** The largest file, and the most that a packed file unpacks to: bytes, or text such as "4GB". By default 1 GiB. */
  readonly maxBytes?: number | string;
}

/** Makes an unknown option an error at its property: a type parameter alone would accept it. */
export type KnownOptions<O> = O & { readonly [K in Exclude<keyof O, keyof InferOptions>]: never };

export interface LogsOptions extends DatasetOptions {
  /** The number of rows, newest first. */
  readonly limit?: number;
  /** The earliest time: a Date, milliseconds since 1970 UTC, or ISO 8601 text. */
  readonly start?: Date | string | number;
  /** The latest time, inclusive. */
  readonly end?: Date | string | number;
  /** Only rows that passed every validation (true), or failed one (false). */
  readonly valid?: boolean;
  /** An Arrow table instead of records. */
  readonly arrow?: boolean;
}

/** Options of `logBatches`. Without `limit`, all rows of the range. */
export interface LogBatchesOptions extends Omit<LogsOptions, "arrow"> {
  /** The maximum number of rows per table; 10,000 by default. A table of wide rows holds fewer, about 8 MiB. */
  readonly batchRows?: number;
  /** Aborts with SL6005. */
  readonly signal?: AbortSignal;
}

export interface ExportOptions extends LogsOptions {
  /** The output folder; `logs` by default. */
  readonly directory?: string;
  /** The prefix of the file names; the pipeline's name by default. */
  readonly filePrefix?: string;
  /**
   * The maximum total size, in bytes or as text such as "100MB" (1 MB = 1,000,000 bytes) or "1.5 GiB"; 100 MiB by
   * default.
   */
  readonly dataSizeLimit?: number | string;
  /** The file format; JSON lines by default. `arrow: true` is the same as "arrow". */
  readonly format?: "json" | "arrow" | "parquet";
  /** Called with the progress after every few thousand rows. */
  readonly onProgress?: (progress: ExportProgress) => void;
  /** Aborts with SL6005; leaves no files. */
  readonly signal?: AbortSignal;
}

/** The progress of an export. */
export interface ExportProgress {
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

/** The columns that logged rows lack, by flat names such as `in.email`: those that at least one of the rows lacks. */
export interface WithheldColumns {
  /** Not logged at all. */
  readonly excluded: readonly string[];
  /** A marker instead of the value: "[redacted]" in text, null in other columns. */
  readonly redacted: readonly string[];
  /** null in rows with a long tensor; the columns `<column>.shape` and `<column>.digest` describe it. */
  readonly digested: readonly string[];
}

/** Logged rows, and which columns they lack. */
export interface LogRows<Row> extends Array<Row> {
  /** Not enumerable: it is no part of the rows. */
  readonly withheld: WithheldColumns;
}

/** The result of `exportLogs`. */
export interface ExportedLogs {
  /** File paths, in the order of the rows. */
  readonly files: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  /** The limit that ended the export early; null if all rows were written. */
  readonly cut: "limit" | "size" | null;
  readonly withheld: WithheldColumns;
}

/** The accepted values of one element. */
type InputElement<D extends DType> = D extends "int64" | "uint64"
  ? bigint | number
  : D extends "bool"
    ? boolean
    : D extends "string"
      ? string
      : number;

/** Nested lists; the innermost ones may be typed arrays `A`. */
type InputNested<V, A, S extends readonly unknown[]> = S extends readonly [unknown, infer N, ...infer R]
  ? readonly InputNested<V, A, readonly [N, ...R]>[]
  : readonly V[] | A;

type InputRagged<V, A> = V | A | readonly InputRagged<V, A>[];

/**
 * The accepted values of one row of a tensor: nested lists, a flat typed array, or a typed array with its shape. A row
 * of one number is also a plain number. Lengths are checked at run time.
 */
type InputValue<T> =
  T extends Tensor<infer D, infer S>
    ? RowInput<T extends NullAsNaN ? InputElement<D> | null : InputElement<D>, FlatArrays[D], RowShape<S>>
    : never;
type RowInput<V, A, S extends readonly unknown[]> = number extends S["length"]
  ? InputRagged<V, A> | FlatInput<A>
  : S extends readonly []
    ? V
    : InputNested<V, A, S> | FlatInput<A> | (S extends readonly 1[] ? V : never);
type FlatInput<A> = [A] extends [never] ? never : A | ShapedInput<A>;

/** One row of a tensor: its elements in row-major order, and its shape. `{ data: pixels, shape: [3, 480, 640] }` */
export interface ShapedInput<out A> {
  readonly data: A;
  readonly shape: readonly number[];
}

/** The bits, or JavaScript's own class where it exists. */
type Float16Elements = typeof globalThis extends { readonly Float16Array: { readonly prototype: infer A } }
  ? Uint16Array | A
  : Uint16Array;

/** The typed array for a dtype, flat in row-major order. */
interface FlatArrays {
  float16: Float16Elements;
  float32: Float32Array;
  float64: Float64Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  string: never;
}

type FlatArray<T> = T extends Tensor<infer D> ? FlatArrays[D] : never;

/** One record of a request. */
export type RecordInput<In> = In extends unknown ? { readonly [K in keyof In]: InputValue<In[K]> } : never;

/**
 * The columns of a request: one entry per row, or a flat typed array of all rows. An input without a row axis, where
 * another one has it, holds its one value for all rows.
 */
export type ColumnsInput<In> = In extends unknown
  ? {
      readonly [K in keyof In]: IsShared<In[K], In> extends true
        ? InputValue<In[K]>
        : readonly InputValue<In[K]>[] | FlatArray<In[K]>;
    }
  : never;

type IsShared<T, In> =
  HasRowAxis<T> extends false ? (true extends { [K in keyof In]: HasRowAxis<In[K]> }[keyof In] ? true : false) : false;

/**
 * The expected type of a request in the form of `A`. With one signature, a wrong input is one error at its property;
 * overloads would report three.
 */
export type InferRequest<A, In> = [A] extends [never]
  ? A
  : A extends readonly unknown[]
    ? number extends A["length"]
      ? readonly RecordInput<In>[]
      : { readonly [I in keyof A]: SizedRecord<A[I], In> }
    : A extends ArrowTableLike
      ? ArrowTable
      : ColumnsInput<In>;

/** A record of a request `R` that is written out: the lengths of its lists are known and checked. */
type SizedRecord<R, In> = In extends unknown
  ? {
      readonly [K in keyof In]: K extends keyof R
        ? In[K] extends Tensor<DType, infer S>
          ? WrongLength<K & string, LengthFlaw<R[K], RowShape<S>>, InputValue<In[K]>>
          : never
        : InputValue<In[K]>;
    }
  : never;

/** `[found, expected]` where a list in `V` has another length than the shape `S` says, else null. */
type LengthFlaw<V, S extends readonly unknown[]> = V extends readonly unknown[]
  ? number extends S["length"] | V["length"]
    ? null
    : S extends readonly [infer N, ...infer Rest]
      ? N extends (Lists<V, Rest> extends true ? number : never)
        ? V["length"] extends N
          ? LengthFlaw<V[number], Rest>
          : readonly [V["length"], N]
        : LengthFlaw<V[number], Rest>
      : null
  : null;

/** False where lists are deeper than the shape: that is another error. */
type Lists<V extends readonly unknown[], Rest> = Rest extends readonly []
  ? V[number] extends readonly unknown[]
    ? false
    : true
  : true;

/** `Value`, or the text of the first flaw. A union, of the rows of a matrix, has a flaw if one member has. */
type WrongLength<K extends string, F, Value> = [F] extends [null]
  ? Value
  : F extends readonly [infer Found extends number, infer Size extends number]
    ? `'${K}' has a list of ${Found} where its shape has ${Size}`
    : never;

/** The answer to a request in the form of `A`. As many records as rows, where their number is known. */
export type InferAnswer<A, In, Out, Checks extends string, Challengers> = A extends readonly unknown[]
  ? number extends A["length"]
    ? InferRecord<In, Out, Checks, Challengers>[]
    : { -readonly [I in keyof A]: InferRecord<In, Out, Checks, Challengers> }
  : A extends ArrowTableLike
    ? ArrowTable
    : InferColumns<In, Out, Checks, Challengers>;

/** The answer if the caller selected its columns. */
export type SelectedAnswer<A> = A extends readonly unknown[]
  ? number extends A["length"]
    ? AnyRecord[]
    : { -readonly [I in keyof A]: AnyRecord }
  : A extends ArrowTableLike
    ? ArrowTable
    : AnyRecord;

/** Validation results of one row: the number of failures, and per validation name whether it failed. */
export type Anomaly<Checks extends string> = { readonly count: number } & { readonly [C in Checks]: boolean };

/** The same for a logged row: null if the pipeline version of the row had no such validation. */
export type LoggedAnomaly<Checks extends string> = { readonly count: number } & {
  readonly [C in Checks]: boolean | null;
};

/**
 * One inferred row. `in` and `out` hold numbers (bigint, boolean, string) or nested arrays. `out_<challenger>` is
 * present if the engine waits for challengers; its ports are null if that challenger failed.
 */
export type InferRecord<In, Out, Checks extends string, Challengers> = RowRecord<In, Out, Anomaly<Checks>, Challengers>;

/** One logged row, from any version of the pipeline. */
export type LogRecord<In, Out, Checks extends string, Challengers> = RowRecord<
  In,
  Out,
  LoggedAnomaly<Checks>,
  Challengers
>;

type RowRecord<In, Out, Failures, Challengers> = {
  readonly time: Date;
  readonly in: PortValues<In>;
  readonly out: PortValues<SingleOutputs<Out>>;
  readonly anomaly: Failures;
  readonly check_failures: number;
} & { readonly [M in keyof ModelsOf<Out> & string as `out_${M}`]: PortValues<ModelsOf<Out>[M]> } & {
  readonly [C in keyof Challengers & string as `out_${C}`]?: Nullable<PortValues<Challengers[C]>>;
};

type Nullable<Row> = { [K in keyof Row]: Row[K] | null };

/**
 * The outputs of a pipeline that ends with several models and selects none: each is in `out_<model>`, and `out` is
 * empty.
 */
export interface OutputsByModel<out Models> {
  readonly [byModel]: Models;
}
declare const byModel: unique symbol;

type SingleOutputs<Out> = Out extends OutputsByModel<unknown> ? Record<never, never> : Out;
type ModelsOf<Out> = Out extends OutputsByModel<infer Models> ? Models : object;

type Columns<Row> = { [K in keyof Row]: readonly Row[K][] };
type NullableColumns<Row> = { [K in keyof Row]: readonly (Row[K] | null)[] };

/** Inferred rows as columns, one entry per row. A challenger's columns are null in rows where it failed. */
export type InferColumns<In, Out, Checks extends string, Challengers> = {
  readonly time: readonly Date[];
  readonly in: Columns<PortValues<In>>;
  readonly out: Columns<PortValues<SingleOutputs<Out>>>;
  readonly anomaly: Columns<Anomaly<Checks>>;
  readonly check_failures: readonly number[];
} & { readonly [M in keyof ModelsOf<Out> & string as `out_${M}`]: Columns<PortValues<ModelsOf<Out>[M]>> } & {
  readonly [C in keyof Challengers & string as `out_${C}`]?: NullableColumns<PortValues<Challengers[C]>>;
};

/** The state of a deployment. */
export interface DeploymentStatus {
  readonly pipeline: string;
  /** The kind of the target. */
  readonly target: string;
  readonly version: string;
  /** The config's content hash. */
  readonly hash: string;
  readonly state: "running" | "stopped";
  readonly models: readonly ModelStatus[];
}

/** A model of a deployed pipeline. */
export interface ModelStatus {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /**
   * Why its rows run one at a time, which is slower, or why `deploy` could not prove that rows of one run do not change
   * each other; missing if it could.
   */
  readonly notice?: string;
  /**
   * Why requests of one row do not share its runs, if the server was given `batchWindow: "adaptive"`; missing if they
   * do.
   */
  readonly separate?: string;
}

/** A state change of an alert. */
export interface AlertChange {
  /** The alert's name. */
  readonly alert: string;
  /** `pending`: the condition holds, but not yet for the required time; `resolved`: it no longer holds. */
  readonly state: "pending" | "firing" | "resolved";
  readonly time: Date;
}

export interface AlertsOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

/** One deployed version of a pipeline. */
export interface PipelineVersion {
  readonly version: string;
  /** The config's content hash. */
  readonly hash: string;
  /** When it was deployed last. */
  readonly created: Date;
}

/** A deployed pipeline, typed by its request columns, outputs, validation names and challengers' outputs. */
export interface Deployment<In, Out, Checks extends string, Challengers> {
  readonly name: string;

  /** For editors. */
  infer<const A extends object>(
    rows: A | readonly RecordInput<In>[] | ColumnsInput<In>,
    options: InferOptions,
    no: never,
  ): Promise<InferAnswer<A, In, Out, Checks, Challengers>>;
  /**
   * No call fits it: it is no candidate in errors. It makes every deployment assignable to `AnyDeployment`. It is not
   * the last one, which `Parameters` and `ReturnType` read.
   */
  infer(this: never): Promise<never>;
  /**
   * Runs the pipeline on records, columns or an Arrow table, and answers in the same form. Every row is logged.
   * @param rows one object per row, or one object of columns (a list with one entry per row, or a flat typed array), or
   * an Arrow table
   * @throws InputError when the rows do not fit the pipeline's inputs, TargetError when the pipeline cannot run
   * @example const [row] = await live.infer([{ dense_input: [0.1, 0.2] }]);
   */
  infer<const A extends object, const O extends InferOptions = InferOptions>(
    rows: InferRequest<A, In>,
    options?: KnownOptions<O>,
  ): Promise<O extends ColumnSelection ? SelectedAnswer<A> : InferAnswer<A, In, Out, Checks, Challengers>>;

  /**
   * Runs the pipeline on the rows of a file: Arrow and Parquet answer with a table; CSV, JSON and JSON lines with
   * records. Each may be packed with gzip or zstd. The inputs of an exported log are its columns `in.*`.
   * @throws InputError when the file cannot be read or its rows do not fit, TargetError when the pipeline cannot run
   * @example await live.inferFromFile("rows.csv.gz", { ignoreUnknown: true });
   */
  inferFromFile(path: string, options?: FileOptions): Promise<InferRecord<In, Out, Checks, Challengers>[] | ArrowTable>;

  /** The logged rows, newest first. */
  logs(options: LogsOptions & { readonly arrow: true }): Promise<ArrowTable>;
  logs(options: LogsOptions & ColumnSelection & { readonly arrow?: false }): Promise<LogRows<AnyRecord>>;
  logs(options?: LogsOptions & { readonly arrow?: false }): Promise<LogRows<LogRecord<In, Out, Checks, Challengers>>>;

  /**
   * The logged rows, newest first, as Arrow tables with one schema. Only one table is in memory at a time, so the range
   * may be larger than memory. A column that a row's version lacks is null.
   * @example for await (const table of live.logBatches({ start: "2026-01-01" })) writer.write(table);
   */
  logBatches(options?: LogBatchesOptions): AsyncIterableIterator<ArrowTable>;

  /**
   * Writes the logged rows, newest first, to `<directory>/<filePrefix>-<n>.json` (one JSON object per line), `.arrow`
   * or `.parquet`, with n from 1. A change of columns starts a new file. Files are written atomically and replace
   * existing ones.
   * @throws TargetError SL6011 for an option that is not valid, StorageError SL7030, SL7031
   * @example const { files, cut } = await live.exportLogs({ directory: "logs", dataSizeLimit: "100MB" });
   */
  exportLogs(options?: ExportOptions): Promise<ExportedLogs>;

  /**
   * First the alerts that are pending or firing, then every state change, until the deployment ends.
   * @example for await (const { alert, state } of live.alerts()) console.log(alert, state);
   */
  alerts(options?: AlertsOptions): AsyncIterable<AlertChange>;

  status(): Promise<DeploymentStatus>;
  /** All deployed versions, newest first. */
  versions(): Promise<PipelineVersion[]>;
  /** The config of a version; by default of the deployed one. */
  configuration(version?: string): Promise<DeployedConfig>;
  /** Stops the pipeline and removes the deployment. Logs are kept. */
  undeploy(): Promise<void>;
  /** Releases sessions and files in this process. The deployment is kept. */
  close(): Promise<void>;
}

/** A record whose columns are known only at run time. */
export type AnyRecord = Readonly<Record<string, unknown>>;

/** One inferred row of an untyped pipeline. */
export interface AnyInferRecord {
  readonly time: Date;
  readonly in: AnyRecord;
  readonly out: AnyRecord;
  readonly anomaly: { readonly count: number } & Readonly<Record<string, boolean | number | null>>;
  readonly check_failures: number;
  readonly [challenger: `out_${string}`]: AnyRecord | undefined;
}

/** Inferred rows as columns, of an untyped pipeline. */
export interface AnyInferColumns {
  readonly time: readonly Date[];
  readonly in: Readonly<Record<string, readonly unknown[]>>;
  readonly out: Readonly<Record<string, readonly unknown[]>>;
  readonly anomaly: { readonly count: readonly number[] } & Readonly<Record<string, readonly (boolean | number)[]>>;
  readonly check_failures: readonly number[];
  readonly [challenger: `out_${string}`]: Readonly<Record<string, readonly unknown[]>> | undefined;
}

/** An untyped deployment: targets implement it. */
export interface AnyDeployment {
  readonly name: string;
  infer(rows: readonly AnyRecord[], options?: InferOptions): Promise<AnyInferRecord[]>;
  infer(columns: AnyRecord, options?: InferOptions): Promise<AnyInferColumns>;
  infer(table: ArrowTable, options?: InferOptions): Promise<ArrowTable>;
  inferFromFile(path: string, options?: FileOptions): Promise<AnyInferRecord[] | ArrowTable>;
  logs(options: LogsOptions & { readonly arrow: true }): Promise<ArrowTable>;
  logs(options?: LogsOptions & { readonly arrow?: false }): Promise<LogRows<AnyInferRecord>>;
  logBatches(options?: LogBatchesOptions): AsyncIterableIterator<ArrowTable>;
  exportLogs(options?: ExportOptions): Promise<ExportedLogs>;
  /** Only in targets that evaluate alerts. */
  alerts?(options?: AlertsOptions): AsyncIterable<AlertChange>;
  status(): Promise<DeploymentStatus>;
  versions(): Promise<PipelineVersion[]>;
  configuration(version?: string): Promise<DeployedConfig>;
  undeploy(): Promise<void>;
  close(): Promise<void>;
}

/** A model of an Open Inference server, typed by its inputs, outputs and validations. */
export interface ConnectedModel<In, Out, Checks extends string> {
  /** The name of the handle or pipeline. */
  readonly name: string;
  /** For editors. */
  infer<const A extends object>(
    rows: A | readonly RecordInput<In>[] | ColumnsInput<In>,
    options: InferOptions,
    no: never,
  ): Promise<InferAnswer<A, In, Out, Checks, object>>;
  /**
   * Runs the model on records or columns, and answers in the same form. `time` is this machine's clock when the answer
   * arrived.
   *
   * @param rows one object per row, or one object of columns (a list with one entry per row, or a flat typed array)
   * @param options `metadata` become the `parameters` of the request
   * @throws InputError when the rows do not fit the inputs, TargetError when the server fails or its answer is wrong
   * @example const [row] = await live.infer([{ dense_input: [0.1, 0.2] }]);
   */
  infer<const A extends object, const O extends InferOptions = InferOptions>(
    rows: ModelRequest<A, In>,
    options?: KnownOptions<O>,
  ): Promise<O extends ColumnSelection ? SelectedAnswer<A> : InferAnswer<A, In, Out, Checks, object>>;
}

/** A model that was connected without static types. */
export interface AnyConnectedModel {
  readonly name: string;
  infer(rows: readonly AnyRecord[], options?: InferOptions): Promise<AnyRecord[]>;
  infer(columns: AnyRecord, options?: InferOptions): Promise<AnyRecord>;
}

/** The type parameter `A` first: the compiler infers it from there. */
type ModelRequest<A, In> = [A] extends [never]
  ? A
  : A extends ArrowTableLike
    ? "an Open Inference server takes no Arrow table: give columns, { column: typed array }"
    : InferRequest<A, In>;
