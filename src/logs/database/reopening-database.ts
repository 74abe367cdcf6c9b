import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import { isFatal, reasonOf } from "../duckdb.js";
import type { Cells } from "../write/encode-rows.js";
import { retryMilliseconds, valuesIn, type Urgency } from "../write/group-commit.js";
import type { RelaxedRows } from "../write/relaxed-rows.js";
import type { TableSink } from "../write/write-batch.js";
import { notLoggedError, rejectAll, settleUncertain, type UnwrittenRows } from "../write/write-failure.js";
import type { DatabaseSession } from "./database-session.js";

/** Opens a new session; runs `beforeWrites` before anything is written. */
type Reopen = (beforeWrites: (connection: DuckDBConnection) => Promise<void>) => Promise<DatabaseSession>;

/** A read that meets this many reopenings fails. */
const maxReads = 5;

/**
 * Keeps a database file open. Some errors invalidate a DuckDB instance, for example a full disk during a checkpoint:
 * then this class replaces the session with a new one, at once or as soon as the file can be opened.
 */
export class ReopeningDatabase {
  readonly #file: string;
  readonly #relaxed: RelaxedRows;
  readonly #reopen: Reopen;
  /** The tables in use; a new session prepares them again. */
  readonly #sinks = new Set<TableSink>();
  /** null while the database is being reopened. */
  #session: DatabaseSession | null = null;
  /** Current or pending session; rejects if reopening failed. */
  #next: Promise<DatabaseSession>;
  /** Resolves when the current attempt to reopen has succeeded or failed; null if none is running. */
  #reopening: Promise<void> | null = null;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param relaxed the rows that all sessions write */
  constructor(file: string, relaxed: RelaxedRows, first: DatabaseSession, reopen: Reopen) {
    this.#relaxed = relaxed;
    this.#file = file;
    this.#reopen = reopen;
    this.#next = Promise.resolve(this.#adopt(first));
  }

  /**
   * Runs work on the open database.
   *
   * @throws StorageError SL7019 while the database cannot be reopened
   */
  async use<T>(work: (session: DatabaseSession) => Promise<T>): Promise<T> {
    const session = this.#session ?? (await this.#next);
    try {
      return await session.use(work);
    } catch (error) {
      if (isFatal(error)) this.#replaceSession(session, error);
      throw error;
    }
  }

  /** As `use`, for work that changes nothing: it runs again if the database was reopened meanwhile. */
  async read<T>(work: (session: DatabaseSession) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      let session: DatabaseSession | null = null;
      try {
        return await this.use((current) => work((session = current)));
      } catch (error) {
        // Work that never started, or failed in the session that is still open, would fail again.
        if (session === null || session === this.#session || attempt === maxReads) throw error;
      }
    }
  }

  /** Call it once for a table before rows are pushed to it. */
  prepare(sink: TableSink): Promise<void> {
    return this.use(async ({ writer }) => {
      await writer.prepare(sink);
      this.#sinks.add(sink);
    });
  }

  /** Reverses `prepare`, once all rows of the table are written. */
  release(sink: TableSink): void {
    this.#sinks.delete(sink);
    this.#session?.writer.release(sink);
  }

  /** null if relaxed rows may be pushed; otherwise await the promise, then call this again. */
  whenRoom(rows: number): Promise<void> | null {
    return this.#relaxed.whenRoom(rows);
  }

  /** Gives up the waiting relaxed rows of tables; the error says how many, null if none waited. */
  dropRelaxed(sinks: readonly TableSink[]): StorageError | null {
    return this.#relaxed.drop(sinks);
  }

  /** Queues rows and resolves once they are on disk. */
  push(sink: TableSink, rows: number, cells: readonly Cells[], urgency: Urgency): Promise<void> {
    if (this.#session !== null) return this.#session.writer.push(sink, rows, cells, urgency);
    // Rows that are not urgent wait for the next session.
    if (urgency !== "urgent") return this.#relaxed.add(sink, rows, cells, valuesIn(cells, rows)).written;
    return this.#next.then(
      ({ writer }) => writer.push(sink, rows, cells, urgency),
      (cause: unknown) => {
        throw notLoggedError({ cause: rootCause(cause) });
      },
    );
  }

  /** Resolves once all rows queued so far are in the database or have failed. */
  flush(): Promise<void> {
    return this.read(({ writer }) => writer.flush());
  }

  /** For `process.exit`: writes the queued rows synchronously. */
  writeAtExit(): void {
    if (this.#session !== null) return this.#session.writer.writeAtExit();
    const lost = this.#relaxed.drop();
    if (lost !== null) process.stderr.write(`${lost.code} ${lost.message}\n`);
  }

  /** Rows that could not be moved into the database stay in the journal. */
  async close(): Promise<void> {
    await this.flush().catch(() => undefined);
    this.#closed = true;
    clearTimeout(this.#retry);
    await (await this.#next.catch(() => null))?.close();
    this.#relaxed.drop();
  }

  #replaceSession(session: DatabaseSession, cause: unknown): void {
    if (this.#session !== session || this.#closed) return;
    this.#session = null;
    this.#setNext(session.abandon(cause).then((unwritten) => this.#openNext(cause, unwritten)));
  }

  #setNext(next: Promise<DatabaseSession>): void {
    this.#next = next;
    // Callers awaiting `#next` receive the error.
    const settled = next
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        if (this.#reopening === settled) this.#reopening = null;
      });
    this.#reopening = settled;
  }

  async #openNext(cause: unknown, unwritten: UnwrittenRows): Promise<DatabaseSession> {
    try {
      const session = await this.#reopen((connection) => settleUncertain(connection, unwritten, this.#relaxed));
      try {
        await session.resume(this.#sinks, unwritten.queued);
      } catch (error) {
        await session.abandon(error);
        throw error;
      }
      return this.#adopt(session);
    } catch (error) {
      rejectAll(unwritten);
      this.#relaxed.failed({ cause });
      const unsettled = {
        failure: { cause },
        uncertain: unwritten.uncertain.filter((batch) => batch.relaxed),
        queued: [],
      };
      if (!this.#closed)
        this.#retry = setTimeout(() => this.#setNext(this.#openNext(cause, unsettled)), retryMilliseconds).unref();
      const root = rootCause(error);
      throw new StorageError(
        "SL7019",
        `the log '${this.#file}' was closed after an error and cannot be reopened: ${reasonOf(root)}; no acknowledged row is lost, and Shapeline retries every second; make sure the disk has free space`,
        { file: this.#file },
        { cause: root },
      );
    }
  }

  #adopt(session: DatabaseSession): DatabaseSession {
    this.#session = session;
    session.writer.resumeRelaxed();
    session.onFatal = (cause) => this.#replaceSession(session, cause);
    return session;
  }
}

/** Unwraps nested StorageErrors to the root cause. */
function rootCause(error: unknown): unknown {
  return error instanceof StorageError && error.cause !== undefined ? rootCause(error.cause) : error;
}
