import { describe, expect, test } from "vitest";
import { type ChallengerRun, ChallengerQueue } from "../../src/engine/scheduling/challenger-queue.js";

/** A challenger that answers when it is told to. */
function challenge(bytes = 4): ChallengerRun & { finish(): void; begun: number } {
  let finish = (): void => undefined;
  const ended = new Promise<void>((resolve) => (finish = resolve));
  const made = {
    challenger: "c",
    rows: 1,
    feeds: { x: { dtype: "uint8" as const, dims: [bytes], data: new Uint8Array(bytes) } },
    begun: 0,
    finish: () => finish(),
    async run() {
      made.begun++;
      await ended;
      return new Map();
    },
  };
  return made;
}

const overload = { outputs: null, note: "overload: the queue of challengers is full (1 waiting)" };

describe("the queue of challengers is bounded", () => {
  test("by runs", async () => {
    const challengers = new ChallengerQueue({ runs: 1, bytes: 1000 });
    const [first, second] = [challenge(), challenge()];
    const answer = challengers.run(first, 1000);
    expect(await challengers.run(second, 1000)).toEqual(overload);
    expect(second.begun).toBe(0);
    first.finish();
    expect((await answer).note).toBeNull();
    expect(challengers.errors).toBe(1);
  });

  test("by bytes, but one run always has its place", async () => {
    const challengers = new ChallengerQueue({ runs: 10, bytes: 100 });
    const [large, other] = [challenge(500), challenge(1)];
    const answer = challengers.run(large, 1000);
    expect(await challengers.run(other, 1000)).toEqual(overload);
    large.finish();
    expect((await answer).note).toBeNull();
  });

  test("a late run keeps its place until it ends", async () => {
    const challengers = new ChallengerQueue({ runs: 1, bytes: 1000 });
    const late = challenge();
    expect(await challengers.run(late, 10)).toEqual({ outputs: null, note: "no answer within 10 ms" });
    expect(await challengers.run(challenge(), 10)).toEqual(overload);
    late.finish();
    await challengers.drain(1000);
    const next = challenge();
    next.finish();
    expect((await challengers.run(next, 1000)).note).toBeNull();
    expect(challengers.errors).toBe(2);
  });
});
