import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { StorageError } from "../../../dsl/errors.js";
import { makeDirectory } from "../../util/make-directory.js";
import { errorMessage, systemErrorMessage } from "../../util/error-message.js";
import { identifier, reasonOf, type DuckDB } from "../duckdb.js";
import type { LogLayout } from "../pipeline-log.js";
import { challengerTable, championTable } from "../schema/table-names.js";
import { holdToWal, walSize } from "./duckdb-wal.js";

export const fileName = "shapeline.duckdb";

interface LogTables {
  readonly champion: string;
  readonly challengers: readonly string[];
}

/**
 * What each format adds to the one before, given the tables of the logs there are. A stored log remembers how many were applied; opening it applies the rest.
 * Entries are never edited: a new format is a new entry at the end.
 */
const formats: readonly ((logs: readonly LogTables[]) => readonly string[])[] = [
  () => [
    "CREATE TABLE shapeline_format (format INTEGER NOT NULL)",
    "INSERT INTO shapeline_format VALUES (0)",
    "CREATE TABLE shapeline_pipelines (name VARCHAR NOT NULL, state VARCHAR NOT NULL)",
    "CREATE TABLE shapeline_versions (pipeline VARCHAR NOT NULL, version INTEGER NOT NULL, config VARCHAR NOT NULL, models VARCHAR NOT NULL, deployed_at TIMESTAMP_MS NOT NULL)",
    "CREATE TABLE shapeline_logs (id INTEGER NOT NULL, pipeline VARCHAR NOT NULL, version INTEGER NOT NULL, layout VARCHAR NOT NULL)",
  ],
  (logs) =>
    logs.map(
      ({ champion }) => `ALTER TABLE ${identifier(champion)} ADD COLUMN ${identifier("metadata.request")} VARCHAR`,
    ),
  (logs) =>
    logs.flatMap(({ challengers }) =>
      challengers.map(
        (table) => `ALTER TABLE ${identifier(table)} ADD COLUMN ${identifier("metadata.elapsed")} BIGINT`,
      ),
    ),
  () => [
    "CREATE TABLE shapeline_alerts (pipeline VARCHAR NOT NULL, alert VARCHAR NOT NULL, state VARCHAR NOT NULL, time TIMESTAMP_MS NOT NULL)",
  ],
];

/** Makes the folder where it is missing and gives its real path. */
export async function prepareFolder(folder: string, readOnly: boolean): Promise<string> {
  try {
    if (!readOnly) await makeDirectory(folder);
    return await realpath(folder);
  } catch (error) {
    if (readOnly) throw nothingThere(folder, error);
    throw new StorageError(
      "SL7001",
      `the data folder '${folder}' cannot be made: ${systemErrorMessage(error)}; choose another folder`,
      { folder },
      { cause: error },
    );
  }
}

/** Opens the database file in a folder and brings it to the newest format. */
export async function openDatabase(duckdb: DuckDB, folder: string, readOnly: boolean): Promise<DuckDBInstance> {
  const file = join(folder, fileName);
  if (readOnly && !existsSync(file)) throw nothingThere(folder);
  const options = {
    access_mode: readOnly ? "READ_ONLY" : "READ_WRITE",
    // The cores are for inference, and small commits are faster without DuckDB's own threads.
    threads: "1",
    // DuckDB keeps what it has written in memory, up to four fifths of the machine's, unless it is told to let go; larger queries spill to disk.
    memory_limit: "256MB",
  };
  const walBefore = walSize(file);
  const instance = await duckdb.DuckDBInstance.create(file, options).catch((error: unknown) => {
    throw openFailure(file, error);
  });
  try {
    const connection = await instance.connect();
    try {
      await holdToWal(connection, file, walBefore, readOnly);
      await migrate(connection, file, readOnly);
    } finally {
      connection.closeSync();
    }
    return instance;
  } catch (error) {
    instance.closeSync();
    throw error instanceof StorageError ? error : openFailure(file, error);
  }
}

async function migrate(connection: DuckDBConnection, file: string, readOnly: boolean): Promise<void> {
  const format = await readFormat(connection, file);
  if (format > formats.length) {
    throw new StorageError(
      "SL7005",
      `the log '${file}' is of format ${format}, this Shapeline reads up to ${formats.length}; use a newer Shapeline, or another data folder`,
      {
        file,
        format,
      },
    );
  }
  if (format === formats.length) return;
  if (readOnly) {
    if (format === 0) throw nothingThere(file);
    throw new StorageError(
      "SL7005",
      `the log '${file}' is of the older format ${format}; open it for writing once, which brings it to ${formats.length}`,
      { file, format },
    );
  }
  await inTransaction(connection, async () => {
    const stored = format === 0 ? [] : await (await connection.run("SELECT id, layout FROM shapeline_logs")).getRows();
    const logs = stored.map(([id, layout]) => {
      const { challengers } = JSON.parse(String(layout)) as LogLayout;
      return {
        champion: championTable(Number(id)),
        challengers: challengers.map((_, index) => challengerTable(Number(id), index)),
      };
    });
    for (const statement of formats.slice(format).flatMap((statements) => statements(logs)))
      await connection.run(statement);
    await connection.run(`UPDATE shapeline_format SET format = ${formats.length}`);
  });
}

/** The stored format, 0 for an empty database. */
async function readFormat(connection: DuckDBConnection, file: string): Promise<number> {
  const tables = (await (await connection.run("SELECT table_name FROM duckdb_tables()")).getRows()).map(([name]) =>
    String(name),
  );
  if (tables.length === 0) return 0;
  if (!tables.includes("shapeline_format")) {
    throw new StorageError("SL7004", `'${file}' is a DuckDB database of something else; choose another data folder`, {
      file,
    });
  }
  const rows = await (await connection.run("SELECT format FROM shapeline_format")).getRows();
  return Number(rows[0]?.[0] ?? 0);
}

/** Runs statements all or none. */
export async function inTransaction<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  await connection.run("BEGIN");
  try {
    const result = await work();
    await connection.run("COMMIT");
    return result;
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

function nothingThere(folder: string, cause?: unknown): StorageError {
  return new StorageError(
    "SL7002",
    `there is no log in '${folder}'; deploy a pipeline there first, or name the folder it was deployed to`,
    { folder },
    { cause },
  );
}

function openFailure(file: string, error: unknown): StorageError {
  const text = errorMessage(error);
  const options = { cause: error };
  if (/Conflicting lock is held/i.test(text) || /being used by another process/i.test(text)) {
    const pid = /PID (\d+)/.exec(text)?.[1];
    const holder = pid === undefined ? "another process" : `process ${pid}`;
    return new StorageError(
      "SL7003",
      `the log '${file}' is held by ${holder}; ask that process, end it, or use another data folder`,
      pid === undefined ? { file } : { file, pid: Number(pid) },
      options,
    );
  }
  if (/newer version|version number/i.test(text)) {
    return new StorageError(
      "SL7005",
      `the log '${file}' was written by a newer DuckDB; run: npm install @duckdb/node-api@latest`,
      { file },
      options,
    );
  }
  if (/not a valid DuckDB database/i.test(text)) {
    return new StorageError(
      "SL7004",
      `'${file}' is not a DuckDB database; it stays as it is: restore it from a copy, move it away with the files beside it, or choose another data folder`,
      { file },
      options,
    );
  }
  if (/Permission denied|Read-only file system|Cannot open file|Could not set lock/i.test(text)) {
    return new StorageError(
      "SL7001",
      `the log '${file}' cannot be opened for writing: ${reasonOf(error)}; choose another data folder`,
      { file },
      options,
    );
  }
  return new StorageError(
    "SL7006",
    `the log '${file}' cannot be opened: ${reasonOf(error)}; it stays as it is: restore it from a copy, or choose another data folder`,
    { file },
    options,
  );
}
