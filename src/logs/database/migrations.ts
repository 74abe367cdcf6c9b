import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import { identifier, inTransaction } from "../duckdb.js";
import type { LogLayout } from "../pipeline-log.js";
import { challengerTable, championTable } from "../schema/stored-log.js";
import { noLogError } from "./data-folder.js";

interface LogTableNames {
  readonly champion: string;
  readonly challengers: readonly string[];
}

/**
 * The statements that upgrade each format to the next, given the tables of the existing logs. The database stores how
 * many were applied; opening it applies the rest. Entries are never edited: a new format is a new entry at the end.
 */
const migrations: readonly ((logs: readonly LogTableNames[]) => readonly string[])[] = [
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
  () => ["ALTER TABLE shapeline_versions ADD COLUMN log VARCHAR"],
];

/**
 * Upgrades a database to the newest format, in one transaction.
 *
 * @throws StorageError SL7004 another application's database, SL7005 a newer format, or an older one in a read-only
 * database, SL7002 an empty read-only database
 */
export async function migrate(connection: DuckDBConnection, file: string, readOnly: boolean): Promise<void> {
  const format = await readFormat(connection, file);
  if (format > migrations.length) {
    throw new StorageError(
      "SL7005",
      `the log '${file}' has format ${format}, but this version of Shapeline reads formats up to ${migrations.length}; use a newer version of Shapeline, or another data folder`,
      { file, format },
    );
  }
  if (format === migrations.length) return;
  if (readOnly) {
    if (format === 0) throw noLogError(file);
    throw new StorageError(
      "SL7005",
      `the log '${file}' has the older format ${format}; open it once for writing, which upgrades it to format ${migrations.length}`,
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
    for (const statement of migrations.slice(format).flatMap((upgrade) => upgrade(logs)))
      await connection.run(statement);
    await connection.run(`UPDATE shapeline_format SET format = ${migrations.length}`);
  });
}

/** The stored format, 0 for an empty database. */
async function readFormat(connection: DuckDBConnection, file: string): Promise<number> {
  const tables = (await (await connection.run("SELECT table_name FROM duckdb_tables()")).getRows()).map(([name]) =>
    String(name),
  );
  if (tables.length === 0) return 0;
  if (!tables.includes("shapeline_format")) {
    throw new StorageError(
      "SL7004",
      `'${file}' is a DuckDB database of another application; choose another data folder`,
      { file },
    );
  }
  const rows = await (await connection.run("SELECT format FROM shapeline_format")).getRows();
  return Number(rows[0]?.[0] ?? 0);
}
