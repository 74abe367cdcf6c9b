import type { Port } from "../../dsl/tensor.js";
import type { RequestMetadata, ResultBatch, RowsMetadata } from "../tensors/result.js";
import type { TensorData } from "../tensors/tensor-data.js";

export interface ModelOutputs {
  readonly name: string;
  readonly outputs: readonly Port[];
}

/** What the log of one pipeline version holds. It decides the columns, so it never changes for a version. */
export interface LogLayout {
  readonly pipeline: string;
  readonly version: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Models whose outputs stand in the row under their names: those of a tuple. Older logs know none. */
  readonly models?: readonly ModelOutputs[];
  readonly challengers: readonly ModelOutputs[];
  /** Names of the validations. */
  readonly validations: readonly string[];
}

/** What is known of a batch besides its tensors. */
export interface RowMeta {
  /** Name of the model that gave the output. */
  readonly lastModel: string;
  /** Nanoseconds: reading the rows, then one entry for every inference step. */
  readonly elapsed: readonly number[];
  /** The request's metadata, null where it had none. */
  readonly metadata: RequestMetadata | null;
}

/** Why a challenger gave no output. */
export interface ChallengerNote {
  readonly note: string;
}

export interface LogQuery {
  /** Most rows to return, 100 unless told. */
  readonly limit?: number;
  /** Earliest time, inclusive. */
  readonly start?: Date;
  /** Latest time, inclusive. */
  readonly end?: Date;
  /** true: only rows that hold every validation; false: only rows that failed one. */
  readonly valid?: boolean;
  /** Only rows that come after this one in the answer: to read on where an earlier answer ended. */
  readonly after?: { readonly time: number; readonly row: bigint };
  /** No more rows than take about so many bytes, but one at least. */
  readonly bytes?: number;
  /** false: leave out what is known of rows besides their values. */
  readonly metadata?: boolean;
}

/** The most that a page holds. */
export interface PageSize {
  readonly rows: number;
  /** About so many, but one row at least. */
  readonly bytes: number;
}

/** Logged rows of one pipeline version and one set of shapes, newest first. */
export interface LogBatch extends ResultBatch, RowsMetadata {
  /** Row ids: unique in the pipeline, growing in the order of logging. */
  readonly rowIds: readonly bigint[];
}

/** A condition over the newest rows of a log. */
export interface AlertWindow {
  /** A boolean expression with aggregates, as the config has it for DuckDB. */
  readonly sql: string;
  readonly overMs: number;
}

/** The inference log of one pipeline version. */
export interface PipelineLog {
  readonly layout: LogLayout;

  /**
   * Logs a batch and resolves once it is on disk. Batches in flight at the same time are committed together.
   * Of `batch.challengers` only the layout's `models` are read: challengers answer later, through `appendChallenger`. The tensors are not copied:
   * leave them alone until the promise settles.
   *
   * @throws StorageError SL7009 where the rows could not be written, SL7015 where they do not fit; none of them is in the log then
   * @example const { firstRow } = await log.append(batch, { lastModel: "ccfraud", elapsed: [12_000, 46_000], metadata: null });
   */
  append(batch: ResultBatch, meta: RowMeta): Promise<{ readonly firstRow: bigint }>;

  /**
   * Logs a batch and returns at once; its commit begins within 50 ms or 1,000 rows, whichever is first, or when the commit under way
   * has ended. Where it fails the next `flush` or `close` rejects, and `onError` of the store is told. To be asked first: `room`.
   */
  appendRelaxed(batch: ResultBatch, meta: RowMeta): { readonly firstRow: bigint };

  /** null where `appendRelaxed` may be called; where too many rows wait for the database, it resolves when that is to be asked again. */
  whenRoom(): Promise<void> | null;

  /**
   * Logs what a challenger gave for `rows` rows from `firstRow` on, or why it gave nothing. Resolves once it is on disk;
   * it waits up to 50 ms for company, so that challengers cost champions no commits.
   *
   * @param took nanoseconds, where they are known
   * @throws StorageError SL7009, SL7015
   */
  appendChallenger(
    name: string,
    firstRow: bigint,
    rows: number,
    answer: ReadonlyMap<string, TensorData> | ChallengerNote,
    took?: number | null,
  ): Promise<void>;

  /** The pipeline's newest rows over all of its versions, newest first; of one time, the row logged last first. */
  read(query?: LogQuery): Promise<LogBatch[]>;

  /** Whether conditions hold over the pipeline's rows, each over its own last while before `now`; rows of earlier versions count where they have its columns. */
  evaluateAlerts(windows: readonly AlertWindow[], now: Date): Promise<boolean[]>;

  /** Resolves once everything handed over so far is on disk. Rejects with the first relaxed failure not yet told. */
  flush(): Promise<void>;

  /** Flushes, and takes no more rows. */
  close(): Promise<void>;
}
