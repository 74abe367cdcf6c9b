import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../dsl/errors.js";
import { ChunkWriter, type Span } from "./chunk-writer.js";
import type { LogColumn } from "./columns.js";
import { reasonOf, type DuckDB } from "./duckdb.js";
import type { Cells } from "./encode.js";

/** Rows that may wait for company wait this long, or until there are this many. */
const relaxedMilliseconds = 50;
const relaxedRows = 1000;

/** A table that rows are appended to. */
export interface Sink {
  readonly table: string;
  readonly columns: readonly LogColumn[];
}

interface Job {
  readonly sink: Sink;
  readonly rows: number;
  readonly cells: readonly Cells[];
  readonly done: () => void;
  readonly failed: (error: StorageError) => void;
}

const chunkRows = 2048;

/**
 * The one writer of a store. What is handed over while a commit is under way is written together in the next one, so that
 * many small appends in flight cost few commits.
 */
export class GroupWriter {
  readonly #duckdb: DuckDB;
  readonly #connection: DuckDBConnection;
  readonly #appenders = new Map<string, DuckDBAppender>();
  /** Ready for the last moment of the process, where nothing can be awaited; on a connection without an open transaction. */
  readonly #lastConnection: DuckDBConnection;
  readonly #lastAppenders = new Map<Sink, DuckDBAppender>();
  /** By table, ready to be filled; both ends of the process's life write through them. */
  readonly #chunks = new WeakMap<Sink, ChunkWriter>();
  #queue: Job[] = [];
  /** What is being written, until its commit is under way. */
  #open: readonly Job[] = [];
  #queuedRows = 0;
  #due = false;
  /** To be done between two commits. */
  readonly #errands: (() => Promise<void>)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(duckdb: DuckDB, connection: DuckDBConnection, lastConnection: DuckDBConnection) {
    this.#duckdb = duckdb;
    this.#connection = connection;
    this.#lastConnection = lastConnection;
  }

  /** To be called once for a table before rows are pushed to it. */
  async prepare(sink: Sink): Promise<void> {
    this.#lastAppenders.set(sink, await this.#lastConnection.createAppender(sink.table));
  }

  /** The other end of `prepare`, once all its rows are written. */
  release(sink: Sink): void {
    this.#lastAppenders.get(sink)?.closeSync();
    this.#lastAppenders.delete(sink);
  }

  /** Queues rows. Resolves after their commit; rows that are not `urgent` may wait for others before it. */
  push(sink: Sink, rows: number, cells: readonly Cells[], urgent: boolean): Promise<void> {
    return new Promise((done, failed) => {
      this.#queue.push({ sink, rows, cells, done, failed });
      this.#queuedRows += rows;
      if (urgent || this.#queuedRows >= relaxedRows) this.#start();
      else this.#timer ??= setTimeout(() => this.#start(), relaxedMilliseconds);
    });
  }

  /** Resolves once everything queued so far is committed or has failed. */
  async flush(): Promise<void> {
    if (this.#queue.length > 0) this.#start();
    await this.#running;
  }

  /** Runs work on the writer's connection between two commits. */
  exclusive<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#errands.push(() => work(this.#connection).then(resolve, reject));
      this.#running ??= this.#drain();
    });
  }

  /** Lets go of the tables, for one who writes them anew, and gives back what takes hold of them again. */
  letGo(): () => Promise<void> {
    this.#closeAppenders();
    const sinks = [...this.#lastAppenders.keys()];
    for (const sink of sinks) this.#lastAppenders.get(sink)?.closeSync();
    return async () => {
      for (const sink of sinks) if (this.#lastAppenders.has(sink)) await this.prepare(sink);
    };
  }

  /** Writes what is queued and lets go of the tables; every sink was released. */
  async close(): Promise<void> {
    await this.flush();
    this.#closeAppenders();
  }

  #closeAppenders(): void {
    for (const appender of this.#appenders.values()) appender.closeSync();
    this.#appenders.clear();
  }

  /**
   * Writes what is queued without awaiting anything: for `process.exit`. A commit under way is ended by Node itself, which
   * joins its worker threads.
   */
  writeAtExit(): void {
    try {
      for (const [sink, jobs] of bySink([...this.#open, ...this.#queue])) {
        const appender = this.#lastAppenders.get(sink);
        if (appender !== undefined) this.#append(appender, sink, jobs);
      }
    } catch (error) {
      process.stderr.write(`SL7009 the last rows could not be logged: ${reasonOf(error)}\n`);
    }
  }

  #start(): void {
    this.#due = true;
    this.#running ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#due || this.#errands.length > 0) {
      await this.#errands.shift()?.();
      if (!this.#due) continue;
      // Callers that the last commit woke append again in this turn of the loop: let them into this group.
      await new Promise(setImmediate);
      const group = this.#queue;
      this.#queue = [];
      this.#queuedRows = 0;
      this.#due = false;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      await this.#commitAll(group);
    }
    this.#running = undefined;
  }

  /** One transaction for the group; where that fails, one for each job, so that none fails for another's sake. */
  async #commitAll(group: readonly Job[]): Promise<void> {
    const error = await this.#commit(group);
    if (error === null) for (const job of group) job.done();
    else if (group.length === 1) group[0]?.failed(error);
    else for (const job of group) await this.#commitAll([job]);
  }

  async #commit(group: readonly Job[]): Promise<StorageError | null> {
    this.#open = group;
    try {
      await this.#connection.run("BEGIN");
      for (const [sink, jobs] of bySink(group)) this.#append(await this.#appender(sink), sink, jobs);
      this.#open = [];
      await this.#connection.run("COMMIT");
      return null;
    } catch (error) {
      this.#open = [];
      this.#dropAppenders();
      await this.#connection.run("ROLLBACK").catch(() => undefined);
      const reason = reasonOf(error);
      // After such an error DuckDB takes nothing more until the file is opened anew, which recovers it.
      const then = /^FATAL|invalidated/.test(reason) ? "close the target, or start the process again" : "log them again";
      return new StorageError("SL7009", `the rows could not be logged: ${reason}; none of them is in the log; see that the disk has room, then ${then}`, {}, { cause: error });
    }
  }

  async #appender(sink: Sink): Promise<DuckDBAppender> {
    const known = this.#appenders.get(sink.table);
    if (known !== undefined) return known;
    const appender = await this.#connection.createAppender(sink.table);
    this.#appenders.set(sink.table, appender);
    return appender;
  }

  /** A failed appender keeps its rows and would write them with the next group, or when it is collected. */
  #dropAppenders(): void {
    for (const appender of this.#appenders.values()) {
      try {
        appender.clear();
      } catch {
        // It has nothing to clear; the group's own error is the one to tell.
      }
    }
    this.#appenders.clear();
  }

  #append(appender: DuckDBAppender, sink: Sink, jobs: readonly Job[]): void {
    const chunk = this.#chunkOf(sink);
    let spans: Span[] = [];
    let filled = 0;
    const end = () => {
      // The appender copies what it is given.
      if (filled > 0) appender.appendDataChunk(chunk.fill(spans, filled));
      spans = [];
      filled = 0;
    };
    for (const { rows, cells } of jobs) {
      for (let from = 0; from < rows; ) {
        const to = Math.min(rows, from + chunkRows - filled);
        spans.push({ cells, from, to });
        filled += to - from;
        from = to;
        if (filled === chunkRows) end();
      }
    }
    end();
    appender.flushSync();
  }

  #chunkOf(sink: Sink): ChunkWriter {
    const known = this.#chunks.get(sink);
    if (known !== undefined) return known;
    const chunk = new ChunkWriter(this.#duckdb, sink.columns);
    this.#chunks.set(sink, chunk);
    return chunk;
  }
}

function bySink(group: readonly Job[]): Map<Sink, Job[]> {
  const sinks = new Map<Sink, Job[]>();
  for (const job of group) {
    const jobs = sinks.get(job.sink);
    if (jobs === undefined) sinks.set(job.sink, [job]);
    else jobs.push(job);
  }
  return sinks;
}
