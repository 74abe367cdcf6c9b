import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import { whereClause } from "../schema/where.js";
import { identifier, reasonOf, type DuckDB } from "../duckdb.js";
import { TableReader, type TableRows } from "./table-reader.js";
import type { LogBatch, LogQuery, PageSize } from "../pipeline-log.js";
import { newestKeys, type RowKeys } from "./row-keys.js";
import { RowSizeEstimate } from "./row-size.js";
import { championTable, type StoredLog } from "../schema/stored-log.js";

/** Lends a connection for a piece of reading. */
export type WithConnection = <T>(work: (connection: DuckDBConnection) => Promise<T>) => Promise<T>;

/** Where pages are asked for one after the other, it is found out for this many rows at a time which they are. */
const keysAtOnce = 2 ** 17;

/**
 * The newest rows over all logs of a pipeline, newest first, in batches of one version and one set of shapes.
 *
 * @throws StorageError SL7013 for a query that makes no sense, SL7010 where the log cannot be read
 */
export async function readLogs(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  query: LogQuery,
): Promise<LogBatch[]> {
  const limit = query.limit ?? 100;
  const batches: LogBatch[] = [];
  for await (const page of readPages(
    duckdb,
    (work) => work(connection),
    logs,
    { ...query, limit },
    { rows: Infinity, bytes: query.bytes ?? Infinity },
  )) {
    batches.push(...page);
    if (query.bytes !== undefined) break;
  }
  return batches;
}

/**
 * The same, a page at a time. Rows logged meanwhile are not among them, unless they are older than those already given; rows deleted meanwhile are not.
 *
 * @param query without a limit: all
 */
export async function* readPages(
  duckdb: DuckDB,
  on: WithConnection,
  logs: readonly StoredLog[],
  query: LogQuery,
  size: PageSize,
): AsyncGenerator<LogBatch[], void, undefined> {
  let left = checkLimit(query.limit ?? Infinity);
  let after = query.after;
  whereClause(query);
  const tables = logs.map((log) => new TableReader(duckdb, log, query.metadata !== false));
  const width = new RowSizeEstimate(logs);
  try {
    while (left > 0 && logs.length > 0) {
      const rest = { ...query, ...(after === undefined ? {} : { after }) };
      const full = Math.min(size.rows, width.rowsIn(size.bytes));
      const asked = Math.min(left, full * Math.max(Math.floor(keysAtOnce / full), 1));
      const keys = await on((connection) => newestKeys(duckdb, connection, logs, rest, whereClause(rest), asked));
      for (let from = 0; from < keys.length;) {
        const to = Math.min(from + size.rows, from + width.rowsIn(size.bytes), keys.length);
        const page = await on((connection) => readPage(tables, connection, keys, from, to));
        width.learn(page);
        if (page.length > 0) yield page;
        from = to;
      }
      if (keys.length < asked) return;
      left -= keys.length;
      after = { time: Number(keys.time[keys.length - 1]), row: keys.row[keys.length - 1] ?? 0n };
    }
  } catch (error) {
    throw readError(error);
  }
}

async function readPage(
  tables: readonly TableReader[],
  connection: DuckDBConnection,
  keys: RowKeys,
  from: number,
  to: number,
): Promise<LogBatch[]> {
  const logs = keys.logIndex.subarray(from, to);
  const rows: (TableRows | undefined)[] = [];
  for (const log of new Set(logs))
    rows[log] = await tables[log]?.read(
      connection,
      keys.row.subarray(from, to).filter((_, i) => logs[i] === log),
    );
  const page: LogBatch[] = [];
  const next = new Int32Array(tables.length);
  for (let i = 0; i < logs.length;) {
    const log = logs[i] ?? 0;
    const [table, own, begin] = [tables[log], rows[log], next[log] ?? 0];
    let end = begin;
    // Rows that are no longer there are not in the table's rows.
    for (; i < logs.length && logs[i] === log; i++) if (own?.ids[end] === keys.row[from + i]) end++;
    if (table !== undefined && own !== undefined)
      for (const [a, b] of runs(own.shapes, begin, end)) page.push(table.batch(own, a, b));
    next[log] = end;
  }
  return page;
}

/** What to say of a log that the database does not give. */
export function readError(error: unknown): StorageError {
  return error instanceof StorageError
    ? error
    : new StorageError("SL7010", `the log cannot be read: ${reasonOf(error)}`, {}, { cause: error });
}

/** The logs that hold rows which a query takes. */
export async function logsWithRows(
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  query: LogQuery,
): Promise<StoredLog[]> {
  const where = whereClause(query);
  try {
    const found: StoredLog[] = [];
    for (const log of logs) {
      const [[row] = []] = await (
        await connection.run(`SELECT row FROM ${identifier(championTable(log.id))} WHERE ${where} LIMIT 1`)
      ).getRows();
      if (row !== undefined) found.push(log);
    }
    return found;
  } catch (error) {
    throw readError(error);
  }
}

function checkLimit(limit: number): number {
  if ((Number.isSafeInteger(limit) || limit === Infinity) && limit >= 0) return limit;
  throw new StorageError("SL7013", `limit is ${limit}; give a whole number of rows, 0 or more`, { limit });
}

/** Cuts rows where the shapes change. */
function runs(shapes: readonly string[] | null, from: number, to: number): [from: number, to: number][] {
  if (shapes === null) return from < to ? [[from, to]] : [];
  const cuts: [number, number][] = [];
  let begin = from;
  for (let row = from + 1; row <= to; row++) {
    if (row < to && shapes[row] === shapes[begin]) continue;
    cuts.push([begin, row]);
    begin = row;
  }
  return from < to ? cuts : [];
}
