import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { StorageError } from "../../dsl/errors.js";
import { systemReason } from "./system-reason.js";

/**
 * Writes a file whole or not at all: into a temporary one beside it, then renamed. Missing folders are made.
 *
 * @throws StorageError SL7030 where it cannot be written
 */
export async function writeWhole(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, data);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new StorageError("SL7030", `'${path}' cannot be written: ${systemReason(error)}; choose another place with --out`, { path }, { cause: error });
  }
}
