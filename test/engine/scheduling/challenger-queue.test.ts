import { performance } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import { type ChallengerRun, ChallengerQueue } from "../../../src/engine/scheduling/challenger-queue.js";

/** A challenger's run that ends when `finish` is called. */
function challengerRun(bytes = 4): ChallengerRun & { finish(): void; started: number } {
  let finish = (): void => undefined;
  const ended = new Promise<void>((resolve) => (finish = resolve));
  const made = {
    challenger: "c",
    rows: 1,
    feeds: { x: { dtype: "uint8" as const, dims: [bytes], data: new Uint8Array(bytes) } },
    started: 0,
    finish: () => finish(),
    async run() {
      made.started++;
      await ended;
      return new Map();
    },
  };
  return made;
}

const overload = { outputs: null, note: "overload: the queue of challengers is full (1 waiting)" };

describe("the queue of challengers", () => {
  test("is bounded by runs", async () => {
    const queue = new ChallengerQueue({ runs: 1, bytes: 1000 });
    const [first, second] = [challengerRun(), challengerRun()];
    const outcome = queue.run(first, 60_000);
    expect(await queue.run(second, 60_000)).toEqual(overload);
    expect(second.started).toBe(0);
    first.finish();
    expect((await outcome).note).toBeNull();
    expect(queue.errors).toBe(1);
  });

  test("is bounded by bytes, but always accepts one run", async () => {
    const queue = new ChallengerQueue({ runs: 10, bytes: 100 });
    const [large, other] = [challengerRun(500), challengerRun(1)];
    const outcome = queue.run(large, 60_000);
    expect(await queue.run(other, 60_000)).toEqual(overload);
    large.finish();
    expect((await outcome).note).toBeNull();
  });

  test("counts a late run until it ends", async () => {
    const queue = new ChallengerQueue({ runs: 1, bytes: 1000 });
    const late = challengerRun();
    expect(await queue.run(late, 10)).toEqual({ outputs: null, note: "no answer within 10 ms" });
    expect(await queue.run(challengerRun(), 10)).toEqual(overload);
    late.finish();
    await queue.drain(60_000);
    const next = challengerRun();
    next.finish();
    expect((await queue.run(next, 60_000)).note).toBeNull();
    expect(queue.errors).toBe(2);
  });

  test("notes a timeout for a run that its worker refused after the deadline", async () => {
    const queue = new ChallengerQueue();
    const run = {
      ...challengerRun(),
      async run() {
        const end = performance.now() + 5;
        while (performance.now() < end) await new Promise(setImmediate);
        throw new RangeError("the deadline passed before the run started");
      },
    };
    expect(await queue.run(run, 5)).toEqual({ outputs: null, note: "no answer within 5 ms" });
  });
});
