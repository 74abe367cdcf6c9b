import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { readStore } from "../../../src/logs/read-store.js";
import { startChild } from "../support/child-process.js";
import { newFolder } from "../support/stores.js";

/** Starts a process that appends relaxed rows, and signals it while it does. */
async function signaled(signal: NodeJS.Signals, listener: string, afterMs: number) {
  const folder = newFolder();
  const child = startChild("signaled", folder, listener);
  expect(await child.line()).toBe("open");
  // Rows are read meanwhile: a full pipe would stop the process.
  const lines = child.remainingLines();
  await wait(afterMs);
  child.process.kill(signal);
  const exit = await child.exited();
  const printed = await lines;
  const ids = printed.filter((line) => line !== "closed").map(BigInt);
  const logged = await readStore(folder, (reader) => reader.readLog("fraud", { limit: ids.length + 100 }));
  const found = new Set(logged.flatMap(({ rowIds }) => rowIds));
  return { exit, printed, lost: ids.filter((id) => !found.has(id)).length, rows: ids.length };
}

describe.skipIf(process.platform === "win32")("a signal that ends the process", () => {
  test.each([
    ["SIGTERM", 20],
    ["SIGTERM", 75],
    ["SIGINT", 60],
    ["SIGHUP", 60],
  ] as const)("%s loses no relaxed row, and is still what ends it (after %i ms)", async (signal, afterMs) => {
    const { exit, lost, rows } = await signaled(signal, "none", afterMs);
    expect({ signal: exit.signal, lost }).toEqual({ signal, lost: 0 });
    expect(rows).toBeGreaterThan(0);
  });

  test("leaves the end to an app that listens itself", async () => {
    const { exit, printed, lost } = await signaled("SIGTERM", "own", 60);
    expect({ code: exit.code, closed: printed.includes("closed"), lost }).toEqual({ code: 3, closed: true, lost: 0 });
  });

  test("does not keep a process that ends when nobody else listens", async () => {
    expect((await signaled("SIGTERM", "last", 60)).exit.signal).toBe("SIGTERM");
  });
});
