import { stat } from "node:fs/promises";
import { join } from "node:path";
import { StorageError } from "../../dsl/errors.js";
import { compact } from "./database/compact.js";
import { databaseFileName, prepareFolder } from "./database/data-folder.js";
import { OwnerSocket } from "./remote/owner-socket.js";
import { defaultDatabaseMemory, loadDuckDB, type DuckDB } from "./duckdb.js";
import type { DatabaseOptions } from "./database/database-session.js";
import { DuckDBStore } from "./database/duckdb-store.js";
import { SharedDatabase } from "./database/shared-database.js";
import type { Store, StoreOptions } from "./store.js";

interface Entry {
  readonly database: SharedDatabase;
  /** Open stores. */
  holders: number;
}

/**
 * Open databases by folder identity, shared by all copies of this module in the process. DuckDB's lock keeps other
 * processes out, but not a second instance in the same process, which would damage the file.
 */
const registryKey = Symbol.for("shapeline.open-databases");
const registry = ((globalThis as { [registryKey]?: Registry })[registryKey] ??= {
  entries: new Map(),
  queues: new Map(),
});

interface Registry {
  readonly entries: Map<string, Entry>;
  /** Serializes opening and closing of each folder. */
  readonly queues: Map<string, Promise<unknown>>;
}

/**
 * Opens the log and control state of a data folder, `<dataFolder>/shapeline.duckdb`; creates both if missing.
 * One thread of one process owns a folder at a time; all stores of that thread share one database.
 *
 * @throws TargetError SL6020 if @duckdb/node-api is missing
 * @throws StorageError SL7001 the folder cannot be created or written, SL7002 no log to read, SL7003 owned by another
 * process or thread, SL7021 of another user, SL7004 not a log, SL7005 a newer format, SL7006 damaged, SL7008 open for
 * reading only
 * @example const store = await openStore(".shapeline"); const { version } = await store.saveVersion({ … });
 */
export async function openStore(dataFolder: string, options: StoreOptions = {}): Promise<Store> {
  const duckdb = loadDuckDB();
  const readOnly = options.readOnly === true;
  const shared = options.sharedFolder === true;
  const database: DatabaseOptions = { shared, memory: options.databaseMemory ?? defaultDatabaseMemory };
  const folder = await prepareFolder(dataFolder, { readOnly, sharedFolder: shared });
  const key = await folderIdentity(folder);
  return runInOrder(key, async () => {
    const found = registry.entries.get(key);
    if (found !== undefined && found.database.readOnly && !readOnly) {
      throw new StorageError(
        "SL7008",
        `this process has '${join(folder, databaseFileName)}' open for reading only; close that store first`,
        { folder },
      );
    }
    const onError = options.onError ?? warn;
    const entry = found ?? {
      database: readOnly
        ? await SharedDatabase.open(duckdb, folder, null, database)
        : await openForWriting(duckdb, folder, database, options.retention === undefined ? null : onError),
      holders: 0,
    };
    registry.entries.set(key, entry);
    entry.holders += 1;
    if (options.retention !== undefined && !readOnly) entry.database.startRetention(options.retention, onError);
    return new DuckDBStore(entry.database, readOnly, onError, () => release(key, entry));
  });
}

/**
 * Opens a folder for writing.
 *
 * @param onCompactError null if no retention is set; otherwise the file is compacted first and this reports a failure
 */
async function openForWriting(
  duckdb: DuckDB,
  folder: string,
  options: DatabaseOptions,
  onCompactError: ((error: StorageError) => void) | null,
): Promise<SharedDatabase> {
  const file = join(folder, databaseFileName);
  const socket = await OwnerSocket.acquire(folder, file);
  try {
    if (onCompactError !== null) await compact(duckdb, file).catch(onCompactError);
    return await SharedDatabase.open(duckdb, folder, socket, options);
  } catch (error) {
    socket.close();
    throw error;
  }
}

function release(key: string, entry: Entry): Promise<void> {
  return runInOrder(key, async () => {
    entry.holders -= 1;
    if (entry.holders > 0) return;
    registry.entries.delete(key);
    await entry.database.close();
  });
}

function runInOrder<T>(key: string, work: () => Promise<T>): Promise<T> {
  const run = (registry.queues.get(key) ?? Promise.resolve()).then(work);
  const settled = run.then(
    () => undefined,
    () => undefined,
  );
  registry.queues.set(key, settled);
  return run;
}

/** The folder's device and inode: with links and mounts, one folder may have several real paths. */
async function folderIdentity(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return ino === 0n ? folder : `${dev}:${ino}`;
}

function warn(error: StorageError): void {
  process.emitWarning(error.message, { type: "ShapelineLogWarning", code: error.code });
}
