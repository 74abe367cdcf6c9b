import { createHash, randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

let ownHost: string | undefined;

/**
 * Process ids are unique on one host only, and containers may write to one folder. Asked for when a file is written:
 * Deno refuses `hostname()` without a permission, which an app that writes no files need not have.
 */
function host(): string {
  return (ownHost ??= createHash("sha256").update(hostname()).digest("hex").slice(0, 6));
}

const nameEnd = /\.([0-9a-f]{6})-(\d{1,10})-[0-9a-f]{8}\.tmp(?:\.spill)?$/;

/** A unique name beside a file, for its content until that is complete. It names the process that writes it. */
export function temporaryPath(path: string): string {
  const id = `${host()}-${process.pid}-${randomBytes(4).toString("hex")}`;
  return join(dirname(path), `.${basename(path)}.${id}.tmp`);
}

/**
 * Deletes temporary files that killed processes of this host left in a folder.
 *
 * @param isOurs takes the name of the file that would have been written
 */
export async function removeAbandoned(folder: string, isOurs: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [end, owner, pid] = nameEnd.exec(name) ?? [];
    if (end === undefined || owner !== host() || !name.startsWith(".") || isRunning(Number(pid))) continue;
    if (isOurs(name.slice(1, -end.length)))
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs as another user.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
