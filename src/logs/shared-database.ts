import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { join } from "node:path";
import { StorageError } from "../../dsl/errors.js";
import { type AlertWindow, holdsOver } from "./alerts.js";
import { compareLogs } from "./compare.js";
import type { Comparison } from "./comparison.js";
import { createTable, tablesOf } from "./columns.js";
import { Control, type StoredLog } from "./control.js";
import { fileName, openDatabase } from "./database.js";
import { Door } from "./door.js";
import { identifier, reasonOf, type DuckDB } from "./duckdb.js";
import { GroupWriter } from "./group-writer.js";
import { Journal, readJournal, removeJournal } from "./journal.js";
import { replay } from "./journal-replay.js";
import { sweep, type Retention, type Swept } from "./retention.js";
import type { LogBatch, LogLayout, LogQuery, ModelOutputs } from "./pipeline-log.js";
import { logsWithRows, readLogs, readPages, type PageSize } from "./reader.js";
import { challengerTable, championTable } from "./tables.js";

interface Connections {
  readonly control: DuckDBConnection;
  readonly reading: DuckDBConnection;
  readonly writing: DuckDBConnection;
  readonly last: DuckDBConnection;
}

const sweepEvery = 60_000;

/** One open database file, shared by every store of its folder in this process. */
export class SharedDatabase {
  readonly duckdb: DuckDB;
  readonly file: string;
  readonly readOnly: boolean;
  readonly control: Control;
  readonly writer: GroupWriter;
  readonly #instance: DuckDBInstance;
  readonly #connections: Connections;
  /** By pipeline: the row id that comes next. */
  readonly #nextRows = new Map<string, bigint>();
  readonly #door: Door;
  readonly #atExit = () => {
    this.writer.writeAtExit();
    this.#door.close();
  };
  #retention: Retention | null = null;
  #sweeping: NodeJS.Timeout | undefined;
  #lastSweep: Promise<unknown> = Promise.resolve();

  private constructor(duckdb: DuckDB, folder: string, readOnly: boolean, instance: DuckDBInstance, connections: Connections, journal: Journal | null) {
    this.duckdb = duckdb;
    this.file = join(folder, fileName);
    this.readOnly = readOnly;
    this.control = new Control(connections.control);
    this.writer = new GroupWriter(duckdb, connections.writing, connections.last, journal);
    this.#instance = instance;
    this.#connections = connections;
    this.#door = new Door(folder, {
      versions: (pipeline) => this.control.versions(pipeline),
      pipelines: () => this.control.pipelines(),
      readLog: (pipeline, query = {}) => this.read(pipeline, query),
      layouts: (pipeline, query = {}) => this.layouts(pipeline, query),
      compare: (pipeline, query = {}) => this.compare(pipeline, query),
    });
    if (!readOnly) process.on("exit", this.#atExit);
  }

  static async open(duckdb: DuckDB, folder: string, readOnly: boolean): Promise<SharedDatabase> {
    if (readOnly && readJournal(folder).rows.length > 0) await emptyJournal(duckdb, folder);
    const instance = await openDatabase(duckdb, folder, readOnly);
    const [control, reading, writing, last] = [await instance.connect(), await instance.connect(), await instance.connect(), await instance.connect()];
    const journal = readOnly ? null : await openJournal(duckdb, folder, writing).catch((error: unknown) => {
      instance.closeSync();
      throw error;
    });
    const database = new SharedDatabase(duckdb, folder, readOnly, instance, { control, reading, writing, last }, journal);
    if (!readOnly) await database.#door.open();
    return database;
  }

  /** Sweeps from now on every minute by these bounds; failures are told and tried again. */
  retain(retention: Retention, onError: (error: StorageError) => void): void {
    this.#retention = retention;
    clearInterval(this.#sweeping);
    const sweepNow = () => void this.sweep().catch(onError);
    this.#sweeping = setInterval(sweepNow, sweepEvery).unref();
    sweepNow();
  }

  /** Deletes what the bounds no longer cover. */
  async sweep(now = Date.now()): Promise<Swept | null> {
    const retention = this.#retention;
    if (retention === null) return null;
    const swept = this.#lastSweep.then(() => this.control.alone(async (logs) => {
      // What the journal still holds may be old too. Where it cannot go into the database, a sweep may make the room for it.
      await this.writer.flush().catch(() => undefined);
      return this.writer.exclusive((connection) => this.#sweep(connection, logs, retention, now));
    }));
    this.#lastSweep = swept.catch(() => undefined);
    return swept.catch((error: unknown) => {
      throw new StorageError("SL7016", `old rows could not be deleted from '${this.file}': ${reasonOf(error)}; nothing else is lost, and it is tried again within a minute`, { file: this.file }, { cause: error });
    });
  }

  async #sweep(connection: DuckDBConnection, logs: readonly StoredLog[], retention: Retention, now: number): Promise<Swept> {
    let again: (() => Promise<void>) | undefined;
    try {
      return await sweep(connection, logs, retention, now, () => (again ??= this.writer.letGo()));
    } finally {
      await again?.();
    }
  }

  async close(): Promise<void> {
    this.#door.close();
    clearInterval(this.#sweeping);
    await this.#lastSweep;
    await this.writer.close();
    process.off("exit", this.#atExit);
    for (const connection of Object.values(this.#connections) as DuckDBConnection[]) connection.closeSync();
    this.#instance.closeSync();
  }

  /** The log of a pipeline version, made where it is missing. */
  openLog(layout: LogLayout): Promise<StoredLog> {
    return this.control.change(async () => {
      const logs = await this.control.readLogs(layout.pipeline);
      await this.#countRows(layout.pipeline, logs);
      const found = logs.find((log) => log.layout.version === layout.version);
      if (found === undefined) return this.control.addLog(layout, (id) => statements(layout, id));
      if (shapeOf(found.layout) === shapeOf(layout)) return found;
      throw new StorageError(
        "SL7011",
        `version ${layout.version} of pipeline '${layout.pipeline}' is logged with other columns than it has now; save the changed config as a new version`,
        { pipeline: layout.pipeline, version: layout.version },
      );
    });
  }

  /** Row ids go on after the greatest one in use, a challenger's included: its champion's row may have failed. */
  async #countRows(pipeline: string, logs: readonly StoredLog[]): Promise<void> {
    if (this.#nextRows.has(pipeline)) return;
    const tables = logs.flatMap(({ id, layout }) => [championTable(id), ...layout.challengers.map((_, i) => challengerTable(id, i))]);
    let next = 0n;
    for (const table of tables) {
      const greatest = await this.control.scalar(`SELECT row FROM ${identifier(table)} ORDER BY row DESC LIMIT 1`);
      if (typeof greatest === "bigint" && greatest >= next) next = greatest + 1n;
    }
    this.#nextRows.set(pipeline, next);
  }

  reserve(pipeline: string, rows: number): bigint {
    const first = this.#nextRows.get(pipeline) ?? 0n;
    this.#nextRows.set(pipeline, first + BigInt(rows));
    return first;
  }

  async holds(log: StoredLog, windows: readonly AlertWindow[], now: Date): Promise<boolean[]> {
    await this.writer.flush();
    return holdsOver(this.#connections.reading, log, await this.control.logs(log.layout.pipeline), windows, now);
  }

  async layouts(pipeline: string, query: LogQuery): Promise<LogLayout[]> {
    await this.writer.flush();
    return (await logsWithRows(this.#connections.reading, await this.control.logs(pipeline), query)).map(({ layout }) => layout);
  }

  async compare(pipeline: string, query: LogQuery): Promise<Comparison> {
    await this.writer.flush();
    // It may take long, and others read meanwhile.
    const connection = await this.#instance.connect();
    try {
      return await compareLogs(this.duckdb, connection, pipeline, await this.control.logs(pipeline), query);
    } finally {
      connection.closeSync();
    }
  }

  async read(pipeline: string, query: LogQuery): Promise<LogBatch[]> {
    await this.writer.flush();
    return readLogs(this.duckdb, this.#connections.reading, await this.control.logs(pipeline), query);
  }

  async *pages(pipeline: string, query: LogQuery, size: PageSize): AsyncGenerator<LogBatch[], void, undefined> {
    await this.writer.flush();
    const connection = await this.#instance.connect();
    try {
      yield* readPages(this.duckdb, connection, await this.control.logs(pipeline), query, size);
    } finally {
      connection.closeSync();
    }
  }
}

/** The journal of a folder, empty: what it held goes into the database first. */
async function openJournal(duckdb: DuckDB, folder: string, connection: DuckDBConnection): Promise<Journal> {
  try {
    const { rows, last } = readJournal(folder);
    const strangers = rows.length === 0 ? 0 : await replay(duckdb, connection, rows);
    if (strangers > 0) process.emitWarning(`${strangers} rows of the journal in '${folder}' are of no pipeline version that the log knows, and are left out`, "ShapelineLogWarning");
    removeJournal(folder);
    return await Journal.open(folder, last);
  } catch (error) {
    throw new StorageError("SL7017", `the journal of the log in '${folder}' cannot be read or written: ${reasonOf(error)}; see that the disk has room and that the folder can be written, then open it again`, { folder }, { cause: error });
  }
}

/** What an ended process left in the journal can only be read from the database. */
async function emptyJournal(duckdb: DuckDB, folder: string): Promise<void> {
  try {
    await (await SharedDatabase.open(duckdb, folder, false)).close();
  } catch (error) {
    if (error instanceof StorageError && error.code === "SL7003") return;
    process.emitWarning(`the last rows of the log in '${folder}' are not shown: they lie in its journal, and it cannot be opened for writing (${reasonOf(error)})`, "ShapelineLogWarning");
  }
}

function statements(layout: LogLayout, id: number): string[] {
  const { champion, challengers } = tablesOf(layout);
  return [createTable(championTable(id), champion), ...challengers.map(({ columns }, i) => createTable(challengerTable(id, i), columns))];
}

function shapeOf({ inputs, outputs, models = [], challengers, validations }: LogLayout): string {
  const port = ({ name, dtype, shape }: LogLayout["inputs"][number]) => [name, dtype, shape];
  const model = ({ name, outputs: own }: ModelOutputs) => [name, own.map(port)];
  return JSON.stringify([inputs.map(port), outputs.map(port), models.map(model), challengers.map(model), validations]);
}
