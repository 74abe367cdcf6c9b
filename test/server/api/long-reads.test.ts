import { expect, test } from "vitest";
import { LongReads } from "../../../src/server/api/long-reads.js";

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
  const failing = reads.run(() => new Promise((_, reject) => setImmediate(reject, new Error("broken"))));
  const others = [first, second].map(({ run }) => reads.run(run));
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
  const running = reads.run(busy.run);
  await expect(reads.run(() => Promise.resolve())).rejects.toMatchObject({
    statusCode: 503,
    headers: { "retry-after": "5" },
  });
  busy.end();
  await running;
  expect(await reads.run(() => Promise.resolve("again"))).toBe("again");
});
