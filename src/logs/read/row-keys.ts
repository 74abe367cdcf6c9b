import type { DuckDBConnection } from "@duckdb/node-api";
import { identifier, type DuckDB } from "../duckdb.js";
import type { LogQuery } from "../pipeline-log.js";
import { rawColumn } from "./raw-column.js";
import { championTable, type StoredLog } from "../schema/stored-log.js";

/** The keys of a query's rows, newest first. */
export interface RowKeys {
  readonly length: number;
  /** Per row, the index of its log. */
  readonly logIndex: Int32Array;
  readonly row: BigInt64Array;
}

/** Before the whole log is searched, its newest rows are: this many times the limit. */
const scanFactors = [2, 32];

/**
 * Finds the rows of several logs that were logged last. Their ids give the order, not their times: the machine's clock
 * may have been set back.
 *
 * @param where the query's condition
 */
export async function newestKeys(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  query: LogQuery,
  where: string,
  limit: number,
): Promise<RowKeys> {
  if (query.oldestFirst === true) return selectKeys(duckdb, connection, logs, where, limit, "ASC");
  const last = query.after ?? (await greatestId(connection, logs));
  for (const factor of scanFactors) {
    const span = BigInt(factor * limit + 2048);
    if (span >= last) break;
    const keys = await selectKeys(duckdb, connection, logs, `${where} AND row > ${last - span}`, limit);
    if (keys.length === limit) return keys;
  }
  return selectKeys(duckdb, connection, logs, where, limit);
}

/** The greatest row id of the logs. `ORDER BY row DESC LIMIT 1` finds it without a scan. */
async function greatestId(connection: DuckDBConnection, logs: readonly StoredLog[]): Promise<bigint> {
  let greatest = 0n;
  for (const { id } of logs) {
    const result = await connection.run(`SELECT row FROM ${identifier(championTable(id))} ORDER BY row DESC LIMIT 1`);
    const [[row] = []] = await result.getRows();
    if (typeof row === "bigint" && row > greatest) greatest = row;
  }
  return greatest;
}

async function selectKeys(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  where: string,
  limit: number,
  order: "ASC" | "DESC" = "DESC",
): Promise<RowKeys> {
  const each = logs.map(
    ({ id }, log) => `SELECT ${log}::INTEGER AS log, row FROM ${identifier(championTable(id))} WHERE ${where}`,
  );
  const result = await connection.run(
    `SELECT log, row FROM (${each.join(" UNION ALL ")}) ORDER BY row ${order} LIMIT ${limit}`,
  );
  const chunks = await result.fetchAllChunks();
  const length = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const keys = {
    length,
    logIndex: new Int32Array(length),
    row: new BigInt64Array(length),
  };
  let at = 0;
  for (const chunk of chunks) {
    const column = (index: number, type: "int32" | "int64") => rawColumn(duckdb.bindings, chunk, index, type, 0).values;
    keys.logIndex.set(column(0, "int32") as Int32Array, at);
    keys.row.set(column(1, "int64") as BigInt64Array, at);
    at += chunk.rowCount;
  }
  return keys;
}
