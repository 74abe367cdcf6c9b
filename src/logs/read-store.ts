import { StorageError } from "../../dsl/errors.js";
import { prepareFolder } from "./database.js";
import { HeldLog } from "./held-log.js";
import { openStore } from "./open-store.js";
import type { LogReader } from "./store.js";

/**
 * Reads a data folder; where another process holds it, by asking that process.
 *
 * @throws what `openStore` throws, StorageError SL7003 where the other process does not answer
 * @example const rows = await readStore(".shapeline", (reader) => reader.readLog("fraud", { limit: 20 }));
 */
export async function readStore<T>(dataFolder: string, use: (reader: LogReader) => Promise<T>): Promise<T> {
  const store = await openStore(dataFolder).catch((error: unknown) => {
    if (error instanceof StorageError && error.code === "SL7003") return error;
    throw error;
  });
  if (store instanceof StorageError) return use(new HeldLog(await prepareFolder(dataFolder, true), store));
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
