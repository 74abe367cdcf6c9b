import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { listenExclusively, type ListenResult } from "../../../src/logs/remote/exclusive-listen.js";
import { newFolder } from "../support/stores.js";

/** Leaves a socket file behind, as a process does that is killed while it listens. */
function leaveSocket(path: string): void {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  expect(() => execFileSync(process.execPath, ["-e", script], { stdio: "ignore" })).toThrow();
}

/** A server that says its name to each guest. */
function serverNamed(name: string): Server {
  const server = createServer((guest) => {
    guest.on("error", () => undefined).end(name);
  });
  onTestFinished(() => void server.close());
  return server;
}

function nameAt(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let name = "";
    connect(path)
      .on("data", (part) => (name += part.toString()))
      .on("end", () => resolve(name))
      .on("error", reject);
  });
}

/** Lets servers begin one after the other, without waiting for each other. */
async function race(path: string, names: readonly string[]): Promise<[string, ListenResult][]> {
  return Promise.all(
    names.map(async (name, i) => {
      for (let turns = i % 5; turns > 0; turns--) await new Promise(setImmediate);
      return [name, await listenExclusively(serverNamed(name), path)] as [string, ListenResult];
    }),
  );
}

describe.skipIf(process.platform === "win32")("of servers that begin to listen at one path", () => {
  test("one wins and the others learn that it listens, in 20 races with the socket of a killed process", async () => {
    const names = Array.from({ length: 12 }, (_, i) => `server ${i}`);
    for (let round = 0; round < 20; round++) {
      const folder = newFolder();
      const path = join(folder, "0123456789.sock");
      if (round % 4 === 0) leaveSocket(path);
      const results = await race(path, names);
      const winners = results.filter(([, result]) => result === "won").map(([name]) => name);
      expect(winners).toHaveLength(1);
      expect(results.filter(([, result]) => result === "held")).toHaveLength(11);
      expect(await nameAt(path)).toBe(winners[0]);
      expect(readdirSync(folder)).toEqual(["0123456789.sock"]);
    }
  });

  test("the sockets of rivals that were killed while they tried are removed", async () => {
    const folder = newFolder();
    const path = join(folder, "0123456789.sock");
    leaveSocket(join(folder, "01234567-aaaaa"));
    expect(await listenExclusively(serverNamed("next"), path)).toBe("won");
    expect(readdirSync(folder)).toEqual(["0123456789.sock"]);
  });

  test("none listens where no socket can be", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "file"), "");
    expect(await listenExclusively(serverNamed("one"), join(folder, "file", "0123456789.sock"))).toBe("unavailable");
  });
});
