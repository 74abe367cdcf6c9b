import { openStore } from "../../logs/open-store.js";
import type { Store } from "../../logs/store.js";

/** Opens a data folder for one piece of work; those who hold it already share it. */
export async function withStore<T>(data: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(data);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
