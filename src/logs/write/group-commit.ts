import type { DuckDBConnection } from "@duckdb/node-api";
import type { StorageError } from "../../../dsl/errors.js";
import { WriteBatch, type TableSink, type WriteFailure } from "./write-batch.js";
import { isFatal, type DuckDB } from "../duckdb.js";
import type { Cells } from "./encode-rows.js";
import type { Journal } from "./journal.js";
import type { FolderWatch } from "../database/folder-watch.js";
import { columnsDigest, JournalRecordWriter } from "./journal-record.js";
import { mayBeWrittenLater, type RelaxedRows } from "./relaxed-rows.js";
import { TableWriter } from "./table-writer.js";
import { rejectAll, notLoggedError, stuckInJournalError, type UnwrittenRows } from "./write-failure.js";

/** Relaxed rows are committed after this time, or once there are this many. */
const relaxedMilliseconds = 50;
const relaxedRows = 1000;
/** The same limits for rows that are already on disk, in the journal. */
const journaledMilliseconds = 250;
const journaledRows = 2000;
/** Larger batches go directly into the database: writing them twice would cost more than the commit. */
const maxJournalRows = 256;
const maxJournalValues = 16_384;
/**
 * Turns of the event loop for which a journal write waits: two, because those requests that came with one that ran at
 * once run at the end of their turn, and more while rows keep coming.
 */
const minGroupTurns = 2;
const maxGroupTurns = 4;
/** Delay before the next attempt to move rows out of the journal, or to reopen the database. */
export const retryMilliseconds = 1000;

/**
 * When rows must be on disk: before they are acknowledged, soon after, or soon after with the journal if that is in
 * use. Only the number of relaxed rows is limited.
 */
export type Urgency = "urgent" | "relaxed" | "companion";

/** Rows that are acknowledged as soon as they are in the journal. */
interface JournalEntry {
  readonly urgent: boolean;
  readonly sink: TableSink;
  readonly rows: number;
  readonly cells: readonly Cells[];
  readonly resolve: () => void;
  readonly reject: (error: StorageError) => void;
}

/**
 * The only writer of a database session. Small urgent batches go to the journal first: all that arrive during a journal
 * write share the next one. Journaled rows and all other rows go into the database in groups, one transaction per
 * group.
 */
export class GroupCommitter {
  readonly #connection: DuckDBConnection;
  readonly #tables: TableWriter;
  readonly #journal: Journal | null;
  readonly #watch: Pick<FolderWatch, "check" | "error" | "assertInPlace"> | null;
  readonly #onFatal: (cause: unknown) => void;
  readonly #recordWriter = new JournalRecordWriter();
  /** Entries for the next journal write, and those being written now. */
  #journalQueue: JournalEntry[] = [];
  #journalWriting: readonly JournalEntry[] = [];
  #journalBusy = false;
  #onJournalIdle: (() => void) | undefined;
  #journalTimer: NodeJS.Timeout | undefined;
  /**
   * Rows in the journal but not yet in the database: of the active file, and of the other file if its commit failed.
   */
  #journaled = new Map<TableSink, WriteBatch>();
  #unmoved: readonly WriteBatch[] = [];
  #journalError: StorageError | null = null;
  /** Rows for the next commit: urgent batches, and relaxed ones. */
  #urgent: WriteBatch[] = [];
  readonly #relaxed: RelaxedRows;
  /** The error that invalidated the database, and the batches of the commit that failed with it. */
  #fatal: WriteFailure | null = null;
  #uncertain: readonly WriteBatch[] = [];
  #commitDue = false;
  /** Work to run between two commits. */
  readonly #exclusiveWork: (() => Promise<void>)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerDue = Infinity;
  #draining: Promise<void> | undefined;

  /**
   * @param journal null: all rows go directly into the database
   * @param relaxed shared with the writers before and after this one
   * @param watch tells whether the files that rows are written to are still those of the folder
   * @param onFatal called when the database has been invalidated; the caller must then call `abandon`
   */
  constructor(
    duckdb: DuckDB,
    connection: DuckDBConnection,
    exitConnection: DuckDBConnection,
    journal: Journal | null,
    relaxed: RelaxedRows,
    watch: Pick<FolderWatch, "check" | "error" | "assertInPlace"> | null,
    onFatal: (cause: unknown) => void,
  ) {
    this.#connection = connection;
    this.#tables = new TableWriter(duckdb, connection, exitConnection);
    this.#journal = journal;
    this.#relaxed = relaxed;
    this.#watch = watch;
    this.#onFatal = onFatal;
  }

  /** Call it once for a table before rows are pushed to it. */
  prepare(sink: TableSink): Promise<void> {
    return this.#tables.prepare(sink);
  }

  /** Reverses `prepare`, once all rows of the table are written. */
  release(sink: TableSink): void {
    this.#tables.release(sink);
  }

  /** Queues rows and resolves once they are on disk. Rows that are not urgent may wait for more rows. */
  push(sink: TableSink, rows: number, cells: readonly Cells[], urgency: Urgency): Promise<void> {
    const urgent = urgency === "urgent";
    const lost = this.#watch?.error ?? null;
    if (lost !== null) throw urgent ? lost : notLoggedError({ cause: lost });
    const journaled = urgent || (urgency === "companion" && this.#takesCompanions());
    if (journaled && this.#journal !== null && this.#journalError === null && isSmall(rows, cells)) {
      return new Promise((resolve, reject) => {
        this.#journalQueue.push({ urgent, sink, rows, cells, resolve, reject });
        if (urgent) this.#startJournal();
        else this.#journalTimer ??= setTimeout(() => this.#startJournal(), relaxedMilliseconds);
      });
    }
    if (!urgent) return this.#pushRelaxed(sink, rows, cells);
    const batch = WriteBatch.of(sink, rows, cells);
    this.enqueue([batch]);
    return batch.written;
  }

  /**
   * Whether rows that are not urgent go to the journal: the commit that will move its rows then takes them, too,
   * instead of a commit of their own, which would slow down the next urgent rows. Rows of a table keep their order.
   */
  #takesCompanions(): boolean {
    return this.#relaxed.empty && (this.#journaled.size > 0 || this.#journalWriting.length > 0);
  }

  #pushRelaxed(sink: TableSink, rows: number, cells: readonly Cells[]): Promise<void> {
    const batch = this.#relaxed.add(sink, rows, cells, valuesIn(cells, rows));
    this.#startRelaxed(batch.rows);
    return batch.written;
  }

  #startJournal(): void {
    clearTimeout(this.#journalTimer);
    this.#journalTimer = undefined;
    if (!this.#journalBusy) void this.#drainJournal(this.#journal as Journal);
  }

  /** Schedules the commit of relaxed rows that an earlier writer left. */
  resumeRelaxed(): void {
    if (this.#relaxed.waiting) this.#startRelaxed(Infinity);
  }

  #startRelaxed(rows: number): void {
    // After a failure, only the retries try again.
    if (this.#relaxed.failing) this.#commitIn(retryMilliseconds);
    else if (rows >= relaxedRows) this.#commitNow();
    else this.#commitIn(relaxedMilliseconds);
  }

  /** Queues batches for the next commit. */
  enqueue(batches: readonly WriteBatch[]): void {
    this.#urgent.push(...batches);
    if (batches.length > 0) this.#commitNow();
  }

  /**
   * Resolves once all rows queued so far are in the database or have failed.
   *
   * @throws StorageError SL7018 if acknowledged rows cannot be moved into the database
   */
  async flush(): Promise<void> {
    this.enqueue(this.#withoutJournal(this.#journalQueue.splice(0)));
    if (
      this.#journalWriting.length > 0 ||
      this.#journaled.size > 0 ||
      this.#unmoved.length > 0 ||
      this.#relaxed.waiting ||
      this.#urgent.length > 0
    )
      this.#commitNow();
    await this.#draining;
    if (this.#fatal !== null) throw stuckInJournalError(this.#fatal);
    const error = this.#journalError ?? this.#relaxed.problem;
    if (error !== null) throw error;
  }

  /** Runs work on the writer's connection between two commits. */
  exclusive<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#exclusiveWork.push(() => work(this.#connection).then(resolve, reject));
      this.#draining ??= this.#drain();
    });
  }

  /** Closes all appenders, so that tables can be rewritten. Returns a function that opens them again. */
  releaseTables(): () => Promise<void> {
    return this.#tables.releaseTables();
  }

  /**
   * Writes queued rows and closes the tables; release every sink first. Rows that cannot be moved stay in the journal.
   */
  async close(): Promise<void> {
    await this.flush().catch(() => undefined);
    if (this.#fatal !== null) return rejectAll(await this.abandon(this.#fatal.cause));
    clearTimeout(this.#timer);
    clearTimeout(this.#journalTimer);
    this.#tables.close();
    // The journal in the folder may belong to another log by now.
    await this.#journal?.close(this.#journalError === null && this.#lost() === null);
  }

  /** Ends the writer of an invalidated database and returns the unwritten rows. Rows in the journal stay there. */
  async abandon(cause: unknown): Promise<UnwrittenRows> {
    this.#fatal ??= { cause };
    await this.#draining;
    const unjournaled = this.#withoutJournal(this.#journalQueue.splice(0));
    clearTimeout(this.#timer);
    clearTimeout(this.#journalTimer);
    if (this.#journalWriting.length > 0) await new Promise<void>((resolve) => (this.#onJournalIdle = resolve));
    this.#tables.discard();
    await this.#journal?.close(false);
    return {
      failure: this.#fatal,
      uncertain: this.#uncertain,
      queued: [...unjournaled, ...this.#urgent],
    };
  }

  /**
   * For `process.exit`: writes queued rows synchronously. Node finishes a running commit, because it joins its worker
   * threads. Rows in the journal stay there until the database is next opened.
   */
  writeAtExit(): void {
    this.#tables.writeAtExit([
      ...[...this.#journalWriting, ...this.#journalQueue].map(({ sink, rows, cells }) =>
        WriteBatch.of(sink, rows, cells),
      ),
      ...this.#urgent,
      ...this.#relaxed.batches,
    ]);
  }

  async #drainJournal(journal: Journal): Promise<void> {
    this.#journalBusy = true;
    while (this.#journalQueue.length > 0) {
      // Callers resumed by the last write may append again in this turn of the event loop, or in the next ones: include
      // their rows, since a write costs more than a turn.
      let before = 0;
      for (let turns = 0; turns < maxGroupTurns; turns++) {
        if (turns >= minGroupTurns && this.#journalQueue.length <= before) break;
        before = this.#journalQueue.length;
        await new Promise(setImmediate);
      }
      const group = this.#journalQueue;
      this.#journalQueue = [];
      this.#journalWriting = group;
      if (group.length > 0) await this.#writeGroup(journal, group);
      this.#journalWriting = [];
      this.#onJournalIdle?.();
    }
    this.#journalBusy = false;
  }

  async #writeGroup(journal: Journal, group: readonly JournalEntry[]): Promise<void> {
    for (const { sink, rows, cells } of group)
      this.#recordWriter.add({ table: sink.table, digest: columnsDigest(sink.columns), rows, cells });
    try {
      const record = this.#recordWriter.finish(journal.nextSequence, journal.movedSequence);
      await journal.write(
        record,
        group.reduce((sum, each) => sum + each.rows, 0),
      );
    } catch {
      // The database may succeed where the journal failed; otherwise its error names the problem.
      return this.enqueue(this.#withoutJournal(group));
    }
    const lost = this.#watch?.check() ?? null;
    if (lost !== null) {
      for (const { urgent, reject } of group) reject(urgent ? lost : notLoggedError({ cause: lost }));
      return;
    }
    let rows = 0;
    for (const entry of group) {
      const batch = batchFor(this.#journaled, entry.sink);
      batch.add(entry.cells, entry.rows);
      rows = Math.max(rows, batch.rows);
      entry.resolve();
    }
    if (rows >= journaledRows) this.#commitNow();
    else this.#commitIn(journaledMilliseconds);
  }

  /** Batches of the urgent entries, for the database; the other rows become relaxed ones. */
  #withoutJournal(entries: readonly JournalEntry[]): WriteBatch[] {
    for (const { urgent, sink, rows, cells, resolve, reject } of entries)
      if (!urgent) this.#pushRelaxed(sink, rows, cells).then(resolve, reject);
    return entries.filter(({ urgent }) => urgent).map(toBatch);
  }

  #commitNow(): void {
    this.#commitDue = true;
    this.#draining ??= this.#drain();
  }

  #commitIn(ms: number): void {
    const due = performance.now() + ms;
    if (due >= this.#timerDue) return;
    clearTimeout(this.#timer);
    this.#timerDue = due;
    this.#timer = setTimeout(() => this.#commitNow(), ms);
  }

  async #drain(): Promise<void> {
    while ((this.#commitDue && this.#fatal === null) || this.#exclusiveWork.length > 0) {
      await this.#exclusiveWork.shift()?.();
      if (!this.#commitDue || this.#fatal !== null) continue;
      // Callers resumed by the last commit may append again in this turn of the event loop: include their rows.
      await new Promise(setImmediate);
      if (this.#journalWriting.length > 0) await new Promise<void>((resolve) => (this.#onJournalIdle = resolve));
      this.#onJournalIdle = undefined;
      const journaled = [...this.#unmoved, ...this.#journaled.values()];
      const others = [...this.#urgent, ...this.#relaxed.take()];
      const position = this.#journal?.position;
      if (this.#unmoved.length === 0) this.#journal?.switchFiles();
      this.#journaled = new Map();
      this.#urgent = [];
      this.#commitDue = false;
      clearTimeout(this.#timer);
      this.#timerDue = Infinity;
      await this.#commitAll(journaled, others);
      if (position !== undefined && this.#unmoved.length === 0 && this.#fatal === null)
        this.#journal?.markMoved(position);
    }
    this.#draining = undefined;
  }

  /**
   * Commits all batches in one transaction; if that fails, each batch alone, so that no batch fails because of another.
   */
  async #commitAll(journaled: readonly WriteBatch[], others: readonly WriteBatch[]): Promise<void> {
    const error = await this.#commit(journaled, others);
    const split = error !== null && journaled.length > 0 && others.length > 0;
    const journaledFailure = split ? await this.#commit(journaled, []) : error;
    this.#unmoved = journaled.length > 0 && journaledFailure !== null ? journaled : [];
    this.#journalError =
      this.#unmoved.length > 0 && journaledFailure !== null ? stuckInJournalError(journaledFailure) : null;
    if (this.#journalError !== null && this.#lost() === null) this.#commitIn(retryMilliseconds);
    const waiting: WriteBatch[] = [];
    let failed: WriteFailure | null = null;
    let written = 0;
    for (const batch of others) {
      // Rows of a table are written in their order: after a failure the later ones wait as well.
      const behind: WriteFailure | null = waiting.some(({ sink }) => sink.table === batch.sink.table) ? failed : null;
      const alone = error !== null && (split || others.length > 1);
      const failure: WriteFailure | null = behind ?? (alone ? await this.#commit([], [batch]) : error);
      if (batch.relaxed) {
        if (failure === null) {
          written += batch.rows;
          this.#relaxed.written(batch);
        } else if (!mayBeWrittenLater(failure)) this.#relaxed.reject(batch, notLoggedError(failure));
        else {
          failed = failure;
          if (!this.#uncertain.includes(batch)) waiting.push(batch);
        }
      } else if (failure === null) batch.resolve();
      else if (this.#fatal === null) batch.reject(notLoggedError(failure));
      else if (!this.#uncertain.includes(batch)) this.#urgent.push(batch);
    }
    this.#relaxed.putBack(waiting);
    if (failed === null) return this.#relaxed.succeeded(written);
    // Whether the rows of an invalidated database are on disk is only known once it is reopened.
    if (this.#fatal !== null) return;
    this.#relaxed.failed(failed);
    this.#commitIn(retryMilliseconds);
  }

  /** Rows that are written to deleted files are lost. */
  #lost(): WriteFailure | null {
    const cause = this.#watch?.check() ?? null;
    return cause === null ? null : { cause };
  }

  async #commit(journaled: readonly WriteBatch[], others: readonly WriteBatch[]): Promise<WriteFailure | null> {
    if (this.#fatal !== null) return this.#fatal;
    const beforeCommit = () => this.#watch?.assertInPlace();
    const failure =
      this.#lost() ?? (await this.#tables.commit([...journaled, ...others], beforeCommit)) ?? this.#lost();
    if (failure === null || !isFatal(failure.cause)) return failure;
    this.#fatal = failure;
    this.#uncertain = others;
    this.#onFatal(failure.cause);
    return failure;
  }
}

function batchFor(batches: Map<TableSink, WriteBatch>, sink: TableSink): WriteBatch {
  const existing = batches.get(sink);
  if (existing !== undefined) return existing;
  const batch = new WriteBatch(sink);
  batches.set(sink, batch);
  return batch;
}

function toBatch({ sink, rows, cells, resolve, reject }: JournalEntry): WriteBatch {
  const batch = WriteBatch.of(sink, rows, cells);
  batch.written.then(resolve, reject);
  return batch;
}

function isSmall(rows: number, cells: readonly Cells[]): boolean {
  return rows <= maxJournalRows && valuesIn(cells, rows) <= maxJournalValues;
}

/** The number of values in rows. */
export function valuesIn(cells: readonly Cells[], rows: number): number {
  let values = 0;
  for (const { size, ragged } of cells) values += ragged === undefined ? rows * size : (ragged.offsets[rows] ?? 0);
  return values;
}
