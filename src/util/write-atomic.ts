import { open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { StorageError } from "../../dsl/errors.js";
import { makeFolder } from "./make-directory.js";
import { systemReason } from "./system-error.js";

/**
 * Finds out before any work is done whether a file can be written.
 *
 * @throws StorageError SL7030 where it cannot
 */
export async function checkWritable(path: string): Promise<void> {
  const probe = temporaryFor(path);
  try {
    await makeFolder(dirname(path));
    await writeFile(probe, "");
    await rm(probe);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * Writes a file whole or not at all: into a temporary one beside it, then renamed. Missing folders are made.
 *
 * @throws StorageError SL7030 where it cannot be written
 */
export async function writeWhole(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = temporaryFor(path);
  try {
    await makeFolder(dirname(path));
    await writeFile(temporary, data);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(path, error);
  }
}

/**
 * The same for what comes in parts.
 *
 * @param write is given what adds bytes to the file
 * @throws StorageError SL7030 where it cannot be written, and what `write` throws
 */
export async function writeWholeInParts(
  path: string,
  write: (put: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const temporary = temporaryFor(path);
  const told = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw unwritable(path, error);
    });
  await told(makeFolder(dirname(path)));
  const file = await told(open(temporary, "w"));
  try {
    await write((bytes) => told(file.appendFile(bytes)));
    await told(file.close());
    await told(rename(temporary, path));
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

const temporaryFor = (path: string): string => join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);

const unwritable = (path: string, cause: unknown): StorageError =>
  new StorageError(
    "SL7030",
    `'${path}' cannot be written: ${systemReason(cause)}; choose another place with --out`,
    { path },
    { cause },
  );
