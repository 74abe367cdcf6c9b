import { connect, createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { slow } from "../../slow.js";
import { StorageError } from "../../../dsl/errors.js";
import { openStore } from "../../../src/logs/open-store.js";
import { socketPath } from "../../../src/logs/remote/socket-place.js";
import { packValue, unpackValue } from "../../../src/logs/remote/packed-value.js";
import { RemoteLog } from "../../../src/logs/remote/remote-log.js";
import { refusal } from "../../refusal.js";
import { runMutants } from "../../support/mutants/run-mutants.js";
import { newFolder } from "../support/stores.js";

/** `npm run fuzz:socket` sets it. */
const count = Number(process.env["SHAPELINE_SOCKET_MESSAGES"] ?? (slow ? 400 : 100));

const owned = new StorageError("SL7003", "the log is held by process 7");

/** Starts a server on a folder's socket, which treats each guest with `behave`. Returns a reader of that folder. */
async function ownedBy(behave: (guest: Socket) => void): Promise<RemoteLog> {
  const folder = newFolder();
  const guests: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (guest) => {
    guests.push(guest.on("error", () => undefined));
    behave(guest);
  });
  await new Promise<void>((listening) => server.listen(socketPath(folder), listening));
  onTestFinished(() => {
    for (const guest of guests) guest.destroy();
    server.close();
  });
  return new RemoteLog(folder, owned);
}

const answering = (answer: unknown) =>
  ownedBy((guest) => {
    guest.resume().end(packValue(answer));
  });

/** The bytes that an owner sends for a request in text; empty if it closes the connection. */
function ask(path: string, request: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = connect(path, () => socket.end(request));
    socket
      .on("data", (part) => parts.push(part))
      .on("error", () => undefined)
      .on("close", () => resolve(Buffer.concat(parts)));
  });
}

describe.skipIf(process.platform === "win32")("the socket of a data folder", () => {
  test("offers its own methods and no others", async () => {
    const folder = newFolder();
    const store = await openStore(folder);
    onTestFinished(() => store.close());
    const path = String(socketPath(folder));
    for (const method of [
      "valueOf",
      "constructor",
      "toString",
      "__proto__",
      "hasOwnProperty",
      "close",
      "saveVersion",
    ]) {
      const answer = unpackValue(await ask(path, JSON.stringify({ protocol: 2, method, pipeline: "p", query: {} })));
      expect(answer).toEqual({
        error: { code: "SL7020", message: "the request is not understood", details: {} },
      });
    }
  });

  test.each([
    ["SQL in a cursor", { after: "0)); DROP TABLE x; --" }],
    ["a row id that is no number", { after: "1 OR true" }],
    ["a negative row id", { after: "-1" }],
    ["a time that no Date can hold", { start: 1e300 }],
    ["a limit that is no number", { limit: "1; SELECT 1" }],
    ["a key that no query has", { limit: 1, where: "true" }],
  ])("refuses %s before any query runs", async (_, query) => {
    const folder = newFolder();
    const store = await openStore(folder);
    onTestFinished(() => store.close());
    const request = JSON.stringify({ protocol: 2, method: "readLog", pipeline: "p", query });
    expect(unpackValue(await ask(String(socketPath(folder)), request))).toMatchObject({ error: { code: "SL7020" } });
  });

  test("closes guests that send nothing or one byte a second, after ten seconds", async () => {
    const folder = newFolder();
    const store = await openStore(folder);
    onTestFinished(() => store.close());
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const path = String(socketPath(folder));
    const closed = Array.from({ length: 20 }, (_, i) => {
      const guest = connect(path, () => void (i % 2 === 0 && guest.write("{")));
      return new Promise((resolve) => guest.on("error", () => undefined).on("close", resolve));
    });
    // The guests are known once an owner has answered one that came later.
    await ask(path, "{}");
    await vi.advanceTimersByTimeAsync(10_000);
    await Promise.all(closed);
  });

  test("a guest does not read more than an answer may have", async () => {
    const head = Buffer.alloc(16);
    packValue(0).copy(head, 0, 0, 4);
    head.writeUInt32LE(1, 8);
    head.writeUInt32LE(100, 4);
    head.writeUInt32LE(600 * 2 ** 20, 12);
    let sent = 0;
    const log = await ownedBy((guest) => {
      guest.write(head);
      const flood = () => {
        while (!guest.destroyed && guest.write(Buffer.alloc(2 ** 16))) sent += 2 ** 16;
      };
      guest.on("drain", flood);
      flood();
    });
    expect(await refusal(log.versions("p"))).toContain("SL7020");
    expect(sent).toBeLessThan(2 ** 24);
  });

  test("a guest waits a minute for an answer that trickles in", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const start = packValue({ result: [] }).subarray(0, 5);
    const begun = new Promise<void>((resolve) => {
      void ownedBy((guest) => guest.write(start, () => resolve())).then((log) => (answer = refusal(log.versions("p"))));
    });
    let answer: Promise<string> | undefined;
    await begun;
    await vi.advanceTimersByTimeAsync(61_000);
    expect(await answer).toBe("SL7003 the log is held by process 7");
  });

  test("text of an owner is shown as text, and its codes are those of the log", async () => {
    const forged = await answering({
      error: { code: "SL0000", message: "\u001b[2Jgone\nerror SL0000: all is lost\u202e", details: {} },
    });
    expect(await refusal(forged.versions("p"))).toBe("SL7010 \\u001b[2Jgone error SL0000: all is lost\\u202e");
  });

  test.each([
    ["nothing", null],
    ["another method's result", { result: { rows: 3 } }],
    ["a tensor without its elements", { result: [batch({ dims: [1, 3], data: new Float32Array(2) })] }],
    ["a tensor with elements of another type", { result: [batch({ dims: [1, 3], data: new Int32Array(3) })] }],
    ["a tensor with other rows than its batch", { result: [batch({ dims: [2, 3], data: new Float32Array(6) })] }],
    ["a tensor with a huge dimension", { result: [batch({ dims: [1, 2 ** 40], data: new Float32Array(3) })] }],
  ])("%s is no answer", async (_, answer) => {
    expect(await refusal((await answering(answer)).readLog("p"))).toBe(
      "SL7020 the log is held by process 7; its answer is not understood: it may run another version of Shapeline, use the same in both",
    );
  });

  test(`${count} mutated messages are refused or read, both ways`, { timeout: 1_800_000, tags: ["slow"] }, async () => {
    const report = await runMutants({ judge: new URL("socket-judge.mjs", import.meta.url), count });
    expect(report.faults).toEqual([]);
    expect(report.accepted).toBeGreaterThan(0);
    expect(report.refused["SL7020"]).toBeGreaterThan(0);
    if (count > 1000) console.log(JSON.stringify(report));
  });
});

/** A batch of one row with this tensor. */
function batch(tensor: object): object {
  return {
    version: 1,
    rows: 1,
    rowIds: [1n],
    time: Float64Array.of(0),
    inputs: new Map([["x", { dtype: "float32", ...tensor }]]),
    outputs: new Map(),
    challengers: new Map(),
    failures: new Map(),
    lastModel: ["m"],
    elapsed: [[1]],
    requests: [null],
    notes: new Map(),
  };
}
