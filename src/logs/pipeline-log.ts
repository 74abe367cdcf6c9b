import type { Port } from "../../dsl/tensor.js";
import type { RequestMetadata, ResultBatch, RowsMetadata } from "../tensors/result.js";
import type { RowsTensor } from "../tensors/tensor-data.js";
import type { Withheld } from "./schema/withheld.js";

export interface ModelOutputs {
  readonly name: string;
  readonly outputs: readonly Port[];
}

/** What the log of one pipeline version stores. It defines the columns and never changes for a version. */
export interface LogLayout {
  readonly pipeline: string;
  readonly version: number;
  /** All ports are rows first: the first dimension of a shape stands for the rows, the others are a row's shape. */
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Models whose outputs are stored in the champion's row: those of a multi-model step. Missing in older logs. */
  readonly models?: readonly ModelOutputs[];
  readonly challengers: readonly ModelOutputs[];
  /** Names of the validations. */
  readonly validations: readonly string[];
  /** Columns that the log leaves out; missing if it holds all. */
  readonly withheld?: Withheld;
}

/** Metadata of a batch. */
export interface RowMeta {
  /** Name of the model that computed the output. */
  readonly lastModel: string;
  /** Nanoseconds: reading the input, then one entry per inference step. */
  readonly elapsed: readonly number[];
  /** Metadata of the request; null if it had none. */
  readonly metadata: RequestMetadata | null;
}

/** The reason why a challenger has no output. */
export interface ChallengerNote {
  readonly note: string;
}

export interface LogQuery {
  /** Maximum number of rows; 100 by default. */
  readonly limit?: number;
  /** Earliest time, inclusive. */
  readonly start?: Date;
  /** Latest time, inclusive. */
  readonly end?: Date;
  /** true: only rows that passed every validation; false: only rows that failed one. */
  readonly valid?: boolean;
  /** Cursor: only rows after the row with this id in the order of the result, to continue an earlier read. */
  readonly after?: bigint;
  /** true: the rows that were logged first come first. */
  readonly oldestFirst?: boolean;
  /** Approximate maximum size in bytes; at least one row is returned. */
  readonly bytes?: number;
  /** Of a comparison: how far numbers that agree may be apart; by default a thousandth of the champion's. */
  readonly within?: number;
  /** false: omit the metadata of the rows. */
  readonly metadata?: boolean;
  /** false: do not read the values of the inputs, which are often most of a row; their tensors are empty. */
  readonly inputs?: boolean;
}

/** Maximum size of a page. */
export interface PageSize {
  readonly rows: number;
  /** Approximate; a page has at least one row. */
  readonly bytes: number;
}

/** Logged rows of one pipeline version with the same tensor shapes, newest first. */
export interface LogBatch extends ResultBatch, RowsMetadata {
  /** Row ids: unique in the pipeline, increasing in the order of logging. */
  readonly rowIds: readonly bigint[];
}

/** An alert condition over the newest rows of a log. */
export interface AlertWindow {
  /** A boolean DuckDB expression with aggregates, compiled from the config's tree. */
  readonly sql: string;
  readonly overMs: number;
}

/** An alert's condition and the aggregates in it, over the newest rows of a log. */
export interface MeasuredAlert extends AlertWindow {
  /** DuckDB expressions of numbers, compiled from the config's tree. */
  readonly aggregates: readonly string[];
}

/** What an alert's condition and its aggregates are now. */
export interface AlertValues {
  readonly holds: boolean;
  readonly aggregates: readonly number[];
}

/** The inference log of one pipeline version. */
export interface PipelineLog {
  readonly layout: LogLayout;

  /**
   * Logs a batch and resolves once it is on disk. Batches in flight at the same time are committed together.
   * Only the layout's `models` are read from `batch.challengers`; log challengers later with `appendChallenger`. The
   * tensors are not copied: do not change them until the promise settles.
   *
   * @throws StorageError SL7009 if the rows could not be written, SL7015 if they do not match the layout; then none of
   * them is in the log
   * @example
   * const meta = { lastModel: "ccfraud", elapsed: [12_000, 46_000], metadata: null };
   * const { firstRow } = await log.append(batch, meta);
   */
  append(batch: ResultBatch, meta: RowMeta): Promise<{ readonly firstRow: bigint }>;

  /**
   * Logs a batch and returns at once. Its commit starts after 50 ms or 1,000 rows, or when the running commit ends. If
   * it fails, the rows wait and are retried every second; `flush` rejects meanwhile. Call `whenRoom` first.
   */
  appendRelaxed(batch: ResultBatch, meta: RowMeta): { readonly firstRow: bigint };

  /**
   * null if `appendRelaxed` may be called; otherwise the write queue is full: await the promise, then call this again.
   *
   * @param rows of the batch
   * @throws StorageError SL7009 if the queue is full because the log cannot be written
   */
  whenRoom(rows?: number): Promise<void> | null;

  /**
   * Logs a challenger's outputs for `rows` rows starting at `firstRow`, or the reason for their absence. Resolves once
   * it is on disk. The rows wait up to 50 ms for more rows, so that challengers add no commits.
   *
   * @param elapsed nanoseconds that the challenger ran, if known
   * @throws StorageError SL7009, SL7015
   */
  appendChallenger(
    name: string,
    firstRow: bigint,
    rows: number,
    result: ReadonlyMap<string, RowsTensor> | ChallengerNote,
    elapsed?: number | null,
  ): Promise<void>;

  /**
   * Reads the newest rows of all versions of the pipeline, the one logged last first, whatever its time: the machine's
   * clock may have been set back.
   */
  read(query?: LogQuery): Promise<LogBatch[]>;

  /**
   * Evaluates alert conditions, each over the rows of its own window before `now`. Rows of earlier versions count if
   * they have the columns that the condition reads.
   */
  evaluateAlerts(windows: readonly AlertWindow[], now: Date): Promise<boolean[]>;

  /** As `evaluateAlerts`, with the values of the aggregates. */
  measureAlerts(alerts: readonly MeasuredAlert[], now: Date): Promise<AlertValues[]>;

  /** Resolves once all appended rows are on disk. Rejects with the first relaxed failure not yet reported. */
  flush(): Promise<void>;

  /** Flushes and refuses further rows. */
  close(): Promise<void>;
}
