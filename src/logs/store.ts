import type { StorageError } from "../../dsl/errors.js";
import type { LoggedComparison } from "./comparison.js";
import type { LogBatch, LogLayout, LogQuery, PageSize, PipelineLog } from "./pipeline-log.js";

export type PipelineState = "deployed" | "undeployed";

export interface ModelFile {
  readonly sha256: string;
  readonly path: string;
  /** How the model runs, if the user should know. */
  readonly notice?: string;
}

/** What a deployment leaves out of its log, as its author wrote it: groups such as `in` are not resolved to columns. */
export interface LogSettings {
  readonly exclude: readonly string[];
  readonly redact: readonly string[];
  /** null: no limit. */
  readonly maxElements: number | null;
}

export interface NewVersion {
  readonly pipeline: string;
  /** The config as JSON data. */
  readonly config: unknown;
  readonly models: readonly ModelFile[];
  readonly deployedAt: Date;
  /** What the deployment leaves out of its log; missing if nothing. */
  readonly log?: LogSettings;
}

/** A deployed version. Versions are numbered 1, 2, 3 … in the order of their first deployment. */
export interface StoredVersion extends NewVersion {
  readonly version: number;
}

export interface StoredPipeline {
  readonly name: string;
  readonly state: PipelineState;
  /** The deployed version: the last one that was saved or used again. */
  readonly current: StoredVersion;
}

/** `pending`: the condition is true, but not yet for the required time. `resolved`: it is no longer true. */
export type AlertState = "pending" | "firing" | "resolved";

/** A state change of an alert. */
export interface StoredAlert {
  readonly alert: string;
  readonly state: AlertState;
  readonly time: Date;
}

/** How much of the log is kept. Rows within these limits are never deleted. */
export interface Retention {
  /** Milliseconds; older rows are deleted. */
  readonly age?: number;
  /** Bytes on disk; if the rows take more, the oldest are deleted. */
  readonly size?: number;
}

/** The rows that a sweep deleted, and the size of the database after it. */
export interface SweepResult {
  readonly rows: number;
  /** Bytes in use. */
  readonly used: number;
  /** Free bytes in the file; new rows reuse them. */
  readonly free: number;
}

export interface StoreOptions {
  /** Open an existing log for reading only; several processes may do so at once if none writes. */
  readonly readOnly?: boolean;
  /** Retention limits, applied on opening and every minute. The last store that sets them decides for the folder. */
  readonly retention?: Retention;
  /**
   * Open a folder of another user, and leave the permissions of the folder and its files as they are. Otherwise such a
   * folder is refused, and others are closed to other users.
   */
  readonly sharedFolder?: boolean;
  /** The most memory in bytes that the database takes; the first store of a folder in the process decides. */
  readonly databaseMemory?: number;
  /** Called if relaxed rows could not be written or old rows could not be deleted. Default: a process warning. */
  readonly onError?: (error: StorageError) => void;
}

/** Reads a data folder. */
export interface LogReader {
  /** All versions of a pipeline, oldest first; empty if it was never deployed. */
  versions(pipeline: string): Promise<StoredVersion[]>;
  /** Every pipeline ever deployed, by name. */
  pipelines(): Promise<StoredPipeline[]>;
  /** As `PipelineLog.read`, without opening the pipeline's log; empty if it has none. */
  readLog(pipeline: string, query?: LogQuery): Promise<LogBatch[]>;
  /**
   * As `readLog`, one page at a time; all rows if the query has no limit. Uses a connection until the generator ends or
   * returns.
   */
  pages(pipeline: string, query: LogQuery, size: PageSize): AsyncGenerator<readonly LogBatch[], void, undefined>;
  /** Layouts of the versions that have rows for a query, newest version first. */
  layouts(pipeline: string, query?: LogQuery): Promise<LogLayout[]>;
  /** Compares the champion with its challengers between `start` and `end`. */
  compare(pipeline: string, query?: LogQuery): Promise<LoggedComparison>;
}

/** The log and control state of a data folder. Each `openStore` needs its own `close`. */
export interface Store extends LogReader {
  /** The database file. */
  readonly file: string;
  readonly readOnly: boolean;
  /** Stores a config as the pipeline's next version and marks the pipeline deployed. */
  saveVersion(version: NewVersion): Promise<StoredVersion>;
  /** Makes a stored version the deployed one again; false if the pipeline was never deployed. */
  useVersion(pipeline: string, version: number, deployedAt: Date): Promise<boolean>;
  /** The deployed version and the pipeline's state; null if it was never deployed. */
  current(pipeline: string): Promise<StoredPipeline | null>;
  /** Returns false if the pipeline was never deployed. */
  setState(pipeline: string, state: PipelineState): Promise<boolean>;
  openLog(layout: LogLayout): Promise<PipelineLog>;
  /** All state changes of the pipeline's alerts, oldest first. */
  alertChanges(pipeline: string): Promise<StoredAlert[]>;
  saveAlerts(pipeline: string, changes: readonly StoredAlert[]): Promise<void>;
  /**
   * Deletes the rows beyond the retention limits; null if none are set.
   *
   * @throws StorageError SL7016
   */
  sweep(): Promise<SweepResult | null>;
  /** Why nothing more can be logged: the files were deleted or replaced; null if they are there. */
  problem(): StorageError | null;
  /** Writes pending rows; releases the folder once all of its stores are closed. */
  close(): Promise<void>;
}
