import { StorageError } from "../../../dsl/errors.js";
import { isOutOfMemory, reasonOf } from "../duckdb.js";
import type { Cells } from "./encode-rows.js";
import { WriteBatch, type TableSink, type WriteFailure } from "./write-batch.js";

/**
 * At most this many acknowledged rows wait for a commit, and as many are in the running one: the next rows are buffered
 * while it runs. A request with more waits alone. After a failed commit, at most this many wait in all.
 */
const maxRows = 20_000;
/** The same for the values of rows that no commit has taken yet. */
const maxValues = 4 * 2 ** 20;
/** A request with more values is a batch of its own: if DuckDB has no memory for it, no other row is lost. */
const maxSharedValues = 2 ** 20;
/** Between two warnings that the log cannot be written. */
const warningIntervalMs = 60_000;

/**
 * The acknowledged rows that are not on disk yet. Rows whose commit failed stay here, in their order, until a later
 * commit succeeds, also if the database is reopened meanwhile: what is lost if it never does are the newest rows.
 */
export class RelaxedRows {
  /** In the order of logging. */
  #queue: WriteBatch[] = [];
  /** Taken by a commit that is running, or whose outcome is unknown until the database is reopened. */
  readonly #taken = new Set<WriteBatch>();
  /** By table: the batch of the queue that takes further rows. */
  readonly #open = new Map<TableSink, WriteBatch>();
  /** Rows of the queue and of the taken batches. */
  #rows = 0;
  #queuedRows = 0;
  #queuedValues = 0;
  #failure: WriteFailure | null = null;
  #refusedRows = 0;
  #warned = false;
  #warnedAt = -Infinity;
  #onChange: (() => void) | undefined;
  #change: Promise<void> | null = null;

  /** The batches that are not on disk, in the order of logging; the first may be in a running commit. */
  get batches(): readonly WriteBatch[] {
    return [...this.#taken, ...this.#queue];
  }

  /** Whether rows wait for a commit. */
  get waiting(): boolean {
    return this.#queue.length > 0;
  }

  /** Whether no row waits, and none is in a running commit. */
  get empty(): boolean {
    return this.#rows === 0;
  }

  /** Whether the last commit failed. */
  get failing(): boolean {
    return this.#failure !== null;
  }

  /** Why rows wait longer than usual; null if the last commit succeeded. */
  get problem(): StorageError | null {
    if (this.#failure === null || this.#rows === 0) return null;
    const { cause } = this.#failure;
    return new StorageError(
      "SL7018",
      `${this.#rows} acknowledged rows wait in memory, because they cannot be written to the log: ${reasonOf(cause)}; Shapeline retries every second; make sure the disk has free space, and do not end the process before`,
      { rows: this.#rows },
      { cause },
    );
  }

  /**
   * null if rows may be added; otherwise await the promise, then call this again.
   *
   * @throws StorageError SL7009 if there is no room and the last commit failed
   */
  whenRoom(rows: number): Promise<void> | null {
    const before = this.#failure === null ? this.#queuedRows : this.#rows;
    if (before === 0 || (before + rows <= maxRows && this.#queuedValues < maxValues)) return null;
    if (this.#failure !== null) {
      this.#refusedRows += rows;
      throw new StorageError(
        "SL7009",
        `the rows could not be logged: ${this.#rows} earlier rows already wait in memory, and beyond ${maxRows} rows or ${maxValues} values no more are taken while the log cannot be written: ${reasonOf(this.#failure.cause)}; make sure the disk has free space, then infer again`,
        { rows: this.#rows },
        { cause: this.#failure.cause },
      );
    }
    return (this.#change ??= new Promise((resolve) => (this.#onChange = resolve)));
  }

  add(sink: TableSink, rows: number, cells: readonly Cells[], values: number): WriteBatch {
    const shared = values <= maxSharedValues;
    let batch = shared ? this.#open.get(sink) : undefined;
    if (batch === undefined) {
      batch = new WriteBatch(sink, true);
      this.#queue.push(batch);
      if (shared) this.#open.set(sink, batch);
      else this.#open.delete(sink);
    }
    batch.add(cells, rows);
    batch.values += values;
    this.#rows += rows;
    this.#queuedRows += rows;
    this.#queuedValues += values;
    return batch;
  }

  /** Takes all rows for a commit. Each batch then goes to `written`, `putBack` or `reject`. */
  take(): WriteBatch[] {
    const batches = this.#queue;
    for (const batch of batches) this.#taken.add(batch);
    this.#queue = [];
    this.#open.clear();
    this.#queuedRows = this.#queuedValues = 0;
    this.#changed();
    return batches;
  }

  written(batch: WriteBatch): void {
    if (!this.#forget(batch)) return;
    batch.resolve();
    this.#changed();
  }

  /** Gives up a batch that can never be written. */
  reject(batch: WriteBatch, error: StorageError): void {
    if (!this.#forget(batch)) return;
    batch.reject(error);
    this.#changed();
  }

  /** Returns the batches of a failed commit, in their order, to the front of the queue. */
  putBack(batches: readonly WriteBatch[]): void {
    const waiting = batches.filter((batch) => this.#taken.delete(batch));
    this.#queue.unshift(...waiting);
    for (const { rows, values } of waiting) {
      this.#queuedRows += rows;
      this.#queuedValues += values;
    }
  }

  /** Notes that rows cannot be written for now, and warns: once, then every minute with the counts. */
  failed(failure: WriteFailure): void {
    if (this.#rows === 0) return;
    this.#failure = failure;
    this.#changed();
    if (performance.now() - this.#warnedAt < warningIntervalMs) return;
    const counts = this.#warned ? `; ${this.#rows} rows wait, ${this.#refusedRows} were refused` : "";
    this.#warned = true;
    this.#warnedAt = performance.now();
    process.emitWarning(
      `the log cannot be written: ${reasonOf(failure.cause)}; answered rows wait in memory, and Shapeline retries every second; infer fails with SL7009 once ${maxRows} rows wait; make sure the disk has free space${counts}`,
      { type: "ShapelineLogWarning", code: "SL7009" },
    );
  }

  /** Notes that a commit succeeded, and says so if there was a warning that rows cannot be written. */
  succeeded(rows: number): void {
    if (this.#failure === null || rows === 0) return;
    this.#failure = null;
    this.#changed();
    if (!this.#warned) return;
    process.emitWarning(
      `the log can be written again: ${rows} waiting rows are in it now; ${this.#refusedRows} rows were refused with SL7009 meanwhile`,
      "ShapelineLogWarning",
    );
    this.#warned = false;
    this.#refusedRows = 0;
  }

  /**
   * Gives up the rows of some tables, or of all; no commit may be running. Returns the error that says how many rows
   * are lost; null if none waited.
   */
  drop(sinks?: readonly TableSink[]): StorageError | null {
    const dropped = this.batches.filter(({ sink }) => sinks?.includes(sink) ?? true);
    const rows = rowsIn(dropped);
    if (rows === 0) return null;
    const uncertain = rowsIn(dropped.filter((batch) => this.#taken.has(batch)));
    const unknown =
      uncertain === 0
        ? "they are lost"
        : `of ${uncertain}, it is unknown until the log is opened again; the others are lost`;
    const cause = this.#failure?.cause;
    const error = new StorageError(
      "SL7009",
      `the last ${rows} answered rows could not be logged${cause === undefined ? "" : `: ${reasonOf(cause)}`}; ${unknown}; make sure the disk has free space`,
      { rows },
      { cause },
    );
    for (const batch of dropped) this.reject(batch, error);
    if (this.#rows === 0) this.#failure = null;
    return error;
  }

  /** Removes a batch; false if it is not here any more. */
  #forget(batch: WriteBatch): boolean {
    if (!this.#taken.delete(batch)) {
      const at = this.#queue.indexOf(batch);
      if (at < 0) return false;
      this.#queue.splice(at, 1);
      this.#queuedRows -= batch.rows;
      this.#queuedValues -= batch.values;
      if (this.#open.get(batch.sink) === batch) this.#open.delete(batch.sink);
    }
    this.#rows -= batch.rows;
    return true;
  }

  #changed(): void {
    this.#change = null;
    this.#onChange?.();
    this.#onChange = undefined;
  }
}

/** Whether rows may be written later. Otherwise they would keep all later rows waiting without end. */
export function mayBeWrittenLater({ cause }: WriteFailure): boolean {
  return !isOutOfMemory(cause) && !(cause instanceof StorageError && cause.code === "SL7001");
}

export function rowsIn(batches: readonly WriteBatch[]): number {
  return batches.reduce((sum, { rows }) => sum + rows, 0);
}
