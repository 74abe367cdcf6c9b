import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { errorSummary } from "../../util/error-message.js";

/** Operating systems limit the length of a socket's path; 103 bytes fit on all of them. */
const maxPathBytes = 103;

/** Where the owner of a data folder listens. */
export interface SocketPlace {
  readonly path: string | null;
  /** Why it is not the usual place; null if it is. */
  readonly warning: string | null;
}

/**
 * The place of a data folder's socket: a private folder of this user in the system's folder for temporary files, so
 * that a data folder has only files and can be copied. The name is made of the folder's device and inode: all paths to
 * the folder lead to one socket.
 *
 * Another user may have made a folder of that name to catch our requests: it is used only if it is ours and closed to
 * others. Otherwise the socket is in the data folder, if that is ours and closed.
 */
export function socketPlace(folder: string): SocketPlace {
  if (process.platform === "win32")
    return { path: `\\\\.\\pipe\\shapeline${folder.replaceAll(/[\\/:]/g, "-").toLowerCase()}`, warning: null };
  const { dev, ino } = statSync(folder, { bigint: true });
  const name = `${createHash("sha256").update(`${dev}:${ino}`).digest("hex").slice(0, 20)}.sock`;
  const uid = process.getuid?.() ?? 0;
  const home = [tmpdir(), "/tmp"]
    .map((base) => join(base, `shapeline-${uid}`))
    .find((each) => Buffer.byteLength(join(each, name)) <= maxPathBytes);
  const problem = home === undefined ? "its path is too long for a socket" : privateFolderProblem(home, uid);
  if (home !== undefined && problem === null) return { path: join(home, name), warning: null };
  const beside = join(folder, "shapeline.sock");
  const usable = Buffer.byteLength(beside) <= maxPathBytes && closedProblem(folder, uid) === null;
  return {
    path: usable ? beside : null,
    warning: `'${home ?? tmpdir()}' cannot hold the socket of the log: ${String(problem)}; ${
      usable ? "it is in the data folder instead" : "other processes cannot read the log while this one holds it"
    }; remove that folder, or set TMPDIR to a folder of your own`,
  };
}

/** The path of a data folder's socket; null if no place can hold it. */
export function socketPath(folder: string): string | null {
  return socketPlace(folder).path;
}

/**
 * Where the thread of this process listens that owns a folder.
 *
 * @param path the place of the folder's socket; the result is not longer
 */
export function processPlace(path: string): string {
  if (process.platform === "win32") return `${path}-${process.pid}`;
  return join(dirname(path), `${basename(path).slice(0, 8)}+${process.pid.toString(36)}`);
}

/** Why a folder is not private to this user; null if it is. */
function privateFolderProblem(path: string, uid: number): string | null {
  try {
    // Whoever may rename what is in the folder around it could exchange the private folder after the check.
    const parent = statSync(dirname(path));
    const openToAll = (parent.mode & 0o002) !== 0 && (parent.mode & 0o1000) === 0;
    if (openToAll || (parent.uid !== 0 && parent.uid !== uid)) return "other users may rename it";
    makePrivate(path);
    return closedProblem(path, uid);
  } catch (error) {
    return errorSummary(error);
  }
}

function makePrivate(path: string): void {
  try {
    mkdirSync(path, 0o700);
    chmodSync(path, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Why a folder may be read or changed by others; null if it is this user's alone. A link is not followed. */
function closedProblem(path: string, uid: number): string | null {
  const found = lstatSync(path);
  if (!found.isDirectory()) return "it is not a folder";
  if (found.uid !== uid) return `it belongs to another user (uid ${found.uid})`;
  return (found.mode & 0o077) === 0 ? null : "other users have access to it";
}
