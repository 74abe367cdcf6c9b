import { performance } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import { RequestDeadline } from "../../src/engine/request-deadline.js";
import { refusal } from "../refusal.js";

const never = new Promise<never>(() => undefined);

describe("a request that ends while its rows are being logged reports that they may be in the log", () => {
  const rest = "its rows were being logged and may be in the log";

  test("after its timeout", async () => {
    expect(await refusal(new RequestDeadline(10).whileLogging("pipeline 'p'", never))).toBe(
      `SL6006 pipeline 'p': no answer within 10 ms; ${rest}`,
    );
  });

  test("by its signal", async () => {
    const controller = new AbortController();
    const logging = refusal(new RequestDeadline(Infinity, controller.signal).whileLogging("pipeline 'p'", never));
    controller.abort();
    expect(await logging).toBe(`SL6006 pipeline 'p': the request was aborted; ${rest}`);
  });
});

test("logging before the deadline returns its value, or its error", async () => {
  const deadline = new RequestDeadline(60_000);
  expect(await deadline.whileLogging("p", Promise.resolve(7))).toBe(7);
  await expect(deadline.whileLogging("p", Promise.reject(new RangeError("full")))).rejects.toThrow("full");
});

test("an infinite timeout never passes", async () => {
  const deadline = new RequestDeadline(Infinity);
  deadline.check("p");
  expect(await deadline.whileLogging("p", Promise.resolve(1))).toBe(1);
});

test("a run that a worker refuses after the deadline is a timeout, before the deadline its own error", async () => {
  const refused = () => Promise.reject(new RangeError("the deadline passed before the run started"));
  expect(await refusal(new RequestDeadline(5, undefined, performance.now() - 6).whileRunning("p", refused()))).toBe(
    "SL6004 p: no answer within 5 ms; nothing was logged",
  );
  await expect(new RequestDeadline(60_000).whileRunning("p", refused())).rejects.toThrow(RangeError);
});
