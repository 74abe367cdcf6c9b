import { expect, test } from "vitest";
import { RequestDeadline } from "../../src/engine/request-deadline.js";
import { onAbort } from "../../src/util/on-abort.js";
import { refusal } from "../refusal.js";

test("one signal stops any number of requests, without a warning about a leak", async () => {
  const warnings: Error[] = [];
  const collect = (warning: Error) => void warnings.push(warning);
  process.on("warning", collect);
  const controller = new AbortController();
  const never = new Promise<never>(() => undefined);
  const requests = Array.from({ length: 200 }, () =>
    refusal(new RequestDeadline(60_000, controller.signal).whileRunning("p", never)),
  );
  controller.abort();
  expect(new Set(await Promise.all(requests))).toEqual(
    new Set(["SL6005 p: the request was aborted; nothing was logged"]),
  );
  await new Promise(setImmediate);
  process.off("warning", collect);
  expect(warnings).toEqual([]);
});

test("a removed callback is not called; one that was added during the abort is not either", () => {
  const controller = new AbortController();
  const calls: string[] = [];
  const remove = onAbort(controller.signal, () => calls.push("removed"));
  onAbort(controller.signal, () => {
    calls.push("first");
    onAbort(controller.signal, () => calls.push("late"));
  });
  remove();
  controller.abort();
  expect(calls).toEqual(["first"]);
});
