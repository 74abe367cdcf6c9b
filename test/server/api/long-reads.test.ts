import { expect, test } from "vitest";
import { bounds } from "../../../src/util/bounds.js";
import { LongReads } from "../../../src/server/api/long-reads.js";

/** The connection stays open. */
const { signal: open } = new AbortController();

/** A read that ends when it is told to. */
function read() {
  let end = (): void => undefined;
  let started = false;
  const done = new Promise<void>((resolve) => (end = resolve));
  return {
    run: () => {
      started = true;
      return done;
    },
    end: () => end(),
    isStarted: () => started,
  };
}

test("one export or report runs at a time; the next one takes over its place, also after an error", async () => {
  const reads = new LongReads(1000);
  const [first, second] = [read(), read()];
  const failing = reads.run(() => new Promise((_, reject) => setImmediate(reject, new Error("broken"))), open);
  const others = [first, second].map(({ run }) => reads.run(run, open));
  await expect(failing).rejects.toThrow("broken");
  await new Promise(setImmediate);
  expect([first, second].map(({ isStarted }) => isStarted())).toEqual([true, false]);
  first.end();
  await new Promise(setImmediate);
  expect(second.isStarted()).toBe(true);
  second.end();
  await Promise.all(others);
});

test("one that waits too long is told to try again", async () => {
  const reads = new LongReads(5);
  const busy = read();
  const running = reads.run(busy.run, open);
  await expect(reads.run(() => Promise.resolve(), open)).rejects.toMatchObject({
    statusCode: 503,
    headers: { "retry-after": "5" },
  });
  busy.end();
  await running;
  expect(await reads.run(() => Promise.resolve("again"), open)).toBe("again");
});

test("a read whose connection closes leaves the queue, and does not run", async () => {
  const reads = new LongReads(1000);
  const [busy, left] = [read(), read()];
  const running = reads.run(busy.run, open);
  const connection = new AbortController();
  const waiting = reads.run(left.run, connection.signal);
  connection.abort();
  await expect(waiting).rejects.toThrow("the connection was closed");
  await expect(reads.run(left.run, connection.signal)).rejects.toThrow("the connection was closed");
  busy.end();
  await running;
  expect(left.isStarted()).toBe(false);
  expect(await reads.run(() => Promise.resolve("again"), open)).toBe("again");
});

test("a bounded number waits; one more is told at once to try again", async () => {
  const reads = new LongReads(1000);
  const all = Array.from({ length: bounds.longReads.limit + 1 }, read);
  const runs = all.map(({ run }) => reads.run(run, open));
  await expect(reads.run(() => Promise.resolve(), open)).rejects.toMatchObject({
    statusCode: 503,
    headers: { "retry-after": "5" },
    message: "the server may have at most 16 exports and reports that wait for their turn; try again in some seconds",
  });
  for (const { end } of all) end();
  await Promise.all(runs);
});
