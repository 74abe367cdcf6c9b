import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import { tablesOf, type LogColumn } from "../schema/columns.js";
import type { AlertWindow } from "../pipeline-log.js";
import { identifier, reasonOf } from "../duckdb.js";
import { logsWithRows } from "./read-pages.js";
import { challengerTable, championTable, type StoredLog } from "../schema/stored-log.js";

/**
 * Whether conditions hold over a pipeline's rows, each over its own last while. The rows of earlier versions count as far as they have
 * the columns that a condition reads: a version that is new has no rows yet, and what was wrong before it has not passed with it.
 *
 * @param current whose alerts these are
 * @param all the pipeline's logs
 * @throws StorageError SL7010
 */
export async function evaluateAlerts(
  connection: DuckDBConnection,
  current: StoredLog,
  all: readonly StoredLog[],
  windows: readonly AlertWindow[],
  now: Date,
): Promise<boolean[]> {
  const { pipeline } = current.layout;
  const longest = Math.max(0, ...windows.map(({ overMs }) => overMs));
  const recent = await logsWithRows(
    connection,
    all.filter(({ id }) => id !== current.id),
    { start: new Date(now.getTime() - longest), end: now },
  );
  const answers: boolean[] = [];
  for (const { sql, overMs } of windows) {
    const read = columnsRead(current, sql);
    const parts = [current, ...recent].flatMap((log) => rowsOf(log, read, now.getTime() - overMs, now.getTime()) ?? []);
    try {
      const [row] = await (await connection.run(`SELECT ${sql} FROM (${parts.join(" UNION ALL ")})`)).getRows();
      answers.push(row?.[0] === true);
    } catch (error) {
      throw new StorageError(
        "SL7010",
        `an alert of pipeline '${pipeline}' cannot be evaluated over its log: ${reasonOf(error)}`,
        { pipeline },
        { cause: error },
      );
    }
  }
  return answers;
}

/** A column of a version's rows, and the challenger whose table holds it; null where it is the champion's. */
interface AlertColumn {
  readonly column: LogColumn;
  readonly challenger: number | null;
}

function alertColumns({ layout }: StoredLog): AlertColumn[] {
  const { champion, challengers } = tablesOf(layout);
  const ports = (columns: readonly LogColumn[]) => columns.filter(({ port }) => port !== null);
  return [
    ...ports(champion).map((column) => ({ column, challenger: null })),
    ...challengers.flatMap(({ columns }, challenger) => ports(columns).map((column) => ({ column, challenger }))),
  ];
}

function columnsRead(log: StoredLog, sql: string): readonly LogColumn[] {
  return alertColumns(log).flatMap(({ column }) => (sql.includes(identifier(column.column)) ? [column] : []));
}

/** A version's rows of a while with these columns; null where it has other ones. */
function rowsOf(log: StoredLog, wanted: readonly LogColumn[], from: number, to: number): string | null {
  const places = alertColumns(log);
  const columns = ["c.row"];
  const joined = new Set<number>();
  for (const { column, type, depth } of wanted) {
    const place = places.find(
      (each) => each.column.column === column && each.column.type === type && each.column.depth === depth,
    );
    if (place === undefined) return null;
    if (place.challenger !== null) joined.add(place.challenger);
    columns.push(`${place.challenger === null ? "c" : `x${place.challenger}`}.${identifier(column)}`);
  }
  const joins = Array.from(
    joined,
    (index) => `LEFT JOIN ${identifier(challengerTable(log.id, index))} x${index} ON x${index}.row = c.row`,
  );
  return `SELECT ${columns.join(", ")} FROM ${identifier(championTable(log.id))} c ${joins.join(" ")} WHERE c.time > make_timestamp_ms(${from}) AND c.time <= make_timestamp_ms(${to})`;
}
