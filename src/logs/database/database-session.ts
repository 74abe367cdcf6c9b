import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { DuckDB } from "../duckdb.js";
import { GroupCommitter } from "../write/group-commit.js";
import type { Journal } from "../write/journal.js";
import { openJournal } from "../write/journal-replay.js";
import type { RelaxedRows } from "../write/relaxed-rows.js";
import type { TableSink, WriteBatch } from "../write/write-batch.js";
import type { UnwrittenRows } from "../write/write-failure.js";
import { Catalog } from "./catalog.js";
import { protectFiles } from "./data-folder.js";
import { FolderWatch } from "./folder-watch.js";
import { openDatabase } from "./open-database.js";

export interface DatabaseOptions {
  /** true: other users may use the folder's files. */
  readonly shared: boolean;
  /** The most memory that DuckDB takes, in bytes. */
  readonly memory: number;
}

interface SessionOptions extends DatabaseOptions {
  readonly readOnly: boolean;
  readonly relaxed: RelaxedRows;
}

/** Owns a DuckDB instance, its connections, the catalog and the writer; releases all of them on close. */
export class DatabaseSession {
  readonly catalog: Catalog;
  readonly writer: GroupCommitter;
  /** For short reads. */
  readonly readConnection: DuckDBConnection;
  /** Called when the database has been invalidated and refuses all further work. */
  onFatal = (_: unknown): void => undefined;
  /** null if the database is open for reading only. */
  readonly watch: FolderWatch | null;
  readonly #instance: DuckDBInstance;
  readonly #connections: Set<DuckDBConnection>;
  #users = 0;
  #onUnused = (): void => undefined;

  private constructor(
    duckdb: DuckDB,
    instance: DuckDBInstance,
    connections: readonly [DuckDBConnection, DuckDBConnection, DuckDBConnection, DuckDBConnection],
    journal: Journal | null,
    relaxed: RelaxedRows,
    watch: FolderWatch | null,
  ) {
    const [catalog, reading, writing, exit] = connections;
    this.watch = watch;
    this.catalog = new Catalog(catalog, watch?.assertInPlace);
    this.readConnection = reading;
    this.writer = new GroupCommitter(duckdb, writing, exit, journal, relaxed, watch, (cause) => this.onFatal(cause));
    this.#instance = instance;
    this.#connections = new Set(connections);
  }

  /**
   * Opens the file with all checks and replays the journal.
   *
   * @param beforeWrites runs before anything is written
   */
  static async open(
    duckdb: DuckDB,
    folder: string,
    { readOnly, shared, memory, relaxed }: SessionOptions,
    beforeWrites?: (connection: DuckDBConnection) => Promise<void>,
  ): Promise<DatabaseSession> {
    const instance = await openDatabase(duckdb, folder, { readOnly, memory });
    const connections: DuckDBConnection[] = [];
    const connect = async () => {
      const connection = await instance.connect();
      connections.push(connection);
      return connection;
    };
    try {
      const four = [await connect(), await connect(), await connect(), await connect()] as const;
      await beforeWrites?.(four[1]);
      if (readOnly) return new DatabaseSession(duckdb, instance, four, null, relaxed, null);
      const journal = await openJournal(duckdb, folder, four[2]);
      if (!shared) protectFiles(folder);
      return new DatabaseSession(duckdb, instance, four, journal, relaxed, new FolderWatch(folder, shared));
    } catch (error) {
      for (const connection of connections) connection.closeSync();
      instance.closeSync();
      throw error;
    }
  }

  /** Runs work; `abandon` waits for it before it closes the session. */
  async use<T>(work: (session: this) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work(this);
    } finally {
      if (--this.#users === 0) this.#onUnused();
    }
  }

  /** Runs work on its own connection. */
  async withConnection<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.connect();
    try {
      return await work(connection);
    } finally {
      this.disconnect(connection);
    }
  }

  /** Opens a connection that lasts until `disconnect`, or until the session ends. */
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
    await this.#endReads();
    await this.#checkpoint();
    this.#disconnectAll();
  }

  /** Ends the session of an invalidated database. Returns the rows that could not be written. */
  async abandon(cause: unknown): Promise<UnwrittenRows> {
    const unwritten = await this.writer.abandon(cause);
    await this.#endReads();
    this.#disconnectAll();
    return unwritten;
  }

  /** Continues with the tables and queued batches of an earlier session. */
  async resume(sinks: Iterable<TableSink>, queued: readonly WriteBatch[]): Promise<void> {
    for (const sink of sinks) await this.writer.prepare(sink);
    this.writer.enqueue(queued);
  }

  /** DuckDB's native code crashes if a connection is closed while it runs a query. */
  async #endReads(): Promise<void> {
    if (this.#users === 0) return;
    for (const connection of this.#connections) connection.interrupt();
    await new Promise<void>((resolve) => (this.#onUnused = resolve));
  }

  /** Leaves no write-ahead log behind, if possible: the next opening is then faster. */
  async #checkpoint(): Promise<void> {
    if (this.watch?.databaseInPlace !== true) return;
    // If it fails, the rows stay in the write-ahead log.
    await this.readConnection.run("CHECKPOINT").catch(() => undefined);
  }

  #disconnectAll(): void {
    this.watch?.close();
    for (const connection of this.#connections) this.disconnect(connection);
    this.#instance.closeSync();
  }
}
