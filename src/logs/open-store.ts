import { stat } from "node:fs/promises";
import { join } from "node:path";
import { StorageError } from "../../dsl/errors.js";
import { compact } from "./database/compact.js";
import { databaseFileName, prepareFolder } from "./database/data-folder.js";
import { OwnerSocket } from "./remote/owner-socket.js";
import { loadDuckDB, type DuckDB } from "./duckdb.js";
import { DuckDBStore } from "./database/duckdb-store.js";
import { SharedDatabase } from "./database/shared-database.js";
import type { Store, StoreOptions } from "./store.js";

interface Entry {
  readonly database: SharedDatabase;
  holders: number;
}

/**
 * Open databases by real path, for every copy of this module in the process: DuckDB's lock keeps other processes out, but
 * not a second opening in the same one, which would damage the file.
 */
const registryKey = Symbol.for("shapeline.open-databases");
const registry = ((globalThis as { [registryKey]?: Registry })[registryKey] ??= {
  entries: new Map(),
  turns: new Map(),
});

interface Registry {
  readonly entries: Map<string, Entry>;
  /** Opening and closing one path happen one after the other. */
  readonly turns: Map<string, Promise<unknown>>;
}

/**
 * Opens the log and control state of a data folder, `<dataFolder>/shapeline.duckdb`; makes both where they are missing.
 * One process holds a folder at a time; within it all openings share one database.
 *
 * @throws TargetError SL6020 without @duckdb/node-api
 * @throws StorageError SL7001 the folder cannot be made or written, SL7002 nothing there to read, SL7003 held by another
 * process or thread, SL7004 not a log, SL7005 a newer format, SL7006 damaged, SL7008 open for reading only
 * @example const store = await openStore(".shapeline"); const { version } = await store.saveVersion({ … });
 */
export async function openStore(dataFolder: string, options: StoreOptions = {}): Promise<Store> {
  const duckdb = await loadDuckDB();
  const readOnly = options.readOnly === true;
  const folder = await prepareFolder(dataFolder, readOnly);
  const key = await folderIdentity(folder);
  return serialized(key, async () => {
    const found = registry.entries.get(key);
    if (found !== undefined && found.database.readOnly && !readOnly) {
      throw new StorageError(
        "SL7008",
        `this process has '${join(folder, databaseFileName)}' open for reading only; close that first`,
        { folder },
      );
    }
    const onError = options.onError ?? warn;
    const entry = found ?? {
      database: readOnly
        ? await SharedDatabase.open(duckdb, folder, null)
        : await openForWriting(duckdb, folder, options.retention === undefined ? null : onError),
      holders: 0,
    };
    registry.entries.set(key, entry);
    entry.holders += 1;
    if (options.retention !== undefined && !readOnly) entry.database.startRetention(options.retention, onError);
    return new DuckDBStore(entry.database, readOnly, onError, () => release(key, entry));
  });
}

/** Opens a folder for writing; where its old rows are deleted, what they took is given back first, and `onError` is told if that fails. */
async function openForWriting(
  duckdb: DuckDB,
  folder: string,
  onError: ((error: StorageError) => void) | null,
): Promise<SharedDatabase> {
  const file = join(folder, databaseFileName);
  const door = await OwnerSocket.acquire(folder, file);
  try {
    if (onError !== null) await compact(duckdb, file).catch(onError);
    return await SharedDatabase.open(duckdb, folder, door);
  } catch (error) {
    door.close();
    throw error;
  }
}

function release(key: string, entry: Entry): Promise<void> {
  return serialized(key, async () => {
    entry.holders -= 1;
    if (entry.holders > 0) return;
    registry.entries.delete(key);
    await entry.database.close();
  });
}

function serialized<T>(key: string, work: () => Promise<T>): Promise<T> {
  const turn = (registry.turns.get(key) ?? Promise.resolve()).then(work);
  const settled = turn.then(
    () => undefined,
    () => undefined,
  );
  registry.turns.set(key, settled);
  return turn;
}

/** The folder's device and inode: links and mounts may give one folder several real paths. */
async function folderIdentity(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return ino === 0n ? folder : `${dev}:${ino}`;
}

function warn(error: StorageError): void {
  process.emitWarning(error.message, { type: "ShapelineLogWarning", code: error.code });
}
