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

test("two exports or reports run at a time; the others take over their places, also after an error", async () => {
  const reads = new LongReads(1000);
  const [first, third, fourth] = [read(), read(), read()];
  const failing = reads.run(() => new Promise((_, reject) => setImmediate(reject, new Error("broken"))));
  const others = [first, third, fourth].map(({ run }) => reads.run(run));
  await expect(failing).rejects.toThrow("broken");
  await new Promise(setImmediate);
  expect([first, third, fourth].map(({ isStarted }) => isStarted())).toEqual([true, true, false]);
  first.end();
  await new Promise(setImmediate);
  expect(fourth.isStarted()).toBe(true);
  third.end();
  fourth.end();
  await Promise.all(others);
});

test("one that waits too long is told to try again", async () => {
  const reads = new LongReads(5);
  const busy = [read(), read()];
  const running = busy.map(({ run }) => reads.run(run));
  await expect(reads.run(() => Promise.resolve())).rejects.toMatchObject({
    statusCode: 503,
    headers: { "retry-after": "5" },
  });
  for (const { end } of busy) end();
  await Promise.all(running);
  expect(await reads.run(() => Promise.resolve("again"))).toBe("again");
});
