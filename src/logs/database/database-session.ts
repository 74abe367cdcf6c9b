import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { Batch, Sink } from "../write/write-batch.js";
import { Control } from "./catalog.js";
import { openDatabase } from "./migrations.js";
import type { DuckDB } from "../duckdb.js";
import { GroupWriter } from "../write/group-commit.js";
import type { Journal } from "../write/journal.js";
import { openJournal } from "../write/journal-replay.js";
import type { Remainder } from "../write/write-failure.js";

/** One opening of the database file: the instance, its connections, and what works on them. Nothing of it outlives it. */
export class Opening {
  readonly control: Control;
  readonly writer: GroupWriter;
  /** For short reads. */
  readonly reading: DuckDBConnection;
  /** Told when the database takes nothing more. */
  onEnd = (_: unknown): void => undefined;
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
    this.control = new Control(control);
    this.reading = reading;
    this.writer = new GroupWriter(duckdb, writing, last, journal, (cause) => this.onEnd(cause));
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
  ): Promise<Opening> {
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
      return new Opening(duckdb, instance, four, readOnly ? null : await openJournal(duckdb, folder, four[2]));
    } catch (error) {
      for (const connection of connections) connection.closeSync();
      instance.closeSync();
      throw error;
    }
  }

  /** Work that the opening is not closed before. */
  async during<T>(work: (opening: this) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work(this);
    } finally {
      if (--this.#users === 0) this.#whenUnused();
    }
  }

  /** Work on a connection of its own. */
  async connected<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
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
  async abandon(cause: unknown): Promise<Remainder> {
    const left = await this.writer.abandon(cause);
    for (const connection of this.#connections) connection.interrupt();
    if (this.#users > 0) await new Promise<void>((unused) => (this.#whenUnused = unused));
    this.#disconnect();
    return left;
  }

  /** Goes on with the tables and batches of an earlier opening. */
  async takeOver(sinks: Iterable<Sink>, queued: readonly Batch[]): Promise<void> {
    for (const sink of sinks) await this.writer.prepare(sink);
    this.writer.take(queued);
  }

  #disconnect(): void {
    for (const connection of this.#connections) this.disconnect(connection);
    this.#instance.closeSync();
  }
}
