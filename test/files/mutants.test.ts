import { expect, test } from "vitest";
import { runMutants } from "../support/mutants/run-mutants.js";

/** `npm run fuzz:files` sets it. */
const count = Number(process.env["SHAPELINE_ROW_FILES"] ?? 400);

test("mutants of files of rows are rows or are refused with a code, in bounded time and memory", async () => {
  const report = await runMutants({ judge: new URL("mutant-judge.mjs", import.meta.url), count, limitBytes: 2 ** 30 });
  if (count > 1000) console.log(JSON.stringify(report));
  expect(report.faults).toEqual([]);
  expect(report.accepted).toBeGreaterThan(0);
});
