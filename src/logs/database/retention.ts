import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlTimestamp } from "../schema/where.js";
import type { Retention, SweepResult } from "../store.js";
import { identifier, inTransaction } from "../duckdb.js";
import { challengerTable, championTable, type StoredLog } from "../schema/stored-log.js";

/** Where rows go for the size's sake, this much of it is filled again before the next ones have to. */
const refillShare = 0.9;
const rounds = 4;

/**
 * Deletes what the bounds no longer cover, oldest first, and gives the space back to the database. To be called while nobody else writes.
 *
 * @param prepareRewrite called before a table is written anew: appenders to it must be let go
 */
export async function sweep(
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  { age, size }: Retention,
  now: number,
  prepareRewrite: () => void,
): Promise<SweepResult> {
  let rows = 0;
  if (age !== undefined) {
    rows += await deleteBefore(connection, logs, now - age);
    if (rows > 0) {
      await connection.run("CHECKPOINT");
      // What is written anew is less than what was deleted.
      await rewriteTables(connection, logs, ({ rows: living, dead }) => dead > living, prepareRewrite);
    }
  }
  let space = await diskUsage(connection);
  for (let round = 0; size !== undefined && space.used > size && round < rounds; round++) {
    if (space.wal > 0) await connection.run("CHECKPOINT");
    const before = await countRows(connection, logs);
    const living = (await diskUsage(connection)).used * (before.rows / Math.max(before.rows + before.dead, 1));
    if (living > size) {
      const cut = await timeAtQuantile(connection, logs, 1 - (refillShare * size) / living);
      if (cut !== null) rows += await deleteBefore(connection, logs, cut);
      await connection.run("CHECKPOINT");
      space = await diskUsage(connection);
      if (space.used <= size) break;
    }
    await rewriteTables(connection, logs, ({ dead }) => dead > 0, prepareRewrite);
    space = await diskUsage(connection);
  }
  return { rows, used: space.used, free: space.free };
}

/** A challenger's rows go with their champion's. */
async function deleteBefore(connection: DuckDBConnection, logs: readonly StoredLog[], time: number): Promise<number> {
  let deleted = 0;
  for (const { id, layout } of logs) {
    const champion = identifier(championTable(id));
    deleted += await inTransaction(connection, async () => {
      const old = `time < ${sqlTimestamp(time)}`;
      const [[last] = []] = await (await connection.run(`SELECT max(row) FROM ${champion} WHERE ${old}`)).getRows();
      if (typeof last !== "bigint") return 0;
      const gone = (await connection.run(`DELETE FROM ${champion} WHERE ${old}`)).rowsChanged;
      for (const index of layout.challengers.keys()) {
        await connection.run(
          `DELETE FROM ${identifier(challengerTable(id, index))} WHERE row <= ${last} AND row NOT IN (SELECT row FROM ${champion} WHERE row <= ${last})`,
        );
      }
      return gone;
    });
  }
  return deleted;
}

/** The time that a share of all rows is older than; null where there are none. */
async function timeAtQuantile(
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  share: number,
): Promise<number | null> {
  const each = logs.map(({ id }) => `SELECT epoch_ms(time) AS ms FROM ${identifier(championTable(id))}`);
  const [[ms] = []] = await (
    await connection.run(`SELECT quantile_disc(ms, ${share}) FROM (${each.join(" UNION ALL ")})`)
  ).getRows();
  // The row at the share itself goes too, or rows of one time would never go.
  return typeof ms === "bigint" ? Number(ms) + 1 : null;
}

interface RowCounts {
  readonly rows: number;
  /** Rows that are deleted and still take space: DuckDB gives back whole groups of rows only. */
  readonly dead: number;
}

async function countRows(connection: DuckDBConnection, logs: readonly StoredLog[]): Promise<RowCounts> {
  let [rows, stored] = [0, 0];
  for (const table of tablesOf(logs)) {
    const sql = `SELECT (SELECT count(*) FROM ${identifier(table)}), (SELECT coalesce(sum(count), 0) FROM pragma_storage_info('${table}') WHERE column_name = 'row' AND segment_type <> 'VALIDITY')`;
    const [[live, all] = []] = await (await connection.run(sql)).getRows();
    rows += Number(live);
    stored += Math.max(Number(all), Number(live));
  }
  return { rows, dead: stored - rows };
}

/** Writes the tables of some logs anew, without the deleted rows. */
async function rewriteTables(
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  worth: (fill: RowCounts) => boolean,
  prepare: () => void,
): Promise<void> {
  for (const log of logs) {
    if (!worth(await countRows(connection, [log]))) continue;
    prepare();
    await inTransaction(connection, async () => {
      for (const table of tablesOf([log])) {
        await connection.run(`ALTER TABLE ${identifier(table)} RENAME TO ${identifier(`${table}_old`)}`);
        await connection.run(`CREATE TABLE ${identifier(table)} AS FROM ${identifier(`${table}_old`)} ORDER BY row`);
        await connection.run(`DROP TABLE ${identifier(`${table}_old`)}`);
      }
    });
    await connection.run("CHECKPOINT");
  }
}

function tablesOf(logs: readonly StoredLog[]): string[] {
  return logs.flatMap(({ id, layout }) => [
    championTable(id),
    ...layout.challengers.map((_, index) => challengerTable(id, index)),
  ]);
}

export interface DiskUsage {
  readonly used: number;
  readonly free: number;
  readonly wal: number;
}

export async function diskUsage(connection: DuckDBConnection): Promise<DiskUsage> {
  const sql =
    "SELECT block_size * used_blocks, block_size * free_blocks, coalesce(try_cast(split_part(wal_size, ' ', 1) AS DOUBLE), 0) FROM pragma_database_size()";
  const [[used, free, wal] = []] = await (await connection.run(sql)).getRows();
  return { used: Number(used), free: Number(free), wal: Number(wal) };
}
