import { existsSync } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { StorageError } from "../../../dsl/errors.js";
import { reasonOf, sqlString, type DuckDB } from "../duckdb.js";

/** A file is written anew where more than half of it holds nothing, and this much at least. */
const minFreeBytes = 64 * 2 ** 20;

/**
 * Gives the space of deleted rows back to the file system: DuckDB itself shortens a file only where its end is free. The new
 * file takes the old one's place when it is whole; whoever else opens the log meanwhile, or after a crash, finds the old one.
 *
 * @param least bytes that must be free
 * @throws StorageError SL7016 where it does not succeed; the log is as it was then
 */
export async function compact(
  duckdb: Pick<DuckDB, "DuckDBInstance">,
  file: string,
  least = minFreeBytes,
): Promise<void> {
  const temporary = `${file}.compacted`;
  await rm(temporary, { force: true });
  await rm(`${temporary}.wal`, { force: true });
  // What a process that was ended left in the WAL goes into the file at the next opening; the one after that compacts.
  if (!existsSync(file) || (await stat(file)).size < least || existsSync(`${file}.wal`)) return;
  const instance = await duckdb.DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    // Reading takes DuckDB's lock: nobody writes to the old file until it is replaced. One that is held, or damaged, is told by its opening.
    if (
      !(await connection.run(`ATTACH ${sqlString(file)} AS old (READ_ONLY)`).then(
        () => true,
        () => false,
      ))
    )
      return;
    const [[used, free] = []] = await (
      await connection.run(
        "SELECT block_size * used_blocks, block_size * free_blocks FROM pragma_database_size() WHERE database_name = 'old'",
      )
    ).getRows();
    if (Number(free) < least || Number(free) < Number(used) || existsSync(`${file}.wal`)) return;
    await connection.run(`ATTACH ${sqlString(temporary)} AS new`);
    await connection.run("COPY FROM DATABASE old TO new");
    await connection.run("DETACH new");
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new StorageError(
      "SL7016",
      `the space of deleted rows could not be given back from '${file}': ${reasonOf(error)}; new rows will go there`,
      { file },
      { cause: error },
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
