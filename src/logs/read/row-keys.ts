import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlTimestamp } from "../schema/where.js";
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
  /** Milliseconds. */
  readonly time: BigInt64Array;
}

/** Before the whole log is scanned, its newest rows are: this many times the limit. */
const scanFactors = [2, 32];

/**
 * Finds the newest rows of several logs. Rows are logged roughly in the order of their times, so the result is mostly
 * among the rows logged last, which DuckDB finds without reading most of a long log.
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
  for (const factor of scanFactors) {
    const since = await earliestTimeOfLast(connection, logs, query.after?.row ?? null, factor * limit + 2048);
    if (since === null) break;
    const keys = await selectKeys(duckdb, connection, logs, `${where} AND time >= ${sqlTimestamp(since)}`, limit);
    if (keys.length === limit || (query.start !== undefined && query.start.getTime() >= since)) return keys;
  }
  return selectKeys(duckdb, connection, logs, where, limit);
}

/**
 * The earliest time of each log's last `span` rows up to a row id, and of these the latest; null without rows. `ORDER
 * BY row DESC LIMIT 1` finds the greatest id without a scan.
 */
async function earliestTimeOfLast(
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  upTo: bigint | null,
  span: number,
): Promise<number | null> {
  let since: number | null = null;
  for (const { id } of logs) {
    const table = identifier(championTable(id));
    const [[greatest] = []] = await (
      await connection.run(`SELECT row FROM ${table} ORDER BY row DESC LIMIT 1`)
    ).getRows();
    if (typeof greatest !== "bigint") continue;
    const last = upTo !== null && upTo < greatest ? upTo : greatest;
    const [[time] = []] = await (
      await connection.run(
        `SELECT epoch_ms(min(time)) FROM ${table} WHERE row > ${last - BigInt(span)} AND row <= ${last}`,
      )
    ).getRows();
    if (typeof time === "bigint" && (since === null || Number(time) > since)) since = Number(time);
  }
  return since;
}

async function selectKeys(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  where: string,
  limit: number,
): Promise<RowKeys> {
  const each = logs.map(
    ({ id }, log) => `SELECT ${log}::INTEGER AS log, row, time FROM ${identifier(championTable(id))} WHERE ${where}`,
  );
  const result = await connection.run(
    `SELECT log, row, time FROM (${each.join(" UNION ALL ")}) ORDER BY time DESC, row DESC LIMIT ${limit}`,
  );
  const chunks = await result.fetchAllChunks();
  const length = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const keys = {
    length,
    logIndex: new Int32Array(length),
    row: new BigInt64Array(length),
    time: new BigInt64Array(length),
  };
  let at = 0;
  for (const chunk of chunks) {
    const column = (index: number, type: "int32" | "int64" | "time") =>
      rawColumn(duckdb.bindings, chunk, index, type, 0).values;
    keys.logIndex.set(column(0, "int32") as Int32Array, at);
    keys.row.set(column(1, "int64") as BigInt64Array, at);
    keys.time.set(column(2, "time") as BigInt64Array, at);
    at += chunk.rowCount;
  }
  return keys;
}
