import type { DuckDBInstance } from "@duckdb/node-api";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { StorageError } from "../../../dsl/errors.js";
import { errorMessage } from "../../util/error-message.js";
import { reasonOf, type DuckDB } from "../duckdb.js";
import { databaseFileName, noLogError } from "./data-folder.js";
import { migrate } from "./migrations.js";
import { readServerFile } from "./server-file.js";
import { checkWal, walSize } from "./wal-check.js";

/**
 * No SQL reads or writes a file other than the database's own (with its WAL and the folder it spills to), attaches
 * another database, loads an extension or changes a setting. Exports and files of rows use databases of their own.
 */
const noWayOut = {
  enable_external_access: "false",
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
  allow_community_extensions: "false",
  lock_configuration: "true",
};

/**
 * Opens the database file in a folder, checks its WAL, and migrates it to the newest format.
 *
 * @param memory the most that DuckDB takes, in bytes
 */
export async function openDatabase(
  duckdb: DuckDB,
  folder: string,
  { readOnly, memory }: { readonly readOnly: boolean; readonly memory: number },
): Promise<DuckDBInstance> {
  const file = join(folder, databaseFileName);
  if (readOnly && !existsSync(file)) throw noLogError(folder);
  const options = {
    access_mode: readOnly ? "READ_ONLY" : "READ_WRITE",
    // The cores are needed for inference, and small commits are faster without DuckDB's own threads.
    threads: "1",
    // By default DuckDB caches written data in up to 80 % of the machine's memory. Larger queries spill to disk.
    memory_limit: `${memory}B`,
    ...noWayOut,
  };
  const walBefore = walSize(file);
  const instance = await duckdb.DuckDBInstance.create(file, options).catch((error: unknown) => {
    throw openError(file, error);
  });
  try {
    const connection = await instance.connect();
    try {
      // DuckDB removes a write-ahead log by its path. When it is closed, another log may be in the folder: the session
      // makes the last checkpoint itself.
      await connection.run("PRAGMA disable_checkpoint_on_shutdown");
      await checkWal(connection, file, walBefore, readOnly);
      await migrate(connection, file, readOnly);
    } finally {
      connection.closeSync();
    }
    return instance;
  } catch (error) {
    instance.closeSync();
    throw error instanceof StorageError ? error : openError(file, error);
  }
}

function openError(file: string, error: unknown): StorageError {
  const text = errorMessage(error);
  const options = { cause: error };
  if (/Conflicting lock is held/i.test(text) || /being used by another process/i.test(text)) {
    const pid = /PID (\d+)/.exec(text)?.[1];
    const owner = pid === undefined ? "another process" : `process ${pid}`;
    const server = readServerFile(dirname(file));
    const [held, use] =
      server === null
        ? [owner, "use that process"]
        : [
            `the server at ${server.url} (${owner})`,
            `use it with server({ url: "${server.url}" }) of shapeline/client`,
          ];
    return new StorageError(
      "SL7003",
      `the log '${file}' is held by ${held}; ${use}, stop it, or choose another data folder`,
      { file, ...(pid !== undefined && { pid: Number(pid) }), ...(server !== null && { url: server.url }) },
      options,
    );
  }
  if (/newer version|version number/i.test(text)) {
    return new StorageError(
      "SL7005",
      `the log '${file}' was written by a newer DuckDB; run: npm install @duckdb/node-api@latest`,
      { file },
      options,
    );
  }
  if (/not a valid DuckDB database/i.test(text)) {
    return new StorageError(
      "SL7004",
      `'${file}' is not a DuckDB database; it was not changed; restore it from a copy, move it away together with the files beside it, or choose another data folder`,
      { file },
      options,
    );
  }
  if (/Permission denied|Read-only file system|Cannot open file|Could not set lock/i.test(text)) {
    return new StorageError(
      "SL7001",
      `the log '${file}' cannot be opened for writing: ${reasonOf(error)}; choose another data folder`,
      { file },
      options,
    );
  }
  return new StorageError(
    "SL7006",
    `the log '${file}' cannot be opened: ${reasonOf(error)}; it was not changed; restore it from a copy, or choose another data folder`,
    { file },
    options,
  );
}
