import { StorageError } from "../../dsl/errors.js";
import { prepareFolder } from "./database/data-folder.js";
import { RemoteLog } from "./remote/remote-log.js";
import { openStore } from "./open-store.js";
import type { LogReader, StoreOptions } from "./store.js";

/** An open reader of a data folder and its close function. */
export interface OpenReader {
  readonly reader: LogReader;
  readonly close: () => Promise<void>;
}

/**
 * Opens a data folder for reading; if another process or thread owns it, reads through the socket of that owner.
 *
 * @throws the errors of `openStore`; the reader's methods throw StorageError SL7003 if the owner does not respond
 */
export async function openReader(
  dataFolder: string,
  options: Pick<StoreOptions, "sharedFolder" | "databaseMemory"> = {},
): Promise<OpenReader> {
  const store = await openStore(dataFolder, options).catch((error: unknown) => {
    if (error instanceof StorageError && error.code === "SL7003") return error;
    throw error;
  });
  if (!(store instanceof StorageError)) return { reader: store, close: () => store.close() };
  return {
    reader: new RemoteLog(await prepareFolder(dataFolder, { ...options, readOnly: true }), store),
    close: () => Promise.resolve(),
  };
}

/**
 * Opens a data folder, runs `use` with its reader, and closes it.
 *
 * @throws the errors of `openReader` and of `use`
 * @example const rows = await readStore(".shapeline", (reader) => reader.readLog("fraud", { limit: 20 }));
 */
export async function readStore<T>(
  dataFolder: string,
  use: (reader: LogReader) => Promise<T>,
  options: Pick<StoreOptions, "sharedFolder" | "databaseMemory"> = {},
): Promise<T> {
  const { reader, close } = await openReader(dataFolder, options);
  try {
    return await use(reader);
  } finally {
    await close();
  }
}
