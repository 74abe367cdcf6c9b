import { StorageError } from "../../dsl/errors.js";
import { prepareFolder } from "./database/data-folder.js";
import { RemoteLog } from "./remote/remote-log.js";
import { openStore } from "./open-store.js";
import type { LogReader } from "./store.js";

/** A data folder that is open for reading. */
export interface OpenReader {
  readonly reader: LogReader;
  readonly close: () => Promise<void>;
}

/**
 * Opens a data folder for reading; where another process holds it, by asking that process.
 *
 * @throws what `openStore` throws; what is asked of the reader StorageError SL7003 where the other process does not answer
 */
export async function openReader(dataFolder: string): Promise<OpenReader> {
  const store = await openStore(dataFolder).catch((error: unknown) => {
    if (error instanceof StorageError && error.code === "SL7003") return error;
    throw error;
  });
  if (!(store instanceof StorageError)) return { reader: store, close: () => store.close() };
  return { reader: new RemoteLog(await prepareFolder(dataFolder, true), store), close: () => Promise.resolve() };
}

/**
 * Opens a data folder for one piece of reading.
 *
 * @throws what `openReader` throws
 * @example const rows = await readStore(".shapeline", (reader) => reader.readLog("fraud", { limit: 20 }));
 */
export async function readStore<T>(dataFolder: string, use: (reader: LogReader) => Promise<T>): Promise<T> {
  const { reader, close } = await openReader(dataFolder);
  try {
    return await use(reader);
  } finally {
    await close();
  }
}
