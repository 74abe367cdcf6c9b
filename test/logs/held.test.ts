import { existsSync, mkdirSync, statSync } from "node:fs";
import { connect, createServer, Socket } from "node:net";
import { join } from "node:path";
import { serialize } from "node:v8";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { StorageError } from "../../dsl/errors.js";
import { socketPath } from "../../src/logs/remote/owner-protocol.js";
import { RemoteLog } from "../../src/logs/remote/remote-log.js";
import { readStore } from "../../src/logs/read-store.js";
import { openStore } from "../../src/logs/open-store.js";
import { newFolder } from "./batches.js";
import { startChild, type Child } from "./child.js";

async function holding(folder: string, rows: number): Promise<Child> {
  const child = startChild("serve", folder, String(rows));
  expect(await child.line()).toBe("open");
  return child;
}

async function end(child: Child): Promise<void> {
  child.process.kill("SIGKILL");
  await child.ended();
}

describe.skipIf(process.platform === "win32")("a log that another process holds", () => {
  it("is read through that process, with the rows that it has not yet written", async () => {
    const folder = newFolder();
    const child = await holding(folder, 5000);
    child.process.stdin?.write("one\n");
    const newest = await readStore(folder, (reader) => reader.readLog("fraud", { limit: 3 }));
    expect(newest.flatMap(({ time }) => [...time])).toEqual([1_000_000, 4999, 4998]);
    const all = await readStore(folder, (reader) =>
      reader.readLog("fraud", { limit: 10_000, start: new Date(100), end: new Date(4899) }),
    );
    expect(all.flatMap(({ rowIds }) => rowIds)).toEqual(Array.from({ length: 4800 }, (_, i) => BigInt(4899 - i)));
    expect(all[0]?.inputs.get("dense_input")?.data).toBeInstanceOf(Float32Array);
    expect(await readStore(folder, (reader) => reader.layouts("fraud"))).toMatchObject([
      { pipeline: "fraud", version: 1 },
    ]);
    expect(await readStore(folder, (reader) => reader.compare("fraud"))).toMatchObject({ rows: 5001, challengers: [] });
    expect(await readStore(folder, (reader) => reader.pipelines())).toEqual([]);
    expect(await readStore(folder, (reader) => reader.versions("fraud"))).toEqual([]);
    await end(child);
  });

  it("is still held for writing", async () => {
    const folder = newFolder();
    const child = await holding(folder, 0);
    await expect(openStore(folder)).rejects.toMatchObject({ code: "SL7003", details: { pid: child.pid } });
    await end(child);
  });

  it("tells what is wrong with a question as if it were its own", async () => {
    const folder = newFolder();
    const child = await holding(folder, 0);
    await expect(
      readStore(folder, (reader) => reader.compare("fraud", { start: new Date(NaN) })),
    ).rejects.toMatchObject({ code: "SL7013" });
    await end(child);
  });

  it("takes no harm from guests that talk nonsense, talk on, or leave", async () => {
    const folder = newFolder();
    const child = await holding(folder, 1000);
    const path = join(folder, "shapeline.sock");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const words of [
      "nonsense",
      "{}",
      '{"protocol":99}',
      '{"protocol":1,"method":"constructor","pipeline":7,"query":null}',
      "x".repeat(100_000),
      "",
    ]) {
      await new Promise<void>((resolve) => {
        const guest = connect(path, () => guest.end(words));
        guest
          .on("error", () => resolve())
          .on("close", () => resolve())
          .resume();
      });
    }
    const left = connect(path, () => left.destroy());
    expect((await readStore(folder, (reader) => reader.readLog("fraud", { limit: 5 })))[0]?.rows).toBe(5);
    await end(child);
  });

  it("is open to all again when its holder was killed, and leaves nothing behind when it is closed", async () => {
    const folder = newFolder();
    await end(await holding(folder, 1000));
    expect(existsSync(join(folder, "shapeline.sock"))).toBe(true);
    expect((await readStore(folder, (reader) => reader.readLog("fraud", { limit: 5 })))[0]?.rows).toBe(5);
    expect(existsSync(join(folder, "shapeline.sock"))).toBe(false);
  });

  it("names its holder where that has no door, since the folder's path is too long for one", async () => {
    const folder = join(newFolder(), "deep".repeat(30));
    mkdirSync(folder);
    const child = await holding(folder, 0);
    const error: unknown = await readStore(folder, (reader) => reader.pipelines()).catch((reason: unknown) => reason);
    expect(
      (error as StorageError).message.replaceAll(folder, "<folder>").replaceAll(String(child.pid), "<pid>"),
    ).toMatchInlineSnapshot(
      `"the log '<folder>/shapeline.duckdb' is held by process <pid>; use that process, stop it, or choose another data folder"`,
    );
    await end(child);
  });

  describe("whose holder is silent", () => {
    const held = new StorageError("SL7003", "it is held");
    const patience = { versions: 50, pipelines: 50, layouts: 50, readLog: 50, compare: 5000 };

    /** A holder that answers each question with its name, after a while. */
    async function slow(ms: number): Promise<string> {
      const folder = newFolder();
      const server = createServer({ allowHalfOpen: true }, (guest) => {
        guest
          .on("error", () => undefined)
          .on("data", (text) => {
            setTimeout(
              () => guest.end(serialize({ result: (JSON.parse(text.toString()) as { method: string }).method })),
              ms,
            );
          });
      });
      await new Promise<void>((listening) => server.listen(socketPath(folder), listening));
      onTestFinished(() => void server.close());
      return folder;
    }

    it("a comparison is waited for longer than anything else, for it goes over the whole log", async () => {
      const log = new RemoteLog(await slow(500), held, patience);
      const asked = [
        log.versions("fraud"),
        log.pipelines(),
        log.layouts("fraud"),
        log.readLog("fraud"),
        log.compare("fraud"),
      ];
      expect(
        (await Promise.allSettled(asked)).map((each) =>
          each.status === "fulfilled" ? each.value : (each.reason as unknown),
        ),
      ).toEqual([held, held, held, held, "compare"]);
    });

    it("but not for ever: it is said then who holds the folder", async () => {
      const log = new RemoteLog(await slow(60_000), held, { ...patience, compare: 100 });
      await expect(log.compare("fraud")).rejects.toBe(held);
    });

    it("that is ten minutes for a comparison, and half a minute for all else", async () => {
      const waits = vi.spyOn(Socket.prototype, "setTimeout");
      const log = new RemoteLog(await slow(0), held);
      expect([await log.compare("fraud"), await log.versions("fraud"), await log.layouts("fraud")]).toEqual([
        "compare",
        "versions",
        "layouts",
      ]);
      expect(waits.mock.calls.flatMap(([ms]) => (ms > 0 ? [ms] : []))).toEqual([600_000, 30_000, 30_000]);
      waits.mockRestore();
    });
  });
});
