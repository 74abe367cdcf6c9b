import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlTimestamp } from "../schema/where.js";
import type { Retention, SweepResult } from "../store.js";
import { identifier, inTransaction } from "../duckdb.js";
import { challengerTable, championTable, tableNames, type StoredLog } from "../schema/stored-log.js";

/**
 * When rows are deleted because of `size`, the log shrinks to this share of it, so that not every sweep has to delete
 * rows.
 */
const refillShare = 0.9;
const maxRounds = 4;

/**
 * Deletes the rows beyond the limits, oldest first, and frees their space in the database. Call it while nothing else
 * writes.
 *
 * @param assertInPlace called before a checkpoint: it throws if the database's files were replaced
 * @param prepareRewrite called before a table is rewritten: it must close all appenders to that table
 */
export async function sweep(
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  { age, size }: Retention,
  now: number,
  assertInPlace: () => void,
  prepareRewrite: () => void,
): Promise<SweepResult> {
  const checkpoint = async () => {
    assertInPlace();
    await connection.run("CHECKPOINT");
  };
  let rows = 0;
  if (age !== undefined) {
    rows += await deleteBefore(connection, logs, now - age);
    if (rows > 0) {
      await checkpoint();
      // Rewrite only tables with more deleted than live rows.
      await rewriteTables(connection, logs, ({ rows: live, deleted }) => deleted > live, prepareRewrite, checkpoint);
    }
  }
  let space = await diskUsage(connection);
  for (let round = 0; size !== undefined && space.used > size && round < maxRounds; round++) {
    if (space.wal > 0) await checkpoint();
    const before = await countRows(connection, logs);
    const liveBytes = (await diskUsage(connection)).used * (before.rows / Math.max(before.rows + before.deleted, 1));
    if (liveBytes > size) {
      const cutoff = await timeAtQuantile(connection, logs, 1 - (refillShare * size) / liveBytes);
      if (cutoff !== null) rows += await deleteBefore(connection, logs, cutoff);
      await checkpoint();
      space = await diskUsage(connection);
      if (space.used <= size) break;
    }
    await rewriteTables(connection, logs, ({ deleted }) => deleted > 0, prepareRewrite, checkpoint);
    space = await diskUsage(connection);
  }
  return { rows, used: space.used, free: space.free };
}

/** Deletes rows older than `time`, with the rows of their challengers. Returns the number of deleted champion rows. */
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

/** The time before which a share of all rows was logged; null without rows. */
async function timeAtQuantile(
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  share: number,
): Promise<number | null> {
  const each = logs.map(({ id }) => `SELECT epoch_ms(time) AS ms FROM ${identifier(championTable(id))}`);
  const [[ms] = []] = await (
    await connection.run(`SELECT quantile_disc(ms, ${share}) FROM (${each.join(" UNION ALL ")})`)
  ).getRows();
  // Include the row at the quantile itself: otherwise rows with the same time would never be deleted.
  return typeof ms === "bigint" ? Number(ms) + 1 : null;
}

interface RowCounts {
  readonly rows: number;
  /** Deleted rows that still take space: DuckDB frees only whole row groups. */
  readonly deleted: number;
}

async function countRows(connection: DuckDBConnection, logs: readonly StoredLog[]): Promise<RowCounts> {
  let [rows, stored] = [0, 0];
  for (const table of logs.flatMap(tableNames)) {
    const sql = `SELECT (SELECT count(*) FROM ${identifier(table)}), (SELECT coalesce(sum(count), 0) FROM pragma_storage_info('${table}') WHERE column_name = 'row' AND segment_type <> 'VALIDITY')`;
    const [[live, all] = []] = await (await connection.run(sql)).getRows();
    rows += Number(live);
    stored += Math.max(Number(all), Number(live));
  }
  return { rows, deleted: stored - rows };
}

/** Rewrites the tables of the logs that `worth` selects, without the deleted rows. */
async function rewriteTables(
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  worth: (fill: RowCounts) => boolean,
  prepare: () => void,
  checkpoint: () => Promise<void>,
): Promise<void> {
  for (const log of logs) {
    if (!worth(await countRows(connection, [log]))) continue;
    prepare();
    await inTransaction(connection, async () => {
      for (const table of tableNames(log)) {
        await connection.run(`ALTER TABLE ${identifier(table)} RENAME TO ${identifier(`${table}_old`)}`);
        await connection.run(`CREATE TABLE ${identifier(table)} AS FROM ${identifier(`${table}_old`)} ORDER BY row`);
        await connection.run(`DROP TABLE ${identifier(`${table}_old`)}`);
      }
    });
    await checkpoint();
  }
}

interface DiskUsage {
  /** Bytes of the file that hold data. */
  readonly used: number;
  readonly free: number;
  /** Size of the write-ahead log. */
  readonly wal: number;
}

async function diskUsage(connection: DuckDBConnection): Promise<DiskUsage> {
  const sql =
    "SELECT block_size * used_blocks, block_size * free_blocks, coalesce(try_cast(split_part(wal_size, ' ', 1) AS DOUBLE), 0) FROM pragma_database_size()";
  const [[used, free, wal] = []] = await (await connection.run(sql)).getRows();
  return { used: Number(used), free: Number(free), wal: Number(wal) };
}
