import type { DuckDBConnection } from "@duckdb/node-api";
import { join } from "node:path";
import { StorageError } from "../../../dsl/errors.js";
import { flushOnSignals } from "../../util/process/ending-signals.js";
import { onProcessExit } from "../../util/process/process-exit.js";
import { measureAlerts } from "../read/alert-query.js";
import { compareLogs } from "../compare/compare-logs.js";
import type { LoggedComparison } from "../comparison.js";
import { createTable, tableColumns } from "../schema/columns.js";
import type { Catalog } from "./catalog.js";
import { databaseFileName } from "./data-folder.js";
import type { FolderWatch } from "./folder-watch.js";
import { OwnerSocket } from "../remote/owner-socket.js";
import { identifier, reasonOf, type DuckDB } from "../duckdb.js";
import { RelaxedRows } from "../write/relaxed-rows.js";
import type { GroupCommitter } from "../write/group-commit.js";
import { readJournal, type FoundJournal } from "../write/journal.js";
import { ReopeningDatabase } from "./reopening-database.js";
import { DatabaseSession, type DatabaseOptions } from "./database-session.js";
import type { Retention, SweepResult } from "../store.js";
import { sweep } from "./retention.js";
import type {
  AlertValues,
  MeasuredAlert,
  LogBatch,
  LogLayout,
  LogQuery,
  ModelOutputs,
  PageSize,
} from "../pipeline-log.js";
import { logsWithRows, readLogs, readPages, type WithConnection } from "../read/read-pages.js";
import { challengerTable, championTable, tableNames, type StoredLog } from "../schema/stored-log.js";

const sweepIntervalMs = 60_000;

/** One open database file, shared by every store of its folder in this process. */
export class SharedDatabase {
  readonly duckdb: DuckDB;
  readonly file: string;
  readonly readOnly: boolean;
  readonly sessions: ReopeningDatabase;
  /** The next row id of each pipeline. */
  readonly #nextRows = new Map<string, bigint>();
  /** null if the database is open for reading only. */
  readonly #socket: OwnerSocket | null;
  readonly #atExit = () => {
    this.sessions.writeAtExit();
    this.#socket?.close();
  };
  #ignoreSignals = (): void => undefined;
  #watch: FolderWatch | null;
  readonly #relaxed: RelaxedRows;
  #retention: Retention | null = null;
  #sweeping: NodeJS.Timeout | undefined;
  #lastSweep: Promise<unknown> = Promise.resolve();

  private constructor(
    duckdb: DuckDB,
    folder: string,
    session: DatabaseSession,
    socket: OwnerSocket | null,
    options: DatabaseOptions,
    relaxed: RelaxedRows,
  ) {
    this.#relaxed = relaxed;
    this.duckdb = duckdb;
    this.file = join(folder, databaseFileName);
    this.readOnly = socket === null;
    this.sessions = new ReopeningDatabase(this.file, relaxed, session, async (beforeWrites) => {
      // A new database in place of the lost one would hide what happened.
      const lost = this.#watch?.check() ?? null;
      if (lost !== null) throw lost;
      const next = await DatabaseSession.open(
        duckdb,
        folder,
        { readOnly: this.readOnly, ...options, relaxed },
        beforeWrites,
      );
      this.#watch = next.watch;
      try {
        // Another process may have written to the log meanwhile.
        for (const pipeline of this.#nextRows.keys())
          await next.catalog.transaction(() => this.#initRowIds(next.catalog, pipeline));
        return next;
      } catch (error) {
        await next.close();
        throw error;
      }
    });
    this.#watch = session.watch;
    this.#socket = socket;
    if (socket === null) return;
    onProcessExit.add(this.#atExit);
    this.#ignoreSignals = flushOnSignals({ flush: () => this.sessions.flush(), end: this.#atExit });
  }

  /**
   * @param socket proves ownership of the folder; null opens the database for reading only
   */
  static async open(
    duckdb: DuckDB,
    folder: string,
    socket: OwnerSocket | null,
    options: DatabaseOptions,
  ): Promise<SharedDatabase> {
    const readOnly = socket === null;
    if (readOnly && hasRows(readJournal(folder))) await replayJournal(duckdb, folder, options);
    const relaxed = new RelaxedRows();
    const session = await DatabaseSession.open(duckdb, folder, { readOnly, ...options, relaxed });
    const database = new SharedDatabase(duckdb, folder, session, socket, options, relaxed);
    await socket?.serve({
      versions: (pipeline) => database.sessions.read(({ catalog }) => catalog.versions(pipeline)),
      pipelines: () => database.sessions.read(({ catalog }) => catalog.pipelines()),
      readLog: (pipeline, query = {}) => database.read(pipeline, query),
      layouts: (pipeline, query = {}) => database.layouts(pipeline, query),
      compare: (pipeline, query = {}) => database.compare(pipeline, query),
    });
    return database;
  }

  /** Applies retention limits now and every minute. `onError` receives failures; the next sweep retries. */
  startRetention(retention: Retention, onError: (error: StorageError) => void): void {
    this.#retention = retention;
    clearInterval(this.#sweeping);
    const run = () => void this.sweep().catch(onError);
    this.#sweeping = setInterval(run, sweepIntervalMs).unref();
    run();
  }

  /** Deletes the rows beyond the retention limits; null if none are set. */
  async sweep(now = Date.now()): Promise<SweepResult | null> {
    const retention = this.#retention;
    if (retention === null) return null;
    const swept = this.#lastSweep.then(() =>
      this.sessions.use(({ catalog, writer }) =>
        catalog.exclusive(async (logs) => {
          const assertInPlace = () => this.#watch?.assertInPlace();
          assertInPlace();
          // Rows in the journal may be old too. If moving them fails, the sweep may free the space they need.
          await writer.flush().catch(() => undefined);
          return writer.exclusive((connection) => sweepTables(connection, writer, logs, retention, now, assertInPlace));
        }),
      ),
    );
    this.#lastSweep = swept.catch(() => undefined);
    return swept.catch((error: unknown) => {
      throw new StorageError(
        "SL7016",
        `old rows could not be deleted from '${this.file}': ${reasonOf(error)}; no other data is lost, and Shapeline retries within a minute`,
        { file: this.file },
        { cause: error },
      );
    });
  }

  /** Why rows are not logged now: the files were deleted or replaced, or cannot be written; null if they are logged. */
  problem(): StorageError | null {
    return this.#watch?.check() ?? this.#relaxed.problem;
  }

  async close(): Promise<void> {
    this.#socket?.stop();
    clearInterval(this.#sweeping);
    await this.#lastSweep;
    try {
      await this.sessions.close();
    } finally {
      // Another thread of this process may open the database from now on.
      this.#socket?.close();
    }
    onProcessExit.delete(this.#atExit);
    this.#ignoreSignals();
  }

  /**
   * The log of a pipeline version; creates it if it is missing. A version has a log for each choice of withheld columns
   * that it was opened with.
   */
  openLog(layout: LogLayout): Promise<StoredLog> {
    return this.sessions.use(({ catalog }) =>
      catalog.transaction(async () => {
        if (!this.#nextRows.has(layout.pipeline)) await this.#initRowIds(catalog, layout.pipeline);
        const found = (await catalog.logsInTransaction(layout.pipeline)).find(
          (log) =>
            log.layout.version === layout.version &&
            JSON.stringify(log.layout.withheld) === JSON.stringify(layout.withheld),
        );
        if (found === undefined) return catalog.addLog(layout, (id) => createTableStatements(layout, id));
        if (layoutSignature(found.layout) === layoutSignature(layout)) return found;
        throw new StorageError(
          "SL7011",
          `the log of version ${layout.version} of pipeline '${layout.pipeline}' has other columns than its config; save the changed config as a new version`,
          { pipeline: layout.pipeline, version: layout.version },
        );
      }),
    );
  }

  /**
   * Row ids continue after the greatest one in use, including challengers': the write of their champion's row may have
   * failed.
   */
  async #initRowIds(catalog: Catalog, pipeline: string): Promise<void> {
    const logs = await catalog.logsInTransaction(pipeline);
    let next = 0n;
    for (const table of logs.flatMap(tableNames)) {
      const greatest = await catalog.scalar(`SELECT row FROM ${identifier(table)} ORDER BY row DESC LIMIT 1`);
      if (typeof greatest === "bigint" && greatest >= next) next = greatest + 1n;
    }
    // Read last: while the database is reopened, rows that wait for it reserve ids.
    const reserved = this.#nextRows.get(pipeline) ?? 0n;
    this.#nextRows.set(pipeline, reserved > next ? reserved : next);
  }

  /** Reserves row ids and returns the first. */
  reserveRowIds(pipeline: string, rows: number): bigint {
    const first = this.#nextRows.get(pipeline) ?? 0n;
    this.#nextRows.set(pipeline, first + BigInt(rows));
    return first;
  }

  measureAlerts(log: StoredLog, alerts: readonly MeasuredAlert[], now: Date): Promise<AlertValues[]> {
    return this.#readFlushed(log.layout.pipeline, ({ readConnection }, logs) =>
      measureAlerts(readConnection, log, logs, alerts, now),
    );
  }

  layouts(pipeline: string, query: LogQuery): Promise<LogLayout[]> {
    return this.#readFlushed(pipeline, async ({ readConnection }, logs) =>
      (await logsWithRows(readConnection, logs, query)).map(({ layout }) => layout),
    );
  }

  compare(pipeline: string, query: LogQuery): Promise<LoggedComparison> {
    // A comparison may take long, so it does not block the connection for short reads.
    return this.#readFlushed(pipeline, (session, logs) =>
      session.withConnection((connection) => compareLogs(this.duckdb, connection, pipeline, logs, query)),
    );
  }

  read(pipeline: string, query: LogQuery): Promise<LogBatch[]> {
    return this.#readFlushed(pipeline, ({ readConnection }, logs) =>
      readLogs(this.duckdb, readConnection, logs, query),
    );
  }

  /** Reads a pipeline's logs after all rows appended so far are in the database. */
  #readFlushed<T>(
    pipeline: string,
    work: (session: DatabaseSession, logs: readonly StoredLog[]) => Promise<T>,
  ): Promise<T> {
    return this.sessions.read(async (session) => {
      await session.writer.flush();
      return work(session, await session.catalog.logs(pipeline));
    });
  }

  async *pages(pipeline: string, query: LogQuery, size: PageSize): AsyncGenerator<LogBatch[], void, undefined> {
    const logs = await this.#readFlushed(pipeline, (_, stored) => Promise.resolve(stored));
    let current: { readonly session: DatabaseSession; readonly connection: DuckDBConnection } | undefined;
    // If the database is reopened between two pages, the next page needs a connection of the new session.
    const read: WithConnection = (work) =>
      this.sessions.read(async (session) => {
        if (current?.session !== session) current = { session, connection: await session.connect() };
        return work(current.connection);
      });
    try {
      yield* readPages(this.duckdb, read, logs, query, size);
    } finally {
      current?.session.disconnect(current.connection);
    }
  }
}

async function sweepTables(
  connection: DuckDBConnection,
  writer: GroupCommitter,
  logs: readonly StoredLog[],
  retention: Retention,
  now: number,
  assertInPlace: () => void,
): Promise<SweepResult> {
  let restoreTables: (() => Promise<void>) | undefined;
  try {
    return await sweep(connection, logs, retention, now, assertInPlace, () => {
      restoreTables ??= writer.releaseTables();
    });
  } finally {
    await restoreTables?.();
  }
}

/** Whether a journal that an ended process left has rows, or had some. */
function hasRows({ rows, missing }: FoundJournal): boolean {
  return rows.length > 0 || missing !== null;
}

/**
 * Opens the database for writing once, to replay a journal that an ended process left: its rows can only be read from
 * the database.
 */
async function replayJournal(duckdb: DuckDB, folder: string, options: DatabaseOptions): Promise<void> {
  try {
    const socket = await OwnerSocket.acquire(folder, join(folder, databaseFileName));
    await SharedDatabase.open(duckdb, folder, socket, options)
      .then((database) => database.close())
      .finally(() => socket.close());
  } catch (error) {
    if (error instanceof StorageError && error.code === "SL7003") return;
    process.emitWarning(
      `the last rows of the log in '${folder}' are missing from reads: they are in its journal, and the log cannot be opened for writing (${reasonOf(error)})`,
      "ShapelineLogWarning",
    );
  }
}

function createTableStatements(layout: LogLayout, id: number): string[] {
  const { champion, challengers } = tableColumns(layout);
  return [
    createTable(championTable(id), champion),
    ...challengers.map(({ columns }, i) => createTable(challengerTable(id, i), columns)),
  ];
}

function layoutSignature({ inputs, outputs, models = [], challengers, validations }: LogLayout): string {
  const port = ({ name, dtype, shape }: LogLayout["inputs"][number]) => [name, dtype, shape];
  const model = ({ name, outputs: own }: ModelOutputs) => [name, own.map(port)];
  return JSON.stringify([inputs.map(port), outputs.map(port), models.map(model), challengers.map(model), validations]);
}
