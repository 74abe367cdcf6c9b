import type { DuckDBConnection } from "@duckdb/node-api";
import { join } from "node:path";
import { StorageError } from "../../../dsl/errors.js";
import { type AlertWindow, holdsOver } from "../read/alert-query.js";
import { compareLogs } from "../compare/compare.js";
import type { Comparison } from "../comparison.js";
import { createTable, tablesOf } from "../schema/columns.js";
import type { Control, StoredLog } from "./catalog.js";
import { fileName } from "./migrations.js";
import { Door } from "../remote/owner-socket.js";
import { identifier, reasonOf, type DuckDB } from "../duckdb.js";
import type { GroupWriter } from "../write/group-commit.js";
import { readJournal } from "../write/journal.js";
import { KeptOpen } from "./reopening-database.js";
import { Opening } from "./database-session.js";
import { sweep, type Retention, type Swept } from "./retention.js";
import type { LogBatch, LogLayout, LogQuery, ModelOutputs } from "../pipeline-log.js";
import { logsWithRows, readLogs, readPages, type OnConnection, type PageSize } from "../read/reader.js";
import { challengerTable, championTable } from "../schema/table-names.js";

const sweepEvery = 60_000;

/** One open database file, shared by every store of its folder in this process. */
export class SharedDatabase {
  readonly duckdb: DuckDB;
  readonly file: string;
  readonly readOnly: boolean;
  readonly kept: KeptOpen;
  /** By pipeline: the row id that comes next. */
  readonly #nextRows = new Map<string, bigint>();
  /** null where it is open for reading only. */
  readonly #door: Door | null;
  readonly #atExit = () => {
    this.kept.writeAtExit();
    this.#door?.close();
  };
  #retention: Retention | null = null;
  #sweeping: NodeJS.Timeout | undefined;
  #lastSweep: Promise<unknown> = Promise.resolve();

  private constructor(duckdb: DuckDB, folder: string, opening: Opening, door: Door | null) {
    this.duckdb = duckdb;
    this.file = join(folder, fileName);
    this.readOnly = door === null;
    this.kept = new KeptOpen(this.file, opening, async (first) => {
      const next = await Opening.open(duckdb, folder, this.readOnly, first);
      try {
        // Another process may have had the folder meanwhile.
        for (const pipeline of this.#nextRows.keys())
          await next.control.change(() => this.#countRows(next.control, pipeline));
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
  static async open(duckdb: DuckDB, folder: string, door: Door | null): Promise<SharedDatabase> {
    const readOnly = door === null;
    if (readOnly && readJournal(folder).rows.length > 0) await emptyJournal(duckdb, folder);
    const database = new SharedDatabase(duckdb, folder, await Opening.open(duckdb, folder, readOnly), door);
    await door?.answer({
      versions: (pipeline) => database.kept.read(({ control }) => control.versions(pipeline)),
      pipelines: () => database.kept.read(({ control }) => control.pipelines()),
      readLog: (pipeline, query = {}) => database.read(pipeline, query),
      layouts: (pipeline, query = {}) => database.layouts(pipeline, query),
      compare: (pipeline, query = {}) => database.compare(pipeline, query),
    });
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
    const swept = this.#lastSweep.then(() =>
      this.kept.use(({ control, writer }) =>
        control.alone(async (logs) => {
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
    await this.kept.close();
    process.off("exit", this.#atExit);
  }

  /** The log of a pipeline version, made where it is missing. */
  openLog(layout: LogLayout): Promise<StoredLog> {
    return this.kept.use(({ control }) =>
      control.change(async () => {
        if (!this.#nextRows.has(layout.pipeline)) await this.#countRows(control, layout.pipeline);
        const found = (await control.readLogs(layout.pipeline)).find((log) => log.layout.version === layout.version);
        if (found === undefined) return control.addLog(layout, (id) => statements(layout, id));
        if (shapeOf(found.layout) === shapeOf(layout)) return found;
        throw new StorageError(
          "SL7011",
          `version ${layout.version} of pipeline '${layout.pipeline}' is logged with other columns than it has now; save the changed config as a new version`,
          { pipeline: layout.pipeline, version: layout.version },
        );
      }),
    );
  }

  /** Row ids go on after the greatest one in use, a challenger's included: its champion's row may have failed. */
  async #countRows(control: Control, pipeline: string): Promise<void> {
    const logs = await control.readLogs(pipeline);
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

  reserve(pipeline: string, rows: number): bigint {
    const first = this.#nextRows.get(pipeline) ?? 0n;
    this.#nextRows.set(pipeline, first + BigInt(rows));
    return first;
  }

  holds(log: StoredLog, windows: readonly AlertWindow[], now: Date): Promise<boolean[]> {
    return this.#whenWritten(log.layout.pipeline, ({ reading }, logs) => holdsOver(reading, log, logs, windows, now));
  }

  layouts(pipeline: string, query: LogQuery): Promise<LogLayout[]> {
    return this.#whenWritten(pipeline, async ({ reading }, logs) =>
      (await logsWithRows(reading, logs, query)).map(({ layout }) => layout),
    );
  }

  compare(pipeline: string, query: LogQuery): Promise<Comparison> {
    // It may take long, and others read meanwhile.
    return this.#whenWritten(pipeline, (opening, logs) =>
      opening.connected((connection) => compareLogs(this.duckdb, connection, pipeline, logs, query)),
    );
  }

  read(pipeline: string, query: LogQuery): Promise<LogBatch[]> {
    return this.#whenWritten(pipeline, ({ reading }, logs) => readLogs(this.duckdb, reading, logs, query));
  }

  /** Reads a pipeline's logs, once they hold all rows handed over so far. */
  #whenWritten<T>(pipeline: string, work: (opening: Opening, logs: readonly StoredLog[]) => Promise<T>): Promise<T> {
    return this.kept.read(async (opening) => {
      await opening.writer.flush();
      return work(opening, await opening.control.logs(pipeline));
    });
  }

  async *pages(pipeline: string, query: LogQuery, size: PageSize): AsyncGenerator<LogBatch[], void, undefined> {
    const logs = await this.#whenWritten(pipeline, (_, stored) => Promise.resolve(stored));
    let held: { readonly opening: Opening; readonly connection: DuckDBConnection } | undefined;
    // Where the database is opened again between two pages, they come from the new opening.
    const read: OnConnection = (work) =>
      this.kept.read(async (opening) => {
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
  writer: GroupWriter,
  logs: readonly StoredLog[],
  retention: Retention,
  now: number,
): Promise<Swept> {
  let again: (() => Promise<void>) | undefined;
  try {
    return await sweep(connection, logs, retention, now, () => (again ??= writer.letGo()));
  } finally {
    await again?.();
  }
}

/** What an ended process left in the journal can only be read from the database. */
async function emptyJournal(duckdb: DuckDB, folder: string): Promise<void> {
  try {
    const door = await Door.claim(folder, join(folder, fileName));
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

function statements(layout: LogLayout, id: number): string[] {
  const { champion, challengers } = tablesOf(layout);
  return [
    createTable(championTable(id), champion),
    ...challengers.map(({ columns }, i) => createTable(challengerTable(id, i), columns)),
  ];
}

function shapeOf({ inputs, outputs, models = [], challengers, validations }: LogLayout): string {
  const port = ({ name, dtype, shape }: LogLayout["inputs"][number]) => [name, dtype, shape];
  const model = ({ name, outputs: own }: ModelOutputs) => [name, own.map(port)];
  return JSON.stringify([inputs.map(port), outputs.map(port), models.map(model), challengers.map(model), validations]);
}
