import { randomBytes } from "node:crypto";
import { chmodSync, lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** Milliseconds in which one of several rivals must have won. It takes them some milliseconds. */
const rivalryMs = 10_000;
/** A name that a killed process left. */
const abandonedMs = 60_000;

/**
 * `won`: the server listens at the path, and no other one does. `held`: another server listens there. `contended`:
 * another rival neither listens there nor gives up. `unavailable`: the system cannot create a socket.
 */
export type ListenResult = "won" | "held" | "contended" | "unavailable";

/**
 * Lets a server listen at a path, if no other one of this user does: in any thread of any process, also when the path
 * has the socket of a killed process.
 *
 * A socket file says nothing about its server, and to remove it may hit one that began to listen meanwhile. So no
 * rival removes what others may use. Each listens at a random name of its own, which others see only once it listens;
 * then it looks for others. Of two rivals the one that began later sees the earlier, so not both can see nobody.
 * Whoever sees nobody moves its socket to the path. The rival with the first name waits for the others, which
 * withdraw.
 *
 * @param path at most as long as the system allows; the names beside it are not longer
 */
export async function listenExclusively(server: Server, path: string): Promise<ListenResult> {
  if (process.platform === "win32") {
    // A pipe has no file: the system itself lets one server listen.
    if (await listen(server, path)) return "won";
    return (await isListening(path)) ? "held" : "unavailable";
  }
  const folder = dirname(path);
  const prefix = basename(path).slice(0, 8);
  const random = randomBytes(4).toString("base64url").slice(0, 5);
  // Others see the second name. They must not find it before the server listens: it would look like one that ended.
  const hidden = join(folder, `${prefix}.${random}`);
  const seen = join(folder, `${prefix}-${random}`);
  if (!(await listen(server, hidden))) return (await isListening(path)) ? "held" : "unavailable";
  try {
    chmodSync(hidden, 0o600);
    await removeAbandoned(folder, `${prefix}.`);
    await removeAbandoned(folder, `${prefix}+`);
    for (const end = performance.now() + rivalryMs; performance.now() < end; await wait(5 + 20 * Math.random())) {
      renameSync(hidden, seen);
      for (;;) {
        const rivals = await liveRivals(folder, `${prefix}-`, seen);
        // Last: a rival that was not seen any more may have won.
        if (await isListening(path)) return "held";
        if (rivals.length === 0) {
          renameSync(seen, path);
          return "won";
        }
        if (rivals.some((rival) => rival < seen) || performance.now() > end) break;
        await wait(5);
      }
      renameSync(seen, hidden);
    }
    return "contended";
  } catch {
    // Somebody removed the names.
    return "contended";
  } finally {
    for (const name of [hidden, seen]) rmSync(name, { force: true });
  }
}

/** Identity of a socket file, to remove it only while it is the same; null if there is none. */
export function socketIdentity(path: string): string | null {
  if (process.platform === "win32") return null;
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}

function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(path, () => resolve(true));
  });
}

/** The rivals that listen; removes the names of those that ended: such names are never used again. */
async function liveRivals(folder: string, prefix: string, own: string): Promise<string[]> {
  const live: string[] = [];
  for (const name of readdirSync(folder)) {
    const rival = join(folder, name);
    if (!name.startsWith(prefix) || rival === own) continue;
    if (await isListening(rival)) live.push(rival);
    else rmSync(rival, { force: true });
  }
  return live;
}

/** Whether a server listens at a path. Only a socket without one refuses. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(!["ECONNREFUSED", "ENOENT", "ENOTDIR"].includes(String(code))),
    );
  });
}

/** Removes old sockets that nobody listens at. */
async function removeAbandoned(folder: string, prefix: string): Promise<void> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!name.startsWith(prefix) || !isOldSocket(path) || (await isListening(path))) continue;
    // Somebody may have taken the place meanwhile.
    if (isOldSocket(path)) rmSync(path, { force: true });
  }
}

function isOldSocket(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isSocket() === true && Date.now() - found.ctimeMs > abandonedMs;
}
