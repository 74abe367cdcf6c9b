import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { join } from "node:path";
import { StorageError } from "../../dsl/errors.js";
import { type AlertWindow, holdsOver } from "./alerts.js";
import { createTable, tablesOf } from "./columns.js";
import { Control, type StoredLog } from "./control.js";
import { fileName, openDatabase } from "./database.js";
import { identifier, type DuckDB } from "./duckdb.js";
import { GroupWriter } from "./group-writer.js";
import type { LogBatch, LogLayout, LogQuery, ModelOutputs } from "./pipeline-log.js";
import { readLogs } from "./reader.js";
import { challengerTable, championTable } from "./tables.js";

interface Connections {
  readonly control: DuckDBConnection;
  readonly reading: DuckDBConnection;
  readonly writing: DuckDBConnection;
  readonly last: DuckDBConnection;
}

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
  readonly #atExit = () => this.writer.writeAtExit();

  private constructor(duckdb: DuckDB, folder: string, readOnly: boolean, instance: DuckDBInstance, connections: Connections) {
    this.duckdb = duckdb;
    this.file = join(folder, fileName);
    this.readOnly = readOnly;
    this.control = new Control(connections.control);
    this.writer = new GroupWriter(duckdb, connections.writing, connections.last);
    this.#instance = instance;
    this.#connections = connections;
    if (!readOnly) process.on("exit", this.#atExit);
  }

  static async open(duckdb: DuckDB, folder: string, readOnly: boolean): Promise<SharedDatabase> {
    const instance = await openDatabase(duckdb, folder, readOnly);
    const [control, reading, writing, last] = [await instance.connect(), await instance.connect(), await instance.connect(), await instance.connect()];
    return new SharedDatabase(duckdb, folder, readOnly, instance, { control, reading, writing, last });
  }

  async close(): Promise<void> {
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
      const greatest = await this.control.scalar(`SELECT max(row) FROM ${identifier(table)}`);
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
    return holdsOver(this.#connections.reading, log, windows, now);
  }

  async read(pipeline: string, query: LogQuery): Promise<LogBatch[]> {
    await this.writer.flush();
    return readLogs(this.#connections.reading, await this.control.logs(pipeline), query);
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
