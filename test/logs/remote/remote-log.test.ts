import { cpSync, existsSync, mkdirSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { StorageError } from "../../../dsl/errors.js";
import { emptyComparison } from "../../report/empty-comparison.js";
import { refusal, refusalError } from "../../refusal.js";
import { socketPath } from "../../../src/logs/remote/socket-place.js";
import { packValue } from "../../../src/logs/remote/packed-value.js";
import { RemoteLog } from "../../../src/logs/remote/remote-log.js";
import { readStore } from "../../../src/logs/read-store.js";
import { openStore } from "../../../src/logs/open-store.js";
import { startOwner } from "../support/child-process.js";
import { newFolder } from "../support/stores.js";

const serve = (folder: string, rows: number) => startOwner("serve", folder, String(rows));

describe.skipIf(process.platform === "win32")("a log that another process owns", () => {
  it("is read through that process, including rows that it has not written yet", async () => {
    const folder = newFolder();
    const child = await serve(folder, 5000);
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
    await child.kill();
  });

  it("cannot be opened for writing", async () => {
    const folder = newFolder();
    const child = await serve(folder, 0);
    expect(await refusalError(openStore(folder))).toMatchObject({ code: "SL7003", details: { pid: child.pid } });
    await child.kill();
  });

  it("rejects an invalid query like a local log", async () => {
    const folder = newFolder();
    const child = await serve(folder, 0);
    expect(
      await refusal(readStore(folder, (reader) => reader.compare("fraud", { start: new Date(NaN) }))),
    ).toMatchInlineSnapshot(`"SL7013 start is not a valid Date; give one like new Date("2026-01-31T12:00:00Z")"`);
    await child.kill();
  });

  it("is not affected by clients that send invalid or long requests, or disconnect", async () => {
    const folder = newFolder();
    const child = await serve(folder, 1000);
    const path = String(socketPath(folder));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const request of [
      "nonsense",
      "{}",
      '{"protocol":99}',
      '{"protocol":1,"method":"constructor","pipeline":7,"query":null}',
      "x".repeat(100_000),
      "",
    ]) {
      await new Promise<void>((resolve) => {
        const client = connect(path, () => client.end(request));
        client
          .on("error", () => resolve())
          .on("close", () => resolve())
          .resume();
      });
    }
    const left = connect(path, () => left.destroy());
    expect((await readStore(folder, (reader) => reader.readLog("fraud", { limit: 5 })))[0]?.rows).toBe(5);
    await child.kill();
  });

  it("can be opened again after its owner was killed; closing removes the socket", async () => {
    const folder = newFolder();
    await (await serve(folder, 1000)).kill();
    expect(existsSync(String(socketPath(folder)))).toBe(true);
    expect((await readStore(folder, (reader) => reader.readLog("fraud", { limit: 5 })))[0]?.rows).toBe(5);
    expect(existsSync(String(socketPath(folder)))).toBe(false);
  });

  it("is read through a socket outside of the folder, so that the folder can be copied and its path may be long", async () => {
    const folder = join(newFolder(), "deep".repeat(30));
    mkdirSync(folder, { mode: 0o700 });
    const child = await serve(folder, 10);
    expect((await readStore(folder, (reader) => reader.readLog("fraud", { limit: 5 })))[0]?.rows).toBe(5);
    // "Copy the folder whole": Node refuses to copy sockets.
    cpSync(folder, `${folder}-copy`, { recursive: true });
    await child.kill();
  });

  describe("whose owner does not respond", () => {
    const owned = new StorageError("SL7003", "it is owned");
    const timeouts = { versions: 50, pipelines: 50, layouts: 50, readLog: 50, compare: 60_000 };

    const comparison = emptyComparison("fraud");

    /** Starts an owner that responds to each request with an empty result, after a delay. Returns the folder. */
    async function startSlowOwner(ms: number): Promise<string> {
      const folder = newFolder();
      const server = createServer({ allowHalfOpen: true }, (client) => {
        client
          .on("error", () => undefined)
          .on("data", (text) => {
            const { method } = JSON.parse(text.toString()) as { method: string };
            setTimeout(() => client.end(packValue({ result: method === "compare" ? comparison : [] })), ms);
          });
      });
      await new Promise<void>((listening) => server.listen(socketPath(folder), listening));
      onTestFinished(() => void server.close());
      return folder;
    }

    it("waits longer for a comparison than for other requests, because it scans the whole log", async () => {
      const log = new RemoteLog(await startSlowOwner(500), owned, timeouts);
      const requests = [
        log.versions("fraud"),
        log.pipelines(),
        log.layouts("fraud"),
        log.readLog("fraud"),
        log.compare("fraud"),
      ];
      expect(
        (await Promise.allSettled(requests)).map((each) =>
          each.status === "fulfilled" ? each.value : (each.reason as unknown),
        ),
      ).toEqual([owned, owned, owned, owned, comparison]);
    });

    it("rejects with the error that names the owner once the timeout has passed", async () => {
      const log = new RemoteLog(await startSlowOwner(60_000), owned, { ...timeouts, compare: 100 });
      await expect(log.compare("fraud")).rejects.toBe(owned);
    });

    it("waits ten minutes for a comparison and 30 seconds for other requests", async () => {
      const setTimeouts = vi.spyOn(globalThis, "setTimeout");
      const log = new RemoteLog(await startSlowOwner(0), owned);
      expect([await log.compare("fraud"), await log.versions("fraud"), await log.layouts("fraud")]).toEqual([
        comparison,
        [],
        [],
      ]);
      // Once an answer has begun, a minute is left for the rest.
      const waited = setTimeouts.mock.calls.flatMap(([, ms]) => ((ms ?? 0) > 0 && ms !== 60_000 ? [ms] : []));
      expect(waited).toEqual([600_000, 30_000, 30_000]);
      setTimeouts.mockRestore();
    });
  });
});
