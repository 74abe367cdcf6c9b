import { lstatSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { privateFile } from "../../util/files/make-directory.js";
import { writeFileAtomic } from "../../util/files/write-file-atomic.js";
import { isRecord } from "../../util/objects.js";
import { prepareFolder } from "./data-folder.js";

/** Begins as all files of a log do, so that the folder stays closed to other users. */
const serverFileName = "shapeline.server.json";
const maxBytes = 10_000;

/** The server that holds a data folder, for commands of the same user. */
export interface FolderServer {
  readonly url: string;
  readonly pid: number;
  /** Allows everything. Made anew at each start. */
  readonly token: string;
}

/**
 * Says in a data folder that a server holds it. Creates the folder if it is missing.
 *
 * @throws StorageError SL7001, SL7021, SL7030
 */
export async function writeServerFile(
  folder: string,
  server: FolderServer,
  options: { readonly sharedFolder?: boolean } = {},
): Promise<void> {
  const path = join(await prepareFolder(folder, options), serverFileName);
  await writeFileAtomic(path, `${JSON.stringify(server)}\n`, privateFile);
}

/** Removes what this process has written there. */
export function removeServerFile(folder: string): void {
  if (readServerFile(folder)?.pid === process.pid) rmSync(join(folder, serverFileName), { force: true });
}

/**
 * The server that holds a data folder; null if there is none, or none of this user that still runs. A file that others
 * can write is not believed: it could send rows elsewhere.
 */
export function readServerFile(folder: string): FolderServer | null {
  const path = join(folder, serverFileName);
  try {
    const { uid, mode, size } = lstatSync(path);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o077) !== 0)) return null;
    if (size > maxBytes) return null;
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!isRecord(value)) return null;
    const { url, pid, token } = value;
    if (typeof url !== "string" || !URL.canParse(url) || typeof token !== "string" || !Number.isSafeInteger(pid))
      return null;
    return isRunning(pid as number) ? { url, pid: pid as number, token } : null;
  } catch {
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
