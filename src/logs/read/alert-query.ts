import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import { holdsValues, tableColumns, type LogColumn } from "../schema/columns.js";
import type { AlertValues, MeasuredAlert } from "../pipeline-log.js";
import { identifier, reasonOf } from "../duckdb.js";
import { logsWithRows } from "./read-pages.js";
import { challengerTable, championTable, type StoredLog } from "../schema/stored-log.js";

/**
 * Evaluates alert conditions and their aggregates over a pipeline's rows, each over its own window before `now`. Rows
 * of earlier versions count if they have the columns that a condition reads: a new version has no rows yet, and
 * deploying it must not resolve an alert.
 *
 * @param current the log of the version with these alerts
 * @param all all logs of the pipeline
 * @throws StorageError SL7010
 */
export async function measureAlerts(
  connection: DuckDBConnection,
  current: StoredLog,
  all: readonly StoredLog[],
  alerts: readonly MeasuredAlert[],
  now: Date,
): Promise<AlertValues[]> {
  const { pipeline } = current.layout;
  const longest = Math.max(0, ...alerts.map(({ overMs }) => overMs));
  const recent = await logsWithRows(
    connection,
    all.filter(({ id }) => id !== current.id),
    { start: new Date(now.getTime() - longest), end: now },
  );
  const results: AlertValues[] = [];
  for (const { sql, overMs, aggregates } of alerts) {
    const columns = columnsRead(current, sql);
    const parts = [current, ...recent].flatMap(
      (log) => selectRows(log, columns, now.getTime() - overMs, now.getTime()) ?? [],
    );
    try {
      const wanted = [sql, ...aggregates].join(", ");
      const rows = await (await connection.run(`SELECT ${wanted} FROM (${parts.join(" UNION ALL ")})`)).getRows();
      const [holds, ...values] = rows[0] ?? [];
      results.push({ holds: holds === true, aggregates: values.map(Number) });
    } catch (error) {
      throw new StorageError(
        "SL7010",
        `an alert of pipeline '${pipeline}' cannot be evaluated over its log: ${reasonOf(error)}`,
        { pipeline },
        { cause: error },
      );
    }
  }
  return results;
}

/** A column of a version's log and the challenger whose table has it; null for the champion's table. */
interface AlertColumn {
  readonly column: LogColumn;
  readonly challenger: number | null;
}

function alertColumns({ layout }: StoredLog): AlertColumn[] {
  const { champion, challengers } = tableColumns(layout);
  const ports = (columns: readonly LogColumn[]) => columns.filter(holdsValues);
  return [
    ...ports(champion).map((column) => ({ column, challenger: null })),
    ...challengers.flatMap(({ columns }, challenger) => ports(columns).map((column) => ({ column, challenger }))),
  ];
}

function columnsRead(log: StoredLog, sql: string): readonly LogColumn[] {
  return alertColumns(log).flatMap(({ column }) => (sql.includes(identifier(column.column)) ? [column] : []));
}

/** SQL that selects these columns of a version's rows in a time window; null if the version lacks one of them. */
function selectRows(log: StoredLog, wanted: readonly LogColumn[], from: number, to: number): string | null {
  const available = alertColumns(log);
  const columns = ["c.row"];
  const joined = new Set<number>();
  for (const { column, type, depth } of wanted) {
    const found = available.find(
      (each) => each.column.column === column && each.column.type === type && each.column.depth === depth,
    );
    if (found === undefined) return null;
    if (found.challenger !== null) joined.add(found.challenger);
    columns.push(`${found.challenger === null ? "c" : `x${found.challenger}`}.${identifier(column)}`);
  }
  const joins = Array.from(
    joined,
    (index) => `LEFT JOIN ${identifier(challengerTable(log.id, index))} x${index} ON x${index}.row = c.row`,
  );
  return `SELECT ${columns.join(", ")} FROM ${identifier(championTable(log.id))} c ${joins.join(" ")} WHERE c.time > make_timestamp_ms(${from}) AND c.time <= make_timestamp_ms(${to})`;
}
