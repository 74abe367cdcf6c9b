import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import { WriteBatch } from "./write-batch.js";
import { ChunkWriter } from "./chunk-writer.js";
import { tableColumns, type LogColumn } from "../schema/columns.js";
import { isProgramFault } from "../../util/error-message.js";
import { numberOf } from "../../util/quantities/counted.js";
import { identifier, inTransaction, reasonOf, type DuckDB } from "../duckdb.js";
import { Journal, setAsideDamaged, readJournal, removeJournal } from "./journal.js";
import { columnsDigest, type JournalRows } from "./journal-record.js";
import { challengerTable, championTable, type StoredLog } from "../schema/stored-log.js";

/**
 * Moves the rows of a folder's journal into the database and opens an empty journal.
 *
 * @throws StorageError SL7017 if the journal cannot be read or written, or its rows cannot be moved
 */
export async function openJournal(duckdb: DuckDB, folder: string, connection: DuckDBConnection): Promise<Journal> {
  try {
    const found = readJournal(folder);
    const { rows, last } = found;
    const skipped = rows.length === 0 ? 0 : await replay(duckdb, connection, rows);
    if (skipped > 0)
      process.emitWarning(
        `${numberOf(skipped, "row")} of the journal in '${folder}' ${skipped === 1 ? "belongs" : "belong"} to no pipeline version in the log and ${skipped === 1 ? "was" : "were"} skipped`,
        "ShapelineLogWarning",
      );
    setAsideDamaged(folder, found);
    removeJournal(folder);
    return await Journal.open(folder, last);
  } catch (error) {
    if (isProgramFault(error)) throw error;
    throw new StorageError(
      "SL7017",
      `the journal of the log in '${folder}' cannot be read or written: ${reasonOf(error)}; make sure the disk has free space and the folder is writable, then open the log again`,
      { folder },
      { cause: error },
    );
  }
}

/**
 * Moves rows that an ended process left in its journal into the database. Rows that are already stored, because the
 * process ended after their commit, are recognized by their ids.
 *
 * @returns the number of rows without a table
 */
async function replay(duckdb: DuckDB, connection: DuckDBConnection, found: readonly JournalRows[]): Promise<number> {
  const logs = (await (await connection.run("SELECT id, layout FROM shapeline_logs")).getRows()).map(
    ([id, layout]) => ({ id: Number(id), layout: JSON.parse(String(layout)) as StoredLog["layout"] }),
  );
  const columnsBy = new Map<string, readonly LogColumn[]>(
    logs.flatMap(({ id, layout }) => {
      const { champion, challengers } = tableColumns(layout);
      return [
        [championTable(id), champion] as const,
        ...challengers.map(({ columns }, i) => [challengerTable(id, i), columns] as const),
      ];
    }),
  );
  return inTransaction(connection, async () => {
    let skipped = 0;
    for (const table of new Set(found.map((each) => each.table))) {
      const tableRows = found.filter((each) => each.table === table);
      const columns = columnsBy.get(table);
      const digest = columns === undefined ? null : columnsDigest(columns);
      if (columns === undefined || tableRows.some((each) => each.digest !== digest)) {
        skipped += tableRows.reduce((sum, { rows }) => sum + rows, 0);
        continue;
      }
      await replayTable(duckdb, connection, table, columns, tableRows);
    }
    return skipped;
  });
}

async function replayTable(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  table: string,
  columns: readonly LogColumn[],
  found: readonly JournalRows[],
): Promise<void> {
  const id = columns.findIndex(({ kind }) => kind === "row");
  const firstRowId = ({ cells }: JournalRows): bigint => BigInt(cells[id]?.data?.[0] ?? 0);
  const stored = await connection.run(
    `SELECT row FROM ${identifier(table)} WHERE row IN (${found.map(firstRowId).join()})`,
  );
  const known = new Set((await stored.getRows()).map(([row]) => row));
  const batch = new WriteBatch({ table, columns });
  for (const rows of found) if (!known.has(firstRowId(rows))) batch.add(rows.cells, rows.rows);
  if (batch.rows === 0) return;
  const appender = await connection.createAppender(table);
  const chunk = new ChunkWriter(duckdb, columns);
  for (const data of batch.chunks) appender.appendDataChunk(chunk.fill(data));
  appender.closeSync();
}
