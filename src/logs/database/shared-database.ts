import type { DuckDBConnection } from "@duckdb/node-api";
import { join } from "node:path";
import { StorageError } from "../../../dsl/errors.js";
import { evaluateAlerts } from "../read/alert-query.js";
import { compareLogs } from "../compare/compare-logs.js";
import type { Comparison } from "../comparison.js";
import { createTable, tablesOf } from "../schema/columns.js";
import type { Catalog } from "./catalog.js";
import { databaseFileName } from "./data-folder.js";
import { OwnerSocket } from "../remote/owner-socket.js";
import { identifier, reasonOf, type DuckDB } from "../duckdb.js";
import type { GroupCommitter } from "../write/group-commit.js";
import { readJournal } from "../write/journal.js";
import { ReopeningDatabase } from "./reopening-database.js";
import { DatabaseSession } from "./database-session.js";
import type { Retention, SweepResult } from "../store.js";
import { sweep } from "./retention.js";
import type { AlertWindow, LogBatch, LogLayout, LogQuery, ModelOutputs, PageSize } from "../pipeline-log.js";
import { logsWithRows, readLogs, readPages, type WithConnection } from "../read/read-pages.js";
import { challengerTable, championTable, type StoredLog } from "../schema/stored-log.js";

const sweepEvery = 60_000;

/** One open database file, shared by every store of its folder in this process. */
export class SharedDatabase {
  readonly duckdb: DuckDB;
  readonly file: string;
  readonly readOnly: boolean;
  readonly sessions: ReopeningDatabase;
  /** By pipeline: the row id that comes next. */
  readonly #nextRows = new Map<string, bigint>();
  /** null where it is open for reading only. */
  readonly #door: OwnerSocket | null;
  readonly #atExit = () => {
    this.sessions.writeAtExit();
    this.#door?.close();
  };
  #retention: Retention | null = null;
  #sweeping: NodeJS.Timeout | undefined;
  #lastSweep: Promise<unknown> = Promise.resolve();

  private constructor(duckdb: DuckDB, folder: string, opening: DatabaseSession, door: OwnerSocket | null) {
    this.duckdb = duckdb;
    this.file = join(folder, databaseFileName);
    this.readOnly = door === null;
    this.sessions = new ReopeningDatabase(this.file, opening, async (first) => {
      const next = await DatabaseSession.open(duckdb, folder, this.readOnly, first);
      try {
        // Another process may have had the folder meanwhile.
        for (const pipeline of this.#nextRows.keys())
          await next.catalog.transaction(() => this.#countRows(next.catalog, pipeline));
        return next;
      } catch (error) {
        await next.close();
        throw error;
      }
    });
    this.#door = door;
    if (door !== null) process.on("exit", this.#atExit);
  }

  /** @param door the claim to the folder; null to read only */
  static async open(duckdb: DuckDB, folder: string, door: OwnerSocket | null): Promise<SharedDatabase> {
    const readOnly = door === null;
    if (readOnly && readJournal(folder).rows.length > 0) await replayJournal(duckdb, folder);
    const database = new SharedDatabase(duckdb, folder, await DatabaseSession.open(duckdb, folder, readOnly), door);
    await door?.serve({
      versions: (pipeline) => database.sessions.read(({ catalog }) => catalog.versions(pipeline)),
      pipelines: () => database.sessions.read(({ catalog }) => catalog.pipelines()),
      readLog: (pipeline, query = {}) => database.read(pipeline, query),
      layouts: (pipeline, query = {}) => database.layouts(pipeline, query),
      compare: (pipeline, query = {}) => database.compare(pipeline, query),
    });
    return database;
  }

  /** Sweeps from now on every minute by these bounds; failures are told and tried again. */
  startRetention(retention: Retention, onError: (error: StorageError) => void): void {
    this.#retention = retention;
    clearInterval(this.#sweeping);
    const sweepNow = () => void this.sweep().catch(onError);
    this.#sweeping = setInterval(sweepNow, sweepEvery).unref();
    sweepNow();
  }

  /** Deletes what the bounds no longer cover. */
  async sweep(now = Date.now()): Promise<SweepResult | null> {
    const retention = this.#retention;
    if (retention === null) return null;
    const swept = this.#lastSweep.then(() =>
      this.sessions.use(({ catalog, writer }) =>
        catalog.exclusive(async (logs) => {
          // What the journal still holds may be old too. Where it cannot go into the database, a sweep may make the room for it.
          await writer.flush().catch(() => undefined);
          return writer.exclusive((connection) => sweepTables(connection, writer, logs, retention, now));
        }),
      ),
    );
    this.#lastSweep = swept.catch(() => undefined);
    return swept.catch((error: unknown) => {
      throw new StorageError(
        "SL7016",
        `old rows could not be deleted from '${this.file}': ${reasonOf(error)}; nothing else is lost, and it is tried again within a minute`,
        { file: this.file },
        { cause: error },
      );
    });
  }

  async close(): Promise<void> {
    this.#door?.close();
    clearInterval(this.#sweeping);
    await this.#lastSweep;
    await this.sessions.close();
    process.off("exit", this.#atExit);
  }

  /** The log of a pipeline version, made where it is missing. */
  openLog(layout: LogLayout): Promise<StoredLog> {
    return this.sessions.use(({ catalog }) =>
      catalog.transaction(async () => {
        if (!this.#nextRows.has(layout.pipeline)) await this.#countRows(catalog, layout.pipeline);
        const found = (await catalog.logsInTransaction(layout.pipeline)).find(
          (log) => log.layout.version === layout.version,
        );
        if (found === undefined) return catalog.addLog(layout, (id) => createTableStatements(layout, id));
        if (layoutSignature(found.layout) === layoutSignature(layout)) return found;
        throw new StorageError(
          "SL7011",
          `version ${layout.version} of pipeline '${layout.pipeline}' is logged with other columns than it has now; save the changed config as a new version`,
          { pipeline: layout.pipeline, version: layout.version },
        );
      }),
    );
  }

  /** Row ids go on after the greatest one in use, a challenger's included: its champion's row may have failed. */
  async #countRows(control: Catalog, pipeline: string): Promise<void> {
    const logs = await control.logsInTransaction(pipeline);
    const tables = logs.flatMap(({ id, layout }) => [
      championTable(id),
      ...layout.challengers.map((_, i) => challengerTable(id, i)),
    ]);
    let next = this.#nextRows.get(pipeline) ?? 0n;
    for (const table of tables) {
      const greatest = await control.scalar(`SELECT row FROM ${identifier(table)} ORDER BY row DESC LIMIT 1`);
      if (typeof greatest === "bigint" && greatest >= next) next = greatest + 1n;
    }
    this.#nextRows.set(pipeline, next);
  }

  reserveRowIds(pipeline: string, rows: number): bigint {
    const first = this.#nextRows.get(pipeline) ?? 0n;
    this.#nextRows.set(pipeline, first + BigInt(rows));
    return first;
  }

  holds(log: StoredLog, windows: readonly AlertWindow[], now: Date): Promise<boolean[]> {
    return this.#whenWritten(log.layout.pipeline, ({ readConnection }, logs) =>
      evaluateAlerts(readConnection, log, logs, windows, now),
    );
  }

  layouts(pipeline: string, query: LogQuery): Promise<LogLayout[]> {
    return this.#whenWritten(pipeline, async ({ readConnection }, logs) =>
      (await logsWithRows(readConnection, logs, query)).map(({ layout }) => layout),
    );
  }

  compare(pipeline: string, query: LogQuery): Promise<Comparison> {
    // It may take long, and others read meanwhile.
    return this.#whenWritten(pipeline, (opening, logs) =>
      opening.withConnection((connection) => compareLogs(this.duckdb, connection, pipeline, logs, query)),
    );
  }

  read(pipeline: string, query: LogQuery): Promise<LogBatch[]> {
    return this.#whenWritten(pipeline, ({ readConnection }, logs) =>
      readLogs(this.duckdb, readConnection, logs, query),
    );
  }

  /** Reads a pipeline's logs, once they hold all rows handed over so far. */
  #whenWritten<T>(
    pipeline: string,
    work: (opening: DatabaseSession, logs: readonly StoredLog[]) => Promise<T>,
  ): Promise<T> {
    return this.sessions.read(async (opening) => {
      await opening.writer.flush();
      return work(opening, await opening.catalog.logs(pipeline));
    });
  }

  async *pages(pipeline: string, query: LogQuery, size: PageSize): AsyncGenerator<LogBatch[], void, undefined> {
    const logs = await this.#whenWritten(pipeline, (_, stored) => Promise.resolve(stored));
    let held: { readonly opening: DatabaseSession; readonly connection: DuckDBConnection } | undefined;
    // Where the database is opened again between two pages, they come from the new opening.
    const read: WithConnection = (work) =>
      this.sessions.read(async (opening) => {
        if (held?.opening !== opening) held = { opening, connection: await opening.connect() };
        return work(held.connection);
      });
    try {
      yield* readPages(this.duckdb, read, logs, query, size);
    } finally {
      held?.opening.disconnect(held.connection);
    }
  }
}

async function sweepTables(
  connection: DuckDBConnection,
  writer: GroupCommitter,
  logs: readonly StoredLog[],
  retention: Retention,
  now: number,
): Promise<SweepResult> {
  let again: (() => Promise<void>) | undefined;
  try {
    return await sweep(connection, logs, retention, now, () => (again ??= writer.releaseTables()));
  } finally {
    await again?.();
  }
}

/** What an ended process left in the journal can only be read from the database. */
async function replayJournal(duckdb: DuckDB, folder: string): Promise<void> {
  try {
    const door = await OwnerSocket.acquire(folder, join(folder, databaseFileName));
    await SharedDatabase.open(duckdb, folder, door)
      .then((database) => database.close())
      .finally(() => door.close());
  } catch (error) {
    if (error instanceof StorageError && error.code === "SL7003") return;
    process.emitWarning(
      `the last rows of the log in '${folder}' are not shown: they lie in its journal, and it cannot be opened for writing (${reasonOf(error)})`,
      "ShapelineLogWarning",
    );
  }
}

function createTableStatements(layout: LogLayout, id: number): string[] {
  const { champion, challengers } = tablesOf(layout);
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
