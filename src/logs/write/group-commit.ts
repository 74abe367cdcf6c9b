import type { DuckDBConnection } from "@duckdb/node-api";
import type { StorageError } from "../../../dsl/errors.js";
import { WriteBatch, type TableSink } from "./write-batch.js";
import { isFatal, type DuckDB } from "../duckdb.js";
import type { Cells } from "./encode-rows.js";
import type { Journal } from "./journal.js";
import { columnsDigest, JournalRecordWriter } from "./journal-record.js";
import { TableWriter } from "./table-writer.js";
import {
  rejectAll,
  notLoggedError,
  stuckInJournalError,
  type WriteFailure,
  type UnwrittenRows,
} from "./write-failure.js";

/** Rows that may wait for company wait this long, or until there are this many. */
const relaxedMilliseconds = 50;
const relaxedRows = 1000;
/** Where more of them wait, or values in them, because the database falls behind, whoever brings more waits too. */
const relaxedRowsMost = 20_000;
const relaxedValuesMost = 4 * 2 ** 20;
/** The same for rows that are on disk already, in the journal. */
const journaledMilliseconds = 250;
const journaledRows = 2000;
/** More values than these go into the database at once: written twice they would cost more than its commit. */
const journalRowsMost = 256;
const journalValuesMost = 16_384;
/** How long after a failure it is tried again to move rows out of the journal. */
export const retryMilliseconds = 1000;

/** Rows that are acknowledged as soon as the journal has them. */
interface Job {
  readonly sink: TableSink;
  readonly rows: number;
  readonly cells: readonly Cells[];
  readonly done: () => void;
  readonly failed: (error: StorageError) => void;
}

/**
 * The one writer of an open database. Few rows that must be on disk at once go to the journal, all that are handed over while it is being
 * written in the next write; from there, and all others directly, they go into the database in groups.
 */
export class GroupCommitter {
  readonly #connection: DuckDBConnection;
  readonly #tables: TableWriter;
  readonly #journal: Journal | null;
  readonly #onEnd: (cause: unknown) => void;
  readonly #record = new JournalRecordWriter();
  /** For the journal, and what it is being written. */
  #waiting: Job[] = [];
  #writing: readonly Job[] = [];
  #journaling = false;
  #whenStill: (() => void) | undefined;
  /** In the journal and not yet in the database: of its active file, and of the other one where that has failed. */
  #journaled = new Map<TableSink, WriteBatch>();
  #held: readonly WriteBatch[] = [];
  #stuck: StorageError | null = null;
  /** For the database: each by itself, and those that wait for company. */
  #direct: WriteBatch[] = [];
  #loose = new Map<TableSink, WriteBatch>();
  #looseRows = 0;
  #looseValues = 0;
  #whenRoom: (() => void) | undefined;
  #room: Promise<void> | null = null;
  /** Why the database takes nothing more, and what was being committed then. */
  #ended: WriteFailure | null = null;
  #doubtful: readonly WriteBatch[] = [];
  #due = false;
  /** To be done between two commits. */
  readonly #errands: (() => Promise<void>)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerDue = Infinity;
  #running: Promise<void> | undefined;

  /**
   * @param journal null: all rows go into the database at once
   * @param onEnd told when the database takes nothing more; the writer waits then to be abandoned
   */
  constructor(
    duckdb: DuckDB,
    connection: DuckDBConnection,
    lastConnection: DuckDBConnection,
    journal: Journal | null,
    onEnd: (cause: unknown) => void,
  ) {
    this.#connection = connection;
    this.#tables = new TableWriter(duckdb, connection, lastConnection);
    this.#journal = journal;
    this.#onEnd = onEnd;
  }

  /** To be called once for a table before rows are pushed to it. */
  prepare(sink: TableSink): Promise<void> {
    return this.#tables.prepare(sink);
  }

  /** The other end of `prepare`, once all its rows are written. */
  release(sink: TableSink): void {
    this.#tables.release(sink);
  }

  /** null where rows that are not urgent may be pushed; otherwise it resolves when that is to be asked again. */
  whenRoom(): Promise<void> | null {
    if (this.#looseRows < relaxedRowsMost && this.#looseValues < relaxedValuesMost) return null;
    return (this.#room ??= new Promise((whenRoom) => (this.#whenRoom = whenRoom)));
  }

  /** Queues rows. Resolves once they are on disk; rows that are not `urgent` may wait for others before it. */
  push(sink: TableSink, rows: number, cells: readonly Cells[], urgent: boolean): Promise<void> {
    if (!urgent) {
      const batch = batchOf(this.#loose, sink);
      batch.add(cells, rows);
      this.#looseRows += rows;
      this.#looseValues += rows * valuesOf(cells);
      if (batch.rows >= relaxedRows) this.#start();
      else this.#startIn(relaxedMilliseconds);
      return batch.written;
    }
    if (this.#journal !== null && this.#stuck === null && isSmall(rows, cells)) {
      return new Promise((done, failed) => {
        this.#waiting.push({ sink, rows, cells, done, failed });
        if (!this.#journaling) void this.#fillJournal(this.#journal as Journal);
      });
    }
    const batch = WriteBatch.of(sink, rows, cells);
    this.enqueue([batch]);
    return batch.written;
  }

  /** Queues batches that go into the database at once. */
  enqueue(batches: readonly WriteBatch[]): void {
    this.#direct.push(...batches);
    if (batches.length > 0) this.#start();
  }

  /**
   * Resolves once everything queued so far is in the database or has failed.
   *
   * @throws StorageError SL7018 where rows that the journal holds cannot go there
   */
  async flush(): Promise<void> {
    this.enqueue(this.#waiting.splice(0).map(batchOfJob));
    if (
      this.#writing.length > 0 ||
      this.#journaled.size > 0 ||
      this.#held.length > 0 ||
      this.#loose.size > 0 ||
      this.#direct.length > 0
    )
      this.#start();
    await this.#running;
    if (this.#ended !== null) throw stuckInJournalError(this.#ended);
    if (this.#stuck !== null) throw this.#stuck;
  }

  /** Runs work on the writer's connection between two commits. */
  exclusive<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#errands.push(() => work(this.#connection).then(resolve, reject));
      this.#running ??= this.#drain();
    });
  }

  /** Lets go of the tables, for one who writes them anew, and gives back what takes hold of them again. */
  releaseTables(): () => Promise<void> {
    return this.#tables.releaseTables();
  }

  /** Writes what is queued and lets go of the tables; every sink was released. What could not leave the journal stays there. */
  async close(): Promise<void> {
    await this.flush().catch(() => undefined);
    if (this.#ended !== null) return rejectAll(await this.abandon(this.#ended.cause));
    clearTimeout(this.#timer);
    this.#tables.close();
    await this.#journal?.close(this.#stuck === null);
  }

  /** Ends where the database takes nothing more, and gives what is left. What the journal holds stays there. */
  async abandon(cause: unknown): Promise<UnwrittenRows> {
    this.#ended ??= { cause };
    await this.#running;
    clearTimeout(this.#timer);
    this.#whenRoom?.();
    const waiting = this.#waiting.splice(0).map(batchOfJob);
    if (this.#writing.length > 0) await new Promise<void>((still) => (this.#whenStill = still));
    this.#tables.discard();
    await this.#journal?.close(false);
    return {
      failure: this.#ended,
      uncertain: this.#doubtful,
      queued: [...waiting, ...this.#direct, ...this.#loose.values()],
    };
  }

  /**
   * Writes what is queued without awaiting anything: for `process.exit`. A commit under way is ended by Node itself, which
   * joins its worker threads; what the journal holds stays there for the next opening.
   */
  writeAtExit(): void {
    this.#tables.writeAtExit([
      ...[...this.#writing, ...this.#waiting].map(({ sink, rows, cells }) => WriteBatch.of(sink, rows, cells)),
      ...this.#direct,
      ...this.#loose.values(),
    ]);
  }

  async #fillJournal(journal: Journal): Promise<void> {
    this.#journaling = true;
    while (this.#waiting.length > 0) {
      // Callers that the last write woke append again in this turn of the loop: let them into this one.
      await new Promise(setImmediate);
      const group = this.#waiting;
      this.#waiting = [];
      this.#writing = group;
      if (group.length > 0) await this.#writeGroup(journal, group);
      this.#writing = [];
      this.#whenStill?.();
    }
    this.#journaling = false;
  }

  async #writeGroup(journal: Journal, group: readonly Job[]): Promise<void> {
    for (const { sink, rows, cells } of group)
      this.#record.add({ table: sink.table, digest: columnsDigest(sink.columns), rows, cells });
    try {
      await journal.write(this.#record.finish(journal.nextSequence()));
    } catch {
      // The database may have room where the file has none, or say what is wrong.
      return this.enqueue(group.map(batchOfJob));
    }
    let rows = 0;
    for (const job of group) {
      const batch = batchOf(this.#journaled, job.sink);
      batch.add(job.cells, job.rows);
      rows = Math.max(rows, batch.rows);
      job.done();
    }
    if (rows >= journaledRows) this.#start();
    else this.#startIn(journaledMilliseconds);
  }

  #start(): void {
    this.#due = true;
    this.#running ??= this.#drain();
  }

  #startIn(ms: number): void {
    const due = Date.now() + ms;
    if (due >= this.#timerDue) return;
    clearTimeout(this.#timer);
    this.#timerDue = due;
    this.#timer = setTimeout(() => this.#start(), ms);
  }

  async #drain(): Promise<void> {
    while ((this.#due && this.#ended === null) || this.#errands.length > 0) {
      await this.#errands.shift()?.();
      if (!this.#due || this.#ended !== null) continue;
      // Callers that the last commit woke append again in this turn of the loop: let them into this group.
      await new Promise(setImmediate);
      if (this.#writing.length > 0) await new Promise<void>((still) => (this.#whenStill = still));
      this.#whenStill = undefined;
      const journaled = [...this.#held, ...this.#journaled.values()];
      const others = [...this.#direct, ...this.#loose.values()];
      if (this.#held.length === 0) this.#journal?.switchFiles();
      this.#journaled = new Map();
      this.#direct = [];
      this.#loose = new Map();
      this.#looseRows = this.#looseValues = 0;
      this.#room = null;
      this.#whenRoom?.();
      this.#due = false;
      clearTimeout(this.#timer);
      this.#timerDue = Infinity;
      await this.#commitAll(journaled, others);
    }
    this.#running = undefined;
  }

  /** One transaction for all; where that fails, one for each, so that none fails for another's sake. */
  async #commitAll(journaled: readonly WriteBatch[], others: readonly WriteBatch[]): Promise<void> {
    const error = await this.#commit(journaled, others);
    const divided = error !== null && journaled.length > 0 && others.length > 0;
    const kept = divided ? await this.#commit(journaled, []) : error;
    this.#held = journaled.length > 0 && kept !== null ? journaled : [];
    this.#stuck = this.#held.length > 0 && kept !== null ? stuckInJournalError(kept) : null;
    if (this.#stuck !== null) this.#startIn(retryMilliseconds);
    for (const batch of others) {
      const own = error === null || (!divided && others.length === 1) ? error : await this.#commit([], [batch]);
      if (own === null) batch.resolve();
      else if (this.#ended === null) batch.reject(notLoggedError(own));
      else if (!this.#doubtful.includes(batch)) this.#direct.push(batch);
    }
  }

  async #commit(journaled: readonly WriteBatch[], others: readonly WriteBatch[]): Promise<WriteFailure | null> {
    if (this.#ended !== null) return this.#ended;
    const failure = await this.#tables.commit([...journaled, ...others]);
    if (failure === null || !isFatal(failure.cause)) return failure;
    this.#ended = failure;
    this.#doubtful = others;
    this.#onEnd(failure.cause);
    return failure;
  }
}

function batchOf(batches: Map<TableSink, WriteBatch>, sink: TableSink): WriteBatch {
  const known = batches.get(sink);
  if (known !== undefined) return known;
  const batch = new WriteBatch(sink);
  batches.set(sink, batch);
  return batch;
}

function batchOfJob({ sink, rows, cells, done, failed }: Job): WriteBatch {
  const batch = WriteBatch.of(sink, rows, cells);
  batch.written.then(done, failed);
  return batch;
}

function isSmall(rows: number, cells: readonly Cells[]): boolean {
  return rows <= journalRowsMost && rows * valuesOf(cells) <= journalValuesMost;
}

/** Of one row. */
function valuesOf(cells: readonly Cells[]): number {
  let values = 0;
  for (const { size } of cells) values += size;
  return values;
}
