import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import { whereClause } from "../schema/where.js";
import { isProgramFault } from "../../util/error-message.js";
import { isOutOfMemory, identifier, moreMemory, reasonOf, type DuckDB } from "../duckdb.js";
import { TableReader, type TableRows } from "./table-reader.js";
import type { LogBatch, LogQuery, PageSize } from "../pipeline-log.js";
import { newestKeys, type RowKeys } from "./row-keys.js";
import { RowSizeEstimate } from "./row-size.js";
import { championTable, type StoredLog } from "../schema/stored-log.js";

/** Runs work with a connection. */
export type WithConnection = <T>(work: (connection: DuckDBConnection) => Promise<T>) => Promise<T>;

/** Row keys are selected for this many rows at once, then read page by page. */
const keysAtOnce = 2 ** 17;
/** The event loop is free between two pages. Converting one takes a few milliseconds. */
const slice: PageSize = { rows: 1024, bytes: 2 ** 20 };

/**
 * The newest rows over all logs of a pipeline, newest first, in batches of one version and one set of shapes.
 *
 * @throws StorageError SL7013 invalid query, SL7010 the log cannot be read
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
    query.bytes === undefined ? slice : { rows: Infinity, bytes: query.bytes },
  )) {
    batches.push(...page);
    if (query.bytes !== undefined) break;
  }
  return batches;
}

/**
 * As `readLogs`, page by page. Rows that are logged or deleted meanwhile are not included.
 *
 * @param query without a limit, all rows are read
 */
export async function* readPages(
  duckdb: DuckDB,
  withConnection: WithConnection,
  logs: readonly StoredLog[],
  query: LogQuery,
  size: PageSize,
): AsyncGenerator<LogBatch[], void, undefined> {
  let remaining = checkLimit(query.limit ?? Infinity);
  let after = query.after;
  whereClause(query);
  const tables = logs.map((log) => new TableReader(duckdb, log, query));
  const rowSize = new RowSizeEstimate(logs);
  try {
    while (remaining > 0 && logs.length > 0) {
      const rest = { ...query, ...(after === undefined ? {} : { after }) };
      const full = Math.min(size.rows, rowSize.rowsIn(size.bytes));
      const keyLimit = Math.min(remaining, full * Math.max(Math.floor(keysAtOnce / full), 1));
      const keys = await withConnection((connection) =>
        newestKeys(duckdb, connection, logs, rest, whereClause(rest), keyLimit),
      );
      for (let from = 0; from < keys.length;) {
        const to = Math.min(from + size.rows, from + rowSize.rowsIn(size.bytes), keys.length);
        const page = await withConnection((connection) => readPage(tables, connection, keys, from, to));
        rowSize.learn(page);
        if (page.length > 0) yield page;
        from = to;
      }
      if (keys.length < keyLimit) return;
      remaining -= keys.length;
      after = keys.row[keys.length - 1] ?? 0n;
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
    const [table, tableRows, begin] = [tables[log], rows[log], next[log] ?? 0];
    let end = begin;
    // Rows deleted meanwhile are missing in the table's rows.
    for (; i < logs.length && logs[i] === log; i++) if (tableRows?.ids[end] === keys.row[from + i]) end++;
    if (table !== undefined && tableRows !== undefined)
      for (const [a, b] of runs(tableRows.shapes, begin, end)) page.push(table.batch(tableRows, a, b));
    next[log] = end;
  }
  return page;
}

/** Converts a database error to StorageError SL7010; StorageErrors and faults of our own are returned unchanged. */
export function readError(error: unknown): Error {
  if (error instanceof StorageError || isProgramFault(error)) return error;
  const remedy = isOutOfMemory(error) ? `; ${moreMemory}` : "";
  return new StorageError("SL7010", `the log cannot be read: ${reasonOf(error)}${remedy}`, {}, { cause: error });
}

/** The logs with at least one row for a query. */
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

/** Splits rows into runs of equal shapes. */
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
