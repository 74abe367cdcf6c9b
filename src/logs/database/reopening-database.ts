import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import type { TableSink } from "../write/write-batch.js";
import { isFatal, reasonOf } from "../duckdb.js";
import type { Cells } from "../write/encode-rows.js";
import { retryMilliseconds } from "../write/group-commit.js";
import type { DatabaseSession } from "./database-session.js";
import { rejectAll, notLoggedError, settleUncertain, type UnwrittenRows } from "../write/write-failure.js";

/** Opens the database, and does some work before anything is written. */
type Reopen = (first: (connection: DuckDBConnection) => Promise<void>) => Promise<DatabaseSession>;

const nothing = (cause: unknown): UnwrittenRows => ({ failure: { cause }, uncertain: [], queued: [] });

/**
 * Keeps a database file open. After some errors, such as a disk that is full while DuckDB tidies its file, DuckDB takes nothing more for an
 * opening: another one takes its place then, at once or as soon as that is possible.
 */
export class ReopeningDatabase {
  readonly #file: string;
  readonly #open: Reopen;
  /** The tables that are written. */
  readonly #sinks = new Set<TableSink>();
  /** null while there is none. */
  #opening: DatabaseSession | null = null;
  /** The opening that there is or will be, or why there is none. */
  #next: Promise<DatabaseSession>;
  /** Resolves when it is known whether there is another; null where nothing is under way. */
  #replacing: Promise<void> | null = null;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(file: string, first: DatabaseSession, open: Reopen) {
    this.#file = file;
    this.#open = open;
    this.#next = Promise.resolve(this.#take(first));
  }

  /**
   * Work on the open database.
   *
   * @throws StorageError SL7019 while it cannot be opened again
   */
  async use<T>(work: (opening: DatabaseSession) => Promise<T>): Promise<T> {
    const opening = this.#opening ?? (await this.#next);
    try {
      return await opening.use(work);
    } catch (error) {
      if (isFatal(error)) this.#giveUp(opening, error);
      throw error;
    }
  }

  /** As `use`, for work that changes nothing: where the database is opened again meanwhile, it is done again. */
  async read<T>(work: (opening: DatabaseSession) => Promise<T>): Promise<T> {
    const opening = this.#opening;
    try {
      return await this.use(work);
    } catch (error) {
      if (opening === null || opening === this.#opening) throw error;
      return this.use(work);
    }
  }

  /** To be called once for a table before rows are pushed to it. */
  prepare(sink: TableSink): Promise<void> {
    return this.use(async ({ writer }) => {
      await writer.prepare(sink);
      this.#sinks.add(sink);
    });
  }

  /** The other end of `prepare`, once all its rows are written. */
  release(sink: TableSink): void {
    this.#sinks.delete(sink);
    this.#opening?.writer.release(sink);
  }

  /** As the writer's: null where rows that are not urgent may be pushed; otherwise it resolves when that is to be asked again. */
  whenRoom(): Promise<void> | null {
    return this.#opening === null ? this.#replacing : this.#opening.writer.whenRoom();
  }

  /** As the writer's: queues rows, and resolves once they are on disk. */
  push(sink: TableSink, rows: number, cells: readonly Cells[], urgent: boolean): Promise<void> {
    if (this.#opening !== null) return this.#opening.writer.push(sink, rows, cells, urgent);
    return this.#next.then(
      ({ writer }) => writer.push(sink, rows, cells, urgent),
      (cause: unknown) => {
        throw notLoggedError({ cause: rootCause(cause) });
      },
    );
  }

  /** Resolves once everything queued so far is in the database or has failed. */
  flush(): Promise<void> {
    return this.read(({ writer }) => writer.flush());
  }

  /** For `process.exit`: writes what is queued without awaiting anything. */
  writeAtExit(): void {
    this.#opening?.writer.writeAtExit();
  }

  /** What could not be opened again, or written, stays in the journal. */
  async close(): Promise<void> {
    await this.flush().catch(() => undefined);
    this.#closed = true;
    clearTimeout(this.#retry);
    await (await this.#next.catch(() => null))?.close();
  }

  #giveUp(opening: DatabaseSession, cause: unknown): void {
    if (this.#opening !== opening || this.#closed) return;
    this.#opening = null;
    this.#await(opening.abandon(cause).then((left) => this.#replace(cause, left)));
  }

  #await(next: Promise<DatabaseSession>): void {
    this.#next = next;
    // Whoever asks for the opening is told of the error.
    const settled = next
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        if (this.#replacing === settled) this.#replacing = null;
      });
    this.#replacing = settled;
  }

  async #replace(cause: unknown, left: UnwrittenRows): Promise<DatabaseSession> {
    try {
      const opening = await this.#open((connection) => settleUncertain(connection, left));
      try {
        await opening.resume(this.#sinks, left.queued);
      } catch (error) {
        await opening.abandon(error);
        throw error;
      }
      return this.#take(opening);
    } catch (error) {
      rejectAll(left);
      if (!this.#closed)
        this.#retry = setTimeout(() => this.#await(this.#replace(cause, nothing(cause))), retryMilliseconds).unref();
      const root = rootCause(error);
      throw new StorageError(
        "SL7019",
        `the log '${this.#file}' was let go after an error, and cannot be opened again: ${reasonOf(root)}; no row that was acknowledged is lost, and it is tried again every second; see that the disk has room`,
        { file: this.#file },
        { cause: root },
      );
    }
  }

  #take(opening: DatabaseSession): DatabaseSession {
    this.#opening = opening;
    opening.onFatal = (cause) => this.#giveUp(opening, cause);
    return opening;
  }
}

/** The error that lies under those that tell of it. */
function rootCause(error: unknown): unknown {
  return error instanceof StorageError && error.cause !== undefined ? rootCause(error.cause) : error;
}
