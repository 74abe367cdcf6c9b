import { open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { StorageError } from "../../dsl/errors.js";
import { makeDirectory } from "./make-directory.js";
import { systemErrorMessage } from "./error-message.js";

/**
 * Checks that a file can be written, before any work is done for it. Creates missing folders.
 *
 * @throws StorageError SL7030 if it cannot
 */
export async function checkWritable(path: string): Promise<void> {
  const probe = temporaryPath(path);
  try {
    await makeDirectory(dirname(path));
    await writeFile(probe, "");
    await rm(probe);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * Writes a file completely or not at all: writes a temporary file in the same folder, then renames it. Creates missing
 * folders.
 *
 * @throws StorageError SL7030 if it cannot be written
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await makeDirectory(dirname(path));
    await writeFile(temporary, data);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cannotWrite(path, error);
  }
}

/**
 * Like `writeFileAtomic`, for content that is produced in parts.
 *
 * @param write produces the content; its argument appends bytes to the file
 * @throws StorageError SL7030 if it cannot be written; errors of `write` as they are
 */
export async function writeFileAtomicInParts(
  path: string,
  write: (append: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const temporary = temporaryPath(path);
  const wrapErrors = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw cannotWrite(path, error);
    });
  await wrapErrors(makeDirectory(dirname(path)));
  const file = await wrapErrors(open(temporary, "w"));
  try {
    await write((bytes) => wrapErrors(file.appendFile(bytes)));
    await wrapErrors(file.close());
    await wrapErrors(rename(temporary, path));
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

const temporaryPath = (path: string): string => join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);

const cannotWrite = (path: string, cause: unknown): StorageError =>
  new StorageError(
    "SL7030",
    `'${path}' cannot be written: ${systemErrorMessage(cause)}; choose another place with --out`,
    { path },
    { cause },
  );
