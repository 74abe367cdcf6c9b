import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import type { WriteBatch, TableSink } from "./write-batch.js";
import { ChunkWriter } from "./chunk-writer.js";
import { reasonOf, type DuckDB } from "../duckdb.js";
import type { WriteFailure } from "./write-failure.js";

/** Writes batches into their tables: together in a transaction, or in the last moment of the process. */
export class TableWriter {
  readonly #duckdb: DuckDB;
  readonly #connection: DuckDBConnection;
  readonly #lastConnection: DuckDBConnection;
  readonly #appenders = new Map<string, DuckDBAppender>();
  /** Ready for the last moment of the process, where nothing can be awaited; on a connection without an open transaction. */
  readonly #lastAppenders = new Map<TableSink, DuckDBAppender>();
  /** By table, ready to be filled; both ends of the process's life write through them. */
  readonly #chunks = new WeakMap<TableSink, ChunkWriter>();
  /** What is being appended, until its commit is under way. */
  #open: readonly WriteBatch[] = [];

  constructor(duckdb: DuckDB, connection: DuckDBConnection, lastConnection: DuckDBConnection) {
    this.#duckdb = duckdb;
    this.#connection = connection;
    this.#lastConnection = lastConnection;
  }

  /** To be called once for a table before batches of it are written. */
  async prepare(sink: TableSink): Promise<void> {
    this.#lastAppenders.set(sink, await this.#lastConnection.createAppender(sink.table));
  }

  /** The other end of `prepare`, once all its rows are written. */
  release(sink: TableSink): void {
    this.#lastAppenders.get(sink)?.closeSync();
    this.#lastAppenders.delete(sink);
  }

  /** Lets go of the tables, for one who writes them anew, and gives back what takes hold of them again. */
  releaseTables(): () => Promise<void> {
    this.close();
    const sinks = [...this.#lastAppenders.keys()];
    for (const sink of sinks) this.#lastAppenders.get(sink)?.closeSync();
    return async () => {
      for (const sink of sinks) if (this.#lastAppenders.has(sink)) await this.prepare(sink);
    };
  }

  close(): void {
    for (const appender of this.#appenders.values()) appender.closeSync();
    this.#appenders.clear();
  }

  /** As `close`, where the database takes nothing more. */
  discard(): void {
    for (const appender of [...this.#appenders.values(), ...this.#lastAppenders.values()]) {
      clearAppender(appender);
      try {
        appender.closeSync();
      } catch {
        // It is closed all the same.
      }
    }
    this.#appenders.clear();
    this.#lastAppenders.clear();
  }

  /** One transaction for all. Returns what went wrong; unless that ended the database, nothing is written then. */
  async commit(batches: readonly WriteBatch[]): Promise<WriteFailure | null> {
    this.#open = batches;
    try {
      await this.#connection.run("BEGIN");
      for (const batch of batches) this.#append(await this.#appender(batch.sink), batch);
      this.#open = [];
      await this.#connection.run("COMMIT");
      return null;
    } catch (cause) {
      this.#open = [];
      // A failed appender keeps its rows and would write them with the next group, or when it is collected.
      this.#appenders.forEach(clearAppender);
      this.#appenders.clear();
      await this.#connection.run("ROLLBACK").catch(() => undefined);
      return { cause };
    }
  }

  /** Writes without awaiting anything what is being appended, and then these. */
  writeAtExit(batches: readonly WriteBatch[]): void {
    try {
      for (const batch of [...this.#open, ...batches]) {
        const appender = this.#lastAppenders.get(batch.sink);
        if (appender !== undefined) this.#append(appender, batch);
      }
    } catch (error) {
      process.stderr.write(`SL7009 the last rows could not be logged: ${reasonOf(error)}\n`);
    }
  }

  #append(appender: DuckDBAppender, { sink, chunks }: WriteBatch): void {
    const chunk = this.#chunks.get(sink) ?? new ChunkWriter(this.#duckdb, sink.columns);
    this.#chunks.set(sink, chunk);
    // The appender copies what it is given.
    for (const block of chunks) appender.appendDataChunk(chunk.fill(block));
    appender.flushSync();
  }

  async #appender(sink: TableSink): Promise<DuckDBAppender> {
    const known = this.#appenders.get(sink.table);
    if (known !== undefined) return known;
    const appender = await this.#connection.createAppender(sink.table);
    this.#appenders.set(sink.table, appender);
    return appender;
  }
}

function clearAppender(appender: DuckDBAppender): void {
  try {
    appender.clear();
  } catch {
    // It has nothing to clear; what went wrong before is the error to tell.
  }
}
