import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../dsl/errors.js";
import { tablesOf } from "./columns.js";
import type { StoredLog } from "./control.js";
import { identifier, reasonOf } from "./duckdb.js";
import { challengerTable, championTable } from "./tables.js";

/** `pending`: it holds, but not yet for as long as it must. `resolved`: it no longer holds. */
export type AlertState = "pending" | "firing" | "resolved";

/** A state that an alert came to. */
export interface StoredAlert {
  readonly alert: string;
  readonly state: AlertState;
  readonly time: Date;
}

/** A condition over the newest rows of a log. */
export interface AlertWindow {
  /** A boolean expression with aggregates, as the config has it for DuckDB. */
  readonly sql: string;
  readonly overMs: number;
}

/**
 * Whether conditions hold over the rows of one version's log, each over its own last while.
 *
 * @throws StorageError SL7010
 */
export async function holdsOver(connection: DuckDBConnection, { id, layout }: StoredLog, windows: readonly AlertWindow[], now: Date): Promise<boolean[]> {
  const { challengers } = tablesOf(layout);
  const to = now.getTime();
  const answers: boolean[] = [];
  for (const { sql, overMs } of windows) {
    const columns = ["c.*"];
    const joins: string[] = [];
    for (const [index, { name, columns: own }] of challengers.entries()) {
      if (!sql.includes(identifier(`out_${name}.`).slice(0, -1))) continue;
      const table = `x${index}`;
      columns.push(...own.filter(({ kind }) => kind === "out").map(({ column }) => `${table}.${identifier(column)}`));
      joins.push(`LEFT JOIN ${identifier(challengerTable(id, index))} ${table} ON ${table}.row = c.row`);
    }
    const rows = `SELECT ${columns.join(", ")} FROM ${identifier(championTable(id))} c ${joins.join(" ")} WHERE c.time > make_timestamp_ms(${to - overMs}) AND c.time <= make_timestamp_ms(${to})`;
    try {
      const [row] = await (await connection.run(`SELECT ${sql} FROM (${rows})`)).getRows();
      answers.push(row?.[0] === true);
    } catch (error) {
      throw new StorageError("SL7010", `an alert of pipeline '${layout.pipeline}' cannot be evaluated over its log: ${reasonOf(error)}`, { pipeline: layout.pipeline }, { cause: error });
    }
  }
  return answers;
}
