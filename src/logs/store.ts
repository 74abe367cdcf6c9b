import type { StorageError } from "../../dsl/errors.js";
import type { Comparison } from "./comparison.js";
import type { LogBatch, LogLayout, LogQuery, PageSize, PipelineLog } from "./pipeline-log.js";

export type PipelineState = "deployed" | "undeployed";

export interface ModelFile {
  readonly sha256: string;
  readonly path: string;
}

export interface NewVersion {
  readonly pipeline: string;
  /** The config as JSON data. */
  readonly config: unknown;
  readonly models: readonly ModelFile[];
  readonly deployedAt: Date;
}

/** A deployed version: 1, 2, 3 … in the order of deploying. */
export interface StoredVersion extends NewVersion {
  readonly version: number;
}

export interface StoredPipeline {
  readonly name: string;
  readonly state: PipelineState;
  /** The newest version. */
  readonly current: StoredVersion;
}

/** `pending`: it holds, but not yet for as long as it must. `resolved`: it no longer holds. */
export type AlertState = "pending" | "firing" | "resolved";

/** A state that an alert came to. */
export interface StoredAlert {
  readonly alert: string;
  readonly state: AlertState;
  readonly time: Date;
}

/** What of the log is kept. Rows within the bounds are never deleted. */
export interface Retention {
  /** Milliseconds: older rows go. */
  readonly age?: number;
  /** Bytes that the rows may take on disk: beyond them the oldest rows go. */
  readonly size?: number;
}

/** What a sweep did, and what the database takes after it. */
export interface SweepResult {
  readonly rows: number;
  /** Bytes in use. */
  readonly used: number;
  /** Bytes of the file that hold nothing: the next rows go there. */
  readonly free: number;
}

export interface StoreOptions {
  /** Open an existing log for reading; several processes may do so at once while none writes. */
  readonly readOnly?: boolean;
  /** What is kept of the log; looked after when the store opens, and every minute. The last opening that says so holds for the folder. */
  readonly retention?: Retention;
  /** Told of relaxed rows that could not be written, and of old ones that could not be deleted. A process warning unless given. */
  readonly onError?: (error: StorageError) => void;
}

/** What can be read of a data folder. */
export interface LogReader {
  /** All versions of a pipeline, oldest first; empty where it was never deployed. */
  versions(pipeline: string): Promise<StoredVersion[]>;
  /** Every pipeline ever deployed, by name. */
  pipelines(): Promise<StoredPipeline[]>;
  /** `PipelineLog.read` for a pipeline whose log is not open; empty where it has none. */
  readLog(pipeline: string, query?: LogQuery): Promise<LogBatch[]>;
  /** The same a page at a time, all rows unless the query has a limit. It holds a connection from the first page on until it ends or is broken off. */
  pages(pipeline: string, query: LogQuery, size: PageSize): AsyncGenerator<readonly LogBatch[], void, undefined>;
  /** What the versions hold whose rows a query takes, newest version first. */
  layouts(pipeline: string, query?: LogQuery): Promise<LogLayout[]>;
  /** What champion and challengers gave between `start` and `end`, in numbers. */
  compare(pipeline: string, query?: LogQuery): Promise<Comparison>;
}

/** A data folder's log and control state. One instance a folder and process; each `openStore` needs its own `close`. */
export interface Store extends LogReader {
  /** The database file. */
  readonly file: string;
  readonly readOnly: boolean;
  /** Stores a config as the pipeline's next version and marks the pipeline deployed. */
  saveVersion(version: NewVersion): Promise<StoredVersion>;
  /** The newest version with the pipeline's state, or null where it was never deployed. */
  current(pipeline: string): Promise<StoredPipeline | null>;
  /** Returns false where the pipeline was never deployed. */
  setState(pipeline: string, state: PipelineState): Promise<boolean>;
  openLog(layout: LogLayout): Promise<PipelineLog>;
  /** Every state that the pipeline's alerts came to, oldest first. */
  alertChanges(pipeline: string): Promise<StoredAlert[]>;
  saveAlerts(pipeline: string, changes: readonly StoredAlert[]): Promise<void>;
  /**
   * Deletes what the retention no longer covers; null where there is none.
   *
   * @throws StorageError SL7016
   */
  sweep(): Promise<SweepResult | null>;
  /** Writes out what is pending and lets go of the folder once every holder has closed. */
  close(): Promise<void>;
}
