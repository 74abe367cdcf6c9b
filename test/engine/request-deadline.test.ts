import { expect, test } from "vitest";
import { TargetError } from "../../dsl/errors.js";
import { RequestDeadline } from "../../src/engine/request-deadline.js";

const never = new Promise<never>(() => undefined);
const said = (work: Promise<unknown>) =>
  work.catch((error: unknown) => (error instanceof TargetError ? `${error.code} ${error.message}` : error));

test("a request that ends while its rows are being logged says that they may be in the log", async () => {
  expect(await said(new RequestDeadline(10).whileLogging("pipeline 'p'", never))).toBe(
    "SL6006 pipeline 'p': no answer within 10 ms; its rows were being logged and may be in the log",
  );
  const controller = new AbortController();
  const waiting = said(new RequestDeadline(1000, controller.signal).whileLogging("pipeline 'p'", never));
  controller.abort();
  expect(await waiting).toBe(
    "SL6006 pipeline 'p': the request was aborted; its rows were being logged and may be in the log",
  );
});

test("a log that is in time gives its answer, or its error", async () => {
  const deadline = new RequestDeadline(1000);
  expect(await deadline.whileLogging("p", Promise.resolve(7))).toBe(7);
  await expect(deadline.whileLogging("p", Promise.reject(new RangeError("full")))).rejects.toThrow("full");
});

test("an infinite time-out is none", async () => {
  const deadline = new RequestDeadline(Infinity);
  deadline.check("p");
  expect(await deadline.whileLogging("p", Promise.resolve(1))).toBe(1);
});
