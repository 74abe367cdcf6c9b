import { existsSync } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { StorageError } from "../../../dsl/errors.js";
import { reasonOf, sqlString, type DuckDB } from "../duckdb.js";

/** A file is rewritten if more than half of it is free, and at least this many bytes. */
const minFreeBytes = 64 * 2 ** 20;

/**
 * Returns the space of deleted rows to the file system: DuckDB itself shrinks a file only if its end is free. The new
 * file replaces the old one once it is complete. Until then, and after a crash, processes that open the log get the old
 * one.
 *
 * @param minFree minimum of free bytes
 * @throws StorageError SL7016 if it fails; the log is then unchanged
 */
export async function compact(
  duckdb: Pick<DuckDB, "DuckDBInstance">,
  file: string,
  minFree = minFreeBytes,
): Promise<void> {
  const temporary = `${file}.compacted`;
  await rm(temporary, { force: true });
  await rm(`${temporary}.wal`, { force: true });
  // A WAL left by a killed process is merged into the file at the next opening; the opening after that compacts.
  if (!existsSync(file) || (await stat(file)).size < minFree || existsSync(`${file}.wal`)) return;
  const instance = await duckdb.DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    // Attaching takes DuckDB's lock, so that no process writes to the old file until it is replaced. If the file is
    // owned by another process or damaged, the opening that follows reports it.
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
    if (Number(free) < minFree || Number(free) < Number(used) || existsSync(`${file}.wal`)) return;
    await connection.run(`ATTACH ${sqlString(temporary)} AS new`);
    await connection.run("COPY FROM DATABASE old TO new");
    await connection.run("DETACH new");
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new StorageError(
      "SL7016",
      `the disk space of deleted rows in '${file}' could not be released: ${reasonOf(error)}; new rows will reuse it`,
      { file },
      { cause: error },
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
