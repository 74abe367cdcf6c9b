import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import { WriteBatch } from "./write-batch.js";
import { ChunkWriter } from "./chunk-writer.js";
import { tablesOf, type LogColumn } from "../schema/columns.js";
import { identifier, inTransaction, reasonOf, type DuckDB } from "../duckdb.js";
import { Journal, setAsideDamaged, readJournal, removeJournal } from "./journal.js";
import { columnsDigest, type JournalRows } from "./journal-record.js";
import { championTable, type StoredLog } from "../schema/stored-log.js";

/**
 * The journal of a folder, empty: what it held goes into the database first.
 *
 * @throws StorageError SL7017 where the journal cannot be read or written, or the database does not take its rows
 */
export async function openJournal(duckdb: DuckDB, folder: string, connection: DuckDBConnection): Promise<Journal> {
  try {
    const { rows, last, damaged } = readJournal(folder);
    const strangers = rows.length === 0 ? 0 : await replay(duckdb, connection, rows);
    if (strangers > 0)
      process.emitWarning(
        `${strangers} rows of the journal in '${folder}' are of no pipeline version that the log knows, and are left out`,
        "ShapelineLogWarning",
      );
    damaged.forEach(setAsideDamaged);
    removeJournal(folder);
    return await Journal.open(folder, last);
  } catch (error) {
    throw new StorageError(
      "SL7017",
      `the journal of the log in '${folder}' cannot be read or written: ${reasonOf(error)}; see that the disk has room and that the folder can be written, then open it again`,
      { folder },
      { cause: error },
    );
  }
}

/**
 * Brings rows that a process left in its journal into the database. Those that are there already, for it ended after their
 * commit, are known by their ids.
 *
 * @returns how many rows have no table to go to
 */
async function replay(duckdb: DuckDB, connection: DuckDBConnection, found: readonly JournalRows[]): Promise<number> {
  const logs = (await (await connection.run("SELECT id, layout FROM shapeline_logs")).getRows()).map(
    ([id, layout]) => ({ id: Number(id), layout: JSON.parse(String(layout)) as StoredLog["layout"] }),
  );
  const columnsBy = new Map<string, readonly LogColumn[]>(
    logs.map(({ id, layout }) => [championTable(id), tablesOf(layout).champion]),
  );
  const missing = await inTransaction(connection, async () => {
    let strangers = 0;
    for (const table of new Set(found.map((each) => each.table))) {
      const own = found.filter((each) => each.table === table);
      const columns = columnsBy.get(table);
      const digest = columns === undefined ? null : columnsDigest(columns);
      if (columns === undefined || own.some((each) => each.digest !== digest)) {
        strangers += own.reduce((sum, { rows }) => sum + rows, 0);
        continue;
      }
      await replayTable(duckdb, connection, table, columns, own);
    }
    return strangers;
  });
  return missing;
}

async function replayTable(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  table: string,
  columns: readonly LogColumn[],
  found: readonly JournalRows[],
): Promise<void> {
  const id = columns.findIndex(({ kind }) => kind === "row");
  const firstOf = ({ cells }: JournalRows): bigint => BigInt(cells[id]?.data?.[0] ?? 0);
  const there = await connection.run(
    `SELECT row FROM ${identifier(table)} WHERE row IN (${found.map(firstOf).join()})`,
  );
  const known = new Set((await there.getRows()).map(([row]) => row));
  const batch = new WriteBatch({ table, columns });
  for (const rows of found) if (!known.has(firstOf(rows))) batch.add(rows.cells, rows.rows);
  if (batch.rows === 0) return;
  const appender = await connection.createAppender(table);
  const chunk = new ChunkWriter(duckdb, columns);
  for (const block of batch.chunks) appender.appendDataChunk(chunk.fill(block));
  appender.closeSync();
}
