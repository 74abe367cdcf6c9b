import { open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { StorageError } from "../../../dsl/errors.js";
import { makeDirectory } from "./make-directory.js";
import { isSystemError, systemErrorMessage } from "../error-message.js";
import { removeAbandoned, temporaryPath } from "./temporary-file.js";

/** Permissions of files without personal data, before the umask. */
const publicFile = 0o666;

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
 * folders, and deletes temporary files that killed processes left.
 *
 * @param mode permissions of the file; `privateFile` for rows, which may hold personal data
 * @throws StorageError SL7030 if it cannot be written
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  mode: number = publicFile,
): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await makeDirectory(dirname(path));
    await removeAbandoned(dirname(path), (name) => name === basename(path));
    await writeFile(temporary, data, { mode, flag: "wx" });
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
  mode: number = publicFile,
): Promise<void> {
  const temporary = temporaryPath(path);
  const wrapErrors = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw cannotWrite(path, error);
    });
  await wrapErrors(makeDirectory(dirname(path)));
  await removeAbandoned(dirname(path), (name) => name === basename(path));
  const file = await wrapErrors(open(temporary, "wx", mode));
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

/** What to throw after a failed write; errors that no system gave are thrown as they are. */
function cannotWrite(path: string, cause: unknown): Error {
  if (cause instanceof Error && !isSystemError(cause)) return cause;
  return new StorageError(
    "SL7030",
    `'${path}' cannot be written: ${systemErrorMessage(cause)}; choose another place with --out`,
    { path },
    { cause },
  );
}
