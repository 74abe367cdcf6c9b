import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlTimestamp } from "../schema/where.js";
import { identifier, type DuckDB } from "../duckdb.js";
import type { LogQuery } from "../pipeline-log.js";
import { rawColumn } from "./raw-column.js";
import { championTable, type StoredLog } from "../schema/stored-log.js";

/** Which rows an answer has, newest first: where each is. */
export interface RowKeys {
  readonly length: number;
  /** By row, the place of its log. */
  readonly logIndex: Int32Array;
  readonly row: BigInt64Array;
  /** Milliseconds. */
  readonly time: BigInt64Array;
}

/** How many rows, in units of the wanted ones, are looked at before the whole log is. */
const scanFactors = [2, 32];

/**
 * The newest rows over some logs. Rows are logged about in the order of their times: those asked for are mostly among the last
 * ones logged, which DuckDB finds without reading the bulk of a long log.
 *
 * @param where what the query takes
 */
export async function newestKeys(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  query: LogQuery,
  where: string,
  limit: number,
): Promise<RowKeys> {
  for (const look of scanFactors) {
    const since = await timeOfNewest(connection, logs, query.after?.row ?? null, look * limit + 2048);
    if (since === null) break;
    const keys = await selectKeys(duckdb, connection, logs, `${where} AND time >= ${sqlTimestamp(since)}`, limit);
    if (keys.length === limit || (query.start !== undefined && query.start.getTime() >= since)) return keys;
  }
  return selectKeys(duckdb, connection, logs, where, limit);
}

/** The time that the last `span` rows up to a row id go back to; null where there is none. The greatest id is asked for as DuckDB finds it without a scan. */
async function timeOfNewest(
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
