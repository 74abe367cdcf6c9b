import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import type { WriteBatch, WriteFailure, TableSink } from "./write-batch.js";
import { ChunkWriter } from "./chunk-writer.js";
import { reasonOf, type DuckDB } from "../duckdb.js";
import { rowsIn } from "./relaxed-rows.js";

/** Writes batches into their tables: in one transaction, or synchronously when the process exits. */
export class TableWriter {
  readonly #duckdb: DuckDB;
  readonly #connection: DuckDBConnection;
  readonly #exitConnection: DuckDBConnection;
  readonly #appenders = new Map<string, DuckDBAppender>();
  /** For process exit, when nothing can be awaited. They use a second connection, without an open transaction. */
  readonly #exitAppenders = new Map<TableSink, DuckDBAppender>();
  /** One reusable chunk per table, for commits and for the write at exit. */
  readonly #chunks = new WeakMap<TableSink, ChunkWriter>();
  /** The batches being appended, and those whose COMMIT is running: Node finishes it. */
  #appending: readonly WriteBatch[] = [];
  #committing: readonly WriteBatch[] = [];

  constructor(duckdb: DuckDB, connection: DuckDBConnection, exitConnection: DuckDBConnection) {
    this.#duckdb = duckdb;
    this.#connection = connection;
    this.#exitConnection = exitConnection;
  }

  /** Call it once for a table before its batches are written. */
  async prepare(sink: TableSink): Promise<void> {
    this.#exitAppenders.set(sink, await this.#exitConnection.createAppender(sink.table));
  }

  /** Reverses `prepare`, once all rows of the table are written. */
  release(sink: TableSink): void {
    this.#exitAppenders.get(sink)?.closeSync();
    this.#exitAppenders.delete(sink);
  }

  /** Closes all appenders, so that tables can be rewritten. Returns a function that opens them again. */
  releaseTables(): () => Promise<void> {
    this.close();
    const sinks = [...this.#exitAppenders.keys()];
    for (const sink of sinks) this.#exitAppenders.get(sink)?.closeSync();
    return async () => {
      for (const sink of sinks) if (this.#exitAppenders.has(sink)) await this.prepare(sink);
    };
  }

  close(): void {
    for (const appender of this.#appenders.values()) appender.closeSync();
    this.#appenders.clear();
  }

  /** As `close`, for an invalidated database: drops unwritten rows and ignores errors. */
  discard(): void {
    for (const appender of [...this.#appenders.values(), ...this.#exitAppenders.values()]) {
      clearAppender(appender);
      try {
        appender.closeSync();
      } catch {
        // The appender is closed even if this throws.
      }
    }
    this.#appenders.clear();
    this.#exitAppenders.clear();
  }

  /**
   * Commits all batches in one transaction. Returns the failure; nothing is written then, unless it invalidated the
   * database.
   *
   * @param beforeCommit throws if nothing may be written now
   */
  async commit(batches: readonly WriteBatch[], beforeCommit: () => void): Promise<WriteFailure | null> {
    this.#appending = batches;
    try {
      await this.#connection.run("BEGIN");
      for (const batch of batches) this.#append(await this.#appender(batch.sink), batch);
      this.#appending = [];
      beforeCommit();
      this.#committing = batches;
      await this.#connection.run("COMMIT");
      return null;
    } catch (cause) {
      this.#appending = [];
      // A failed appender keeps its rows: it would write them with the next group, or when it is garbage-collected.
      this.#appenders.forEach(clearAppender);
      this.#appenders.clear();
      await this.#connection.run("ROLLBACK").catch(() => undefined);
      return { cause };
    } finally {
      this.#committing = [];
    }
  }

  /** Writes synchronously: the batches being appended, then the given ones. Says on stderr how many rows were not. */
  writeAtExit(batches: readonly WriteBatch[]): void {
    const committing = new Set(this.#committing);
    const all = [...new Set([...this.#appending, ...batches])].filter((batch) => !committing.has(batch));
    let written = 0;
    try {
      for (const batch of all) {
        const appender = this.#exitAppenders.get(batch.sink);
        if (appender !== undefined) this.#append(appender, batch);
        written++;
      }
    } catch (error) {
      const rows = rowsIn(all.slice(written));
      process.stderr.write(`SL7009 the last ${rows} rows could not be logged: ${reasonOf(error)}\n`);
    }
  }

  #append(appender: DuckDBAppender, { sink, chunks }: WriteBatch): void {
    const chunk = this.#chunks.get(sink) ?? new ChunkWriter(this.#duckdb, sink.columns);
    this.#chunks.set(sink, chunk);
    // The appender copies the chunk, so it can be refilled.
    for (const block of chunks) appender.appendDataChunk(chunk.fill(block));
    appender.flushSync();
  }

  async #appender(sink: TableSink): Promise<DuckDBAppender> {
    const existing = this.#appenders.get(sink.table);
    if (existing !== undefined) return existing;
    const appender = await this.#connection.createAppender(sink.table);
    this.#appenders.set(sink.table, appender);
    return appender;
  }
}

function clearAppender(appender: DuckDBAppender): void {
  try {
    appender.clear();
  } catch {
    // Nothing to clear. The caller reports the earlier error.
  }
}
