import { chmodSync, lstatSync, readdirSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { StorageError } from "../../../dsl/errors.js";
import { ignoreFile, ignoreInGit, makeDirectory, privateFile, privateFolder } from "../../util/files/make-directory.js";
import { errorSummary, systemErrorMessage } from "../../util/error-message.js";

export const databaseFileName = "shapeline.duckdb";
/** The names of all files of a log begin with it. */
const filePrefix = "shapeline.";
/** The name of the data folder beside package.json, unless another one is named. */
const defaultDataFolder = ".shapeline";
/** `shapeline compile` keeps its cache in the default data folder. */
const compileCache = "cache";

export interface FolderOptions {
  /** Do not create the folder. */
  readonly readOnly?: boolean;
  /** The folder may belong to another user, and its permissions and those of its files stay as they are. */
  readonly sharedFolder?: boolean;
}

/**
 * Creates the folder if it is missing, closes it to other users, and returns its real path.
 *
 * @throws StorageError SL7001 it cannot be created, SL7002 it does not exist, SL7021 it belongs to another user
 */
export async function prepareFolder(folder: string, options: FolderOptions = {}): Promise<string> {
  const real = await realFolder(folder, options.readOnly === true);
  if (options.sharedFolder === true || process.getuid === undefined) return real;
  const { uid, mode } = await stat(real);
  if (uid !== process.getuid())
    throw new StorageError(
      "SL7021",
      `the data folder '${folder}' belongs to another user (uid ${uid}; this process runs as ${process.getuid()}), who could read and change the log; use a folder of your own, or allow it with local({ sharedFolder: true })`,
      { folder, uid },
    );
  if ((mode & 0o077) !== 0) closeFolder(real, mode);
  protectFiles(real);
  return real;
}

async function realFolder(folder: string, readOnly: boolean): Promise<string> {
  try {
    if (!readOnly) await makeDirectory(folder, privateFolder);
    // The folder of a project. A folder that the user named elsewhere gets no other files than the log's.
    if (!readOnly && basename(folder) === defaultDataFolder) await ignoreInGit(folder);
    return await realpath(folder);
  } catch (error) {
    if (readOnly) throw noLogError(folder, error);
    throw new StorageError(
      "SL7001",
      `the data folder '${folder}' cannot be created: ${systemErrorMessage(error)}; choose another folder`,
      { folder },
      { cause: error },
    );
  }
}

export function noLogError(folder: string, cause?: unknown): StorageError {
  return new StorageError(
    "SL7002",
    `there is no log in '${folder}'; deploy a pipeline there first, or name the folder it was deployed to`,
    { folder },
    { cause },
  );
}

/** Folders about which a warning was printed: they are opened again and again. */
const warned = new Set<string>();

/** Closes a folder to other users, unless it holds other things than a log: others may need those. */
function closeFolder(folder: string, mode: number): void {
  try {
    if (
      readdirSync(folder).every((name) => name.startsWith(filePrefix) || name === compileCache || name === ignoreFile)
    )
      return chmodSync(folder, mode & privateFolder);
    warnOnce(folder, "it also holds files that are not the log's");
  } catch (error) {
    warnOnce(folder, systemErrorMessage(error));
  }
}

/**
 * Closes the files of a log to other users, whatever the umask is. DuckDB creates files while it runs, so this is
 * called again; until then the folder's permissions protect them.
 */
export function protectFiles(folder: string): void {
  if (process.getuid === undefined) return;
  try {
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(filePrefix)) continue;
      const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
      if (found?.isFile() === true && (found.mode & 0o077) !== 0 && found.uid === process.getuid())
        chmodSync(join(folder, name), found.mode & privateFile);
    }
  } catch (error) {
    // DuckDB removes files, too.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") warnOnce(folder, errorSummary(error));
  }
}

function warnOnce(folder: string, reason: string): void {
  if (warned.has(folder)) return;
  warned.add(folder);
  process.emitWarning(
    `other users of this machine can enter the data folder '${folder}', and its permissions were not changed: ${reason}; run chmod 700 on it, or use a folder of its own for the log`,
    "ShapelineLogWarning",
  );
}
