import type { PortValues } from "./row.js";
import type { DType, Dim, Tensor } from "./tensor.js";

/** Filled in from outside with what this room cannot import: `{ config: Config }` by the package, `{ table: Table }` by targets. */
export interface Interop {}

/** What every Arrow table has, whoever made it. */
export interface ArrowTableLike {
  readonly numRows: number;
  readonly numCols: number;
}

/** An Arrow table: apache-arrow's class where `shapeline/local` is imported. */
export type ArrowTable = Interop extends { table: infer T } ? T : ArrowTableLike;

/** A pipeline as data, as `build()` gives it. */
export type DeployedConfig = Interop extends { config: infer C } ? C : unknown;

/** Which columns of the rows are wanted. */
export interface DatasetOptions {
  /**
   * `*` (time, in, out, anomaly, check_failures and what models beside gave; this unless given), `metadata`, one of the
   * groups such as `in`, or one column such as `in.amount`.
   */
  readonly dataset?: readonly string[];
  /** Groups or columns to leave out. */
  readonly datasetExclude?: readonly string[];
  /** Joins groups and names: with "." a record is `{ time, "in.amount": …, "out.risk": … }`. */
  readonly datasetSeparator?: string;
}

/** Options that change the shape of the rows. */
export type Choosing =
  | { readonly dataset: readonly string[] }
  | { readonly datasetExclude: readonly string[] }
  | { readonly datasetSeparator: string };

export interface InferOptions extends DatasetOptions {
  /** How long to wait for the answer, in milliseconds; 15,000 when not given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** What the pipeline's splits choose by, for all rows of the request: `{ session_id: "a1" }`. It is logged with the rows. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
}

/** An option that is none is an error at its place: a type parameter alone would let it pass. */
type Known<O> = O & { readonly [K in Exclude<keyof O, keyof InferOptions>]: never };

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

/** Options of `logBatches`: all rows of the range unless `limit` says otherwise. */
export interface LogBatchesOptions extends Omit<LogsOptions, "arrow"> {
  /** The most rows of a table, 10,000 unless given; of wide rows a table holds fewer, about 8 MiB of them. */
  readonly batchRows?: number;
  /** Ends the reading with SL6005. */
  readonly signal?: AbortSignal;
}

export interface ExportOptions extends LogsOptions {
  /** The folder of the files; `logs` unless given. */
  readonly directory?: string;
  /** What their names begin with; the pipeline's name unless given. */
  readonly filePrefix?: string;
  /** The most to write, as bytes or a text such as "100MB" (1,000,000 bytes each) or "1.5 GiB"; 100 MiB unless given. */
  readonly dataSizeLimit?: number | string;
  /** What the files are: JSON lines unless given; `arrow: true` is the same as "arrow". */
  readonly format?: "json" | "arrow" | "parquet";
  /** Called with what has been written so far, after every few thousand rows. */
  readonly onProgress?: (progress: ExportProgress) => void;
  /** Ends the export with SL6005; no file is left then. */
  readonly signal?: AbortSignal;
}

/** What an export has written so far. */
export interface ExportProgress {
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

/** What `exportLogs` wrote. */
export interface ExportedLogs {
  /** Paths, in the order of the rows. */
  readonly files: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  /** Why there are more rows than were written; null where all were. */
  readonly cut: "limit" | "size" | null;
}

/** What one element may be given as. */
type InputElement<D extends DType> = D extends "int64" | "uint64"
  ? bigint | number
  : D extends "bool"
    ? boolean
    : D extends "string"
      ? string
      : number;

type InputNested<V, S extends readonly unknown[]> = S extends readonly [unknown, ...infer R]
  ? readonly InputNested<V, R>[]
  : V;

type InputRagged<V> = V | readonly InputRagged<V>[];

/** One row of a tensor as it is given: nested arrays, their lengths checked at run time. */
type InputValue<T> =
  T extends Tensor<infer D, infer S>
    ? number extends S["length"]
      ? InputRagged<InputElement<D>>
      : S extends readonly [Dim, ...infer R]
        ? InputNested<InputElement<D>, R>
        : InputElement<D>
    : never;

/** The typed array that holds a whole column flat, row after row. */
interface FlatArrays {
  float16: Uint16Array;
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

/** The columns of a request: one entry a row, or a flat typed array of all rows. */
export type ColumnsInput<In> = In extends unknown
  ? { readonly [K in keyof In]: readonly InputValue<In[K]>[] | FlatArray<In[K]> }
  : never;

/** What a request of the form of `A` must be: with one signature a wrong input is one error at its place, with overloads it is three. */
type Request<A, In> = [A] extends [never]
  ? A
  : A extends readonly unknown[]
    ? readonly RecordInput<In>[]
    : A extends ArrowTableLike
      ? ArrowTable
      : ColumnsInput<In>;

/** The answer to a request of the form of `A`. */
type Answer<A, In, Out, Checks extends string, Challengers> = A extends readonly unknown[]
  ? InferRecord<In, Out, Checks, Challengers>[]
  : A extends ArrowTableLike
    ? ArrowTable
    : InferColumns<In, Out, Checks, Challengers>;

/** The answer where the caller chose its columns. */
type ChosenAnswer<A> = A extends readonly unknown[] ? AnyRecord[] : A extends ArrowTableLike ? ArrowTable : AnyRecord;

/** Check results of one row: how many failed, and by validation name whether it failed. */
export type Anomaly<Checks extends string> = { readonly count: number } & { readonly [C in Checks]: boolean };

/** The same of a logged row: null where a row of another version was not checked so. */
export type LoggedAnomaly<Checks extends string> = { readonly count: number } & {
  readonly [C in Checks]: boolean | null;
};

/** One inferred row. `in` and `out` hold numbers (bigint, boolean, string) or nested arrays; `out_<challenger>` is there where challengers were waited for; its ports are null where that one gave no answer. */
export type InferRecord<In, Out, Checks extends string, Challengers> = RowRecord<In, Out, Anomaly<Checks>, Challengers>;

/** One logged row: an inferred one, of any version of the pipeline. */
export type LogRecord<In, Out, Checks extends string, Challengers> = RowRecord<
  In,
  Out,
  LoggedAnomaly<Checks>,
  Challengers
>;

type RowRecord<In, Out, Failures, Challengers> = {
  readonly time: Date;
  readonly in: PortValues<In>;
  readonly out: PortValues<LoneOutputs<Out>>;
  readonly anomaly: Failures;
  readonly check_failures: number;
} & { readonly [M in keyof ModelsOf<Out> & string as `out_${M}`]: PortValues<ModelsOf<Out>[M]> } & {
  readonly [C in keyof Challengers & string as `out_${C}`]?: Gapped<PortValues<Challengers[C]>>;
};

type Gapped<Row> = { [K in keyof Row]: Row[K] | null };

/** The outputs of a pipeline that ends with several and selects none: each stands under `out_<model>`, and `out` is empty. */
export interface OutputsByModel<out Models> {
  readonly [byModel]: Models;
}
declare const byModel: unique symbol;

type LoneOutputs<Out> = Out extends OutputsByModel<unknown> ? Record<never, never> : Out;
type ModelsOf<Out> = Out extends OutputsByModel<infer Models> ? Models : object;

type Columns<Row> = { [K in keyof Row]: readonly Row[K][] };
type GappedColumns<Row> = { [K in keyof Row]: readonly (Row[K] | null)[] };

/** Inferred rows as columns, one entry a row. A challenger's columns hold null where it gave no answer. */
export type InferColumns<In, Out, Checks extends string, Challengers> = {
  readonly time: readonly Date[];
  readonly in: Columns<PortValues<In>>;
  readonly out: Columns<PortValues<LoneOutputs<Out>>>;
  readonly anomaly: Columns<Anomaly<Checks>>;
  readonly check_failures: readonly number[];
} & { readonly [M in keyof ModelsOf<Out> & string as `out_${M}`]: Columns<PortValues<ModelsOf<Out>[M]>> } & {
  readonly [C in keyof Challengers & string as `out_${C}`]?: GappedColumns<PortValues<Challengers[C]>>;
};

/** What runs, and where. */
export interface DeploymentStatus {
  readonly pipeline: string;
  /** The kind of the target. */
  readonly target: string;
  readonly version: string;
  /** The config's content hash. */
  readonly hash: string;
  readonly state: "running" | "stopped";
  readonly models: readonly { readonly name: string; readonly version: string; readonly sha256: string }[];
}

/** A state that an alert came to. */
export interface AlertChange {
  /** The alert's name. */
  readonly alert: string;
  /** `pending`: its condition holds, but not yet for as long as it must; `resolved`: it no longer holds. */
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
  readonly created: Date;
}

/** A deployed pipeline, typed by its request columns, outputs, validation names and challengers' outputs. */
export interface Deployment<In, Out, Checks extends string, Challengers> {
  readonly name: string;

  /**
   * Runs the pipeline on records, columns or an Arrow table and answers in the same form. Every row is logged.
   * (The signature of `never` cannot be called; without it no deployment would be an `AnyDeployment`.)
   * @param rows one object a row, or one object of columns (a list with an entry a row, or a flat typed array), or an Arrow table
   * @throws InputError when the rows are not what the pipeline takes, TargetError when it cannot run
   * @example const [row] = await live.infer([{ dense_input: [0.1, 0.2] }]);
   */
  infer(rows: never, options: never): Promise<never>;
  infer<A extends object, const O extends InferOptions = InferOptions>(
    rows: Request<A, In>,
    options?: Known<O>,
  ): Promise<O extends Choosing ? ChosenAnswer<A> : Answer<A, In, Out, Checks, Challengers>>;

  /** Runs the pipeline on a file: `.arrow` answers with a table, `.df.json` and `.json` with records. */
  inferFromFile(
    path: string,
    options?: InferOptions,
  ): Promise<InferRecord<In, Out, Checks, Challengers>[] | ArrowTable>;

  /** The logged rows, newest first. */
  logs(options: LogsOptions & { readonly arrow: true }): Promise<ArrowTable>;
  logs(options: LogsOptions & Choosing & { readonly arrow?: false }): Promise<AnyRecord[]>;
  logs(options?: LogsOptions & { readonly arrow?: false }): Promise<LogRecord<In, Out, Checks, Challengers>[]>;

  /**
   * The logged rows, newest first, as Arrow tables of one schema, for ranges that memory would not hold: one table is in memory at a
   * time. A column that a row's version lacks is null in it.
   * @example for await (const table of live.logBatches({ start: "2026-01-01" })) writer.write(table);
   */
  logBatches(options?: LogBatchesOptions): AsyncIterableIterator<ArrowTable>;

  /**
   * Writes the logged rows, newest first, to `<directory>/<filePrefix>-<n>.json` (a JSON object a line), `.arrow`
   * or `.parquet`, n from 1 on; a new file begins where the columns change. Files appear whole or not at all; those of the same
   * names are replaced.
   * @throws TargetError SL6011 for an option that is not valid, StorageError SL7030, SL7031
   * @example const { files, cut } = await live.exportLogs({ directory: "logs", dataSizeLimit: "100MB" });
   */
  exportLogs(options?: ExportOptions): Promise<ExportedLogs>;

  /**
   * The alerts that are pending or firing, then every change of state as it comes, until the deployment ends.
   * @example for await (const { alert, state } of live.alerts()) console.log(alert, state);
   */
  alerts(options?: AlertsOptions): AsyncIterable<AlertChange>;

  status(): Promise<DeploymentStatus>;
  /** All deployed versions, newest first. */
  versions(): Promise<PipelineVersion[]>;
  /** The config of a version, the newest unless given. */
  configuration(version?: string): Promise<DeployedConfig>;
  /** Stops the pipeline and forgets the deployment; logs stay. */
  undeploy(): Promise<void>;
  /** Lets go of sessions and files in this process; the deployment stays. */
  close(): Promise<void>;
}

/** A record whose columns are known only at run time. */
export type AnyRecord = Readonly<Record<string, unknown>>;

/** One inferred row of a pipeline whose types are not known. */
export interface AnyInferRecord {
  readonly time: Date;
  readonly in: AnyRecord;
  readonly out: AnyRecord;
  readonly anomaly: { readonly count: number } & Readonly<Record<string, boolean | number | null>>;
  readonly check_failures: number;
  readonly [challenger: `out_${string}`]: AnyRecord | undefined;
}

/** Inferred rows as columns, of a pipeline whose types are not known. */
export interface AnyInferColumns {
  readonly time: readonly Date[];
  readonly in: Readonly<Record<string, readonly unknown[]>>;
  readonly out: Readonly<Record<string, readonly unknown[]>>;
  readonly anomaly: { readonly count: readonly number[] } & Readonly<Record<string, readonly (boolean | number)[]>>;
  readonly check_failures: readonly number[];
  readonly [challenger: `out_${string}`]: Readonly<Record<string, readonly unknown[]>> | undefined;
}

/** A deployment whose types are not known: what targets implement. */
export interface AnyDeployment {
  readonly name: string;
  infer(rows: readonly AnyRecord[], options?: InferOptions): Promise<AnyInferRecord[]>;
  infer(columns: AnyRecord, options?: InferOptions): Promise<AnyInferColumns>;
  infer(table: ArrowTable, options?: InferOptions): Promise<ArrowTable>;
  inferFromFile(path: string, options?: InferOptions): Promise<AnyInferRecord[] | ArrowTable>;
  logs(options: LogsOptions & { readonly arrow: true }): Promise<ArrowTable>;
  logs(options?: LogsOptions & { readonly arrow?: false }): Promise<AnyInferRecord[]>;
  logBatches(options?: LogBatchesOptions): AsyncIterableIterator<ArrowTable>;
  exportLogs(options?: ExportOptions): Promise<ExportedLogs>;
  /** Where the target evaluates alerts. */
  alerts?(options?: AlertsOptions): AsyncIterable<AlertChange>;
  status(): Promise<DeploymentStatus>;
  versions(): Promise<PipelineVersion[]>;
  configuration(version?: string): Promise<DeployedConfig>;
  undeploy(): Promise<void>;
  close(): Promise<void>;
}
