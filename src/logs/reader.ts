import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../dsl/errors.js";
import type { StoredLog } from "./control.js";
import { identifier, reasonOf, type DuckDB } from "./duckdb.js";
import { LogTable, type LoggedRow } from "./log-table.js";
import type { LogBatch, LogQuery } from "./pipeline-log.js";
import { championTable } from "./tables.js";

/**
 * The newest rows over all logs of a pipeline, newest first, in batches of one version and one set of shapes.
 *
 * @throws StorageError SL7013 for a query that makes no sense, SL7010 where the log cannot be read
 */
export async function readLogs(duckdb: DuckDB, connection: DuckDBConnection, logs: readonly StoredLog[], query: LogQuery): Promise<LogBatch[]> {
  const limit = checkLimit(query.limit ?? 100);
  const where = conditions(query);
  if (logs.length === 0 || limit === 0) return [];
  try {
    const near = await nearRows(duckdb, connection, logs, query, where, limit);
    const rows = near ?? (await farRows(duckdb, connection, logs, where, limit));
    return runs(rows).map((run) => run[0]?.table.batch(run)).filter((batch) => batch !== undefined);
  } catch (error) {
    throw unreadable(error);
  }
}

/** What to say of a log that the database does not give. */
export function unreadable(error: unknown): StorageError {
  return error instanceof StorageError ? error : new StorageError("SL7010", `the log cannot be read: ${reasonOf(error)}`, {}, { cause: error });
}

/** The logs that hold rows which a query takes. */
export async function logsWithRows(connection: DuckDBConnection, logs: readonly StoredLog[], query: LogQuery): Promise<StoredLog[]> {
  const where = conditions(query);
  try {
    const found: StoredLog[] = [];
    for (const log of logs) {
      const [[row] = []] = await (await connection.run(`SELECT row FROM ${identifier(championTable(log.id))} WHERE ${where} LIMIT 1`)).getRows();
      if (row !== undefined) found.push(log);
    }
    return found;
  } catch (error) {
    throw unreadable(error);
  }
}

/** How many rows, in units of the wanted ones, are looked at before the whole log is. */
const looks = [2, 32];

/**
 * Rows are logged about in the order of their times: those asked for are mostly among the last ones logged, which DuckDB finds
 * without reading the bulk of a long log. Null where there are not enough of them.
 */
async function nearRows(duckdb: DuckDB, connection: DuckDBConnection, logs: readonly StoredLog[], query: LogQuery, where: string, limit: number): Promise<LoggedRow[] | null> {
  for (const look of looks) {
    const since = await timeOfLast(connection, logs, query.after?.row ?? null, look * limit + 2048);
    if (since === null) return null;
    const rows = await newest(duckdb, connection, logs, () => `${where} AND time >= ${timestamp(since)}`, limit);
    if (rows.length === limit || (query.start !== undefined && query.start.getTime() >= since)) return rows;
  }
  return null;
}

/** The time that the last `span` rows up to a row id go back to; null where there is none. The greatest id is asked for as DuckDB finds it without a scan. */
async function timeOfLast(connection: DuckDBConnection, logs: readonly StoredLog[], upTo: bigint | null, span: number): Promise<number | null> {
  let since: number | null = null;
  for (const { id } of logs) {
    const table = identifier(championTable(id));
    const [[greatest] = []] = await (await connection.run(`SELECT row FROM ${table} ORDER BY row DESC LIMIT 1`)).getRows();
    if (typeof greatest !== "bigint") continue;
    const last = upTo !== null && upTo < greatest ? upTo : greatest;
    const [[time] = []] = await (await connection.run(`SELECT epoch_ms(min(time)) FROM ${table} WHERE row > ${last - BigInt(span)} AND row <= ${last}`)).getRows();
    if (typeof time === "bigint" && (since === null || Number(time) > since)) since = Number(time);
  }
  return since;
}

/** By way of the row ids alone, so that the bulk of an old log is skipped when the rows themselves are read. */
async function farRows(duckdb: DuckDB, connection: DuckDBConnection, logs: readonly StoredLog[], where: string, limit: number): Promise<LoggedRow[]> {
  const each = logs.map(({ id }) => `SELECT ${id} AS log, row, time FROM ${identifier(championTable(id))} WHERE ${where}`);
  const ordered = `SELECT log, row FROM (${each.join(" UNION ALL ")}) ORDER BY time DESC, row DESC LIMIT ${limit}`;
  const result = await connection.run(`SELECT log, min(row) FROM (${ordered}) GROUP BY log`);
  const oldest = new Map((await result.getRows()).map(([log, row]) => [Number(log), row as bigint]));
  const holding = logs.filter(({ id }) => oldest.has(id));
  return newest(duckdb, connection, holding, ({ id }) => `row >= ${oldest.get(id) ?? 0n} AND ${where}`, limit);
}

async function newest(duckdb: DuckDB, connection: DuckDBConnection, logs: readonly StoredLog[], where: (log: StoredLog) => string, limit: number): Promise<LoggedRow[]> {
  const rows: LoggedRow[] = [];
  for (const log of logs) for (const row of await new LogTable(duckdb, log).read(connection, where(log), limit)) rows.push(row);
  if (logs.length > 1) rows.sort((a, b) => b.time - a.time || (a.row < b.row ? 1 : -1));
  return rows.slice(0, limit);
}

function checkLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 0) return limit;
  throw new StorageError("SL7013", `limit is ${limit}; give a whole number of rows, 0 or more`, { limit });
}

/** The rows of a query, but for its limit, as a condition on a champion's table. */
export function conditions({ start, end, valid, after }: LogQuery): string {
  const parts: string[] = [];
  if (start !== undefined) parts.push(`time >= ${timestamp(millis("start", start))}`);
  if (end !== undefined) parts.push(`time <= ${timestamp(millis("end", end))}`);
  if (valid !== undefined) parts.push(`"anomaly.count" ${valid ? "=" : ">"} 0`);
  if (after !== undefined) {
    const time = timestamp(after.time);
    parts.push(`(time < ${time} OR (time = ${time} AND row < ${after.row}))`);
    // The same again, in a form that lets DuckDB skip what is newer.
    parts.push(`time <= ${time}`);
  }
  return parts.length === 0 ? "true" : parts.join(" AND ");
}

/** A time in SQL. */
export function timestamp(ms: number): string {
  return `make_timestamp_ms(${ms})::TIMESTAMP_MS`;
}

function millis(name: string, time: Date): number {
  const ms = time.getTime();
  if (Number.isFinite(ms)) return ms;
  throw new StorageError("SL7013", `${name} is not a valid Date; give one like new Date("2026-01-31T12:00:00Z")`, { name });
}

/** Cuts rows where the version or the shapes change. */
function runs(rows: readonly LoggedRow[]): LoggedRow[][] {
  const out: LoggedRow[][] = [];
  for (const row of rows) {
    const last = out.at(-1);
    const head = last?.[0];
    if (last !== undefined && head?.table === row.table && head.shapes === row.shapes) last.push(row);
    else out.push([row]);
  }
  return out;
}
