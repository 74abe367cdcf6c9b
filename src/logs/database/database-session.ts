import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { WriteBatch, TableSink } from "../write/write-batch.js";
import { Catalog } from "./catalog.js";
import { openDatabase } from "./open-database.js";
import type { DuckDB } from "../duckdb.js";
import { GroupCommitter } from "../write/group-commit.js";
import type { Journal } from "../write/journal.js";
import { openJournal } from "../write/journal-replay.js";
import type { UnwrittenRows } from "../write/write-failure.js";

/** One opening of the database file: the instance, its connections, and what works on them. Nothing of it outlives it. */
export class DatabaseSession {
  readonly catalog: Catalog;
  readonly writer: GroupCommitter;
  /** For short reads. */
  readonly readConnection: DuckDBConnection;
  /** Told when the database takes nothing more. */
  onFatal = (_: unknown): void => undefined;
  readonly #instance: DuckDBInstance;
  readonly #connections: Set<DuckDBConnection>;
  #users = 0;
  #whenUnused = (): void => undefined;

  private constructor(
    duckdb: DuckDB,
    instance: DuckDBInstance,
    connections: readonly [DuckDBConnection, DuckDBConnection, DuckDBConnection, DuckDBConnection],
    journal: Journal | null,
  ) {
    const [control, reading, writing, last] = connections;
    this.catalog = new Catalog(control);
    this.readConnection = reading;
    this.writer = new GroupCommitter(duckdb, writing, last, journal, (cause) => this.onFatal(cause));
    this.#instance = instance;
    this.#connections = new Set(connections);
  }

  /**
   * Opens the file, with all checks, and brings in what a journal holds.
   *
   * @param first work before anything is written
   */
  static async open(
    duckdb: DuckDB,
    folder: string,
    readOnly: boolean,
    first?: (connection: DuckDBConnection) => Promise<void>,
  ): Promise<DatabaseSession> {
    const instance = await openDatabase(duckdb, folder, readOnly);
    const connections: DuckDBConnection[] = [];
    const connect = async () => {
      const connection = await instance.connect();
      connections.push(connection);
      return connection;
    };
    try {
      const four = [await connect(), await connect(), await connect(), await connect()] as const;
      await first?.(four[1]);
      return new DatabaseSession(duckdb, instance, four, readOnly ? null : await openJournal(duckdb, folder, four[2]));
    } catch (error) {
      for (const connection of connections) connection.closeSync();
      instance.closeSync();
      throw error;
    }
  }

  /** Work that the opening is not closed before. */
  async use<T>(work: (opening: this) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work(this);
    } finally {
      if (--this.#users === 0) this.#whenUnused();
    }
  }

  /** Work on a connection of its own. */
  async withConnection<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.connect();
    try {
      return await work(connection);
    } finally {
      this.disconnect(connection);
    }
  }

  /** A connection until `disconnect`, or until the opening is let go. */
  async connect(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    this.#connections.add(connection);
    return connection;
  }

  disconnect(connection: DuckDBConnection): void {
    if (this.#connections.delete(connection)) connection.closeSync();
  }

  async close(): Promise<void> {
    await this.writer.close();
    this.#disconnect();
  }

  /** Lets go of a file that DuckDB takes nothing more for, and gives what could not be written. */
  async abandon(cause: unknown): Promise<UnwrittenRows> {
    const left = await this.writer.abandon(cause);
    for (const connection of this.#connections) connection.interrupt();
    if (this.#users > 0) await new Promise<void>((unused) => (this.#whenUnused = unused));
    this.#disconnect();
    return left;
  }

  /** Goes on with the tables and batches of an earlier opening. */
  async resume(sinks: Iterable<TableSink>, queued: readonly WriteBatch[]): Promise<void> {
    for (const sink of sinks) await this.writer.prepare(sink);
    this.writer.enqueue(queued);
  }

  #disconnect(): void {
    for (const connection of this.#connections) this.disconnect(connection);
    this.#instance.closeSync();
  }
}
