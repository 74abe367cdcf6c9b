import { expect, test } from "vitest";
import { slow } from "../../slow.js";
import { runMutants } from "../../support/mutants/run-mutants.js";
import { canTrace, traceFiles } from "../../support/mutants/trace-files.js";

/** `npm run fuzz:models` sets it. */
const count = Number(process.env["SHAPELINE_MODEL_MUTANTS"] ?? (slow ? 200 : 25));
const judge = new URL("model-judge.mjs", import.meta.url);

test(
  `${count} mutated model files are refused with a code, or run`,
  { timeout: 14_400_000, tags: ["slow"] },
  async () => {
    const first = Number(process.env["SHAPELINE_MODEL_FIRST"] ?? 1);
    const report = await runMutants({ judge, count, first });
    if (count > 1000) console.log(JSON.stringify(report));
    expect(report.faults).toEqual([]);
    expect(report.accepted).toBeGreaterThan(0);
    expect(report.refused["SL3012"]).toBeGreaterThan(0);
  },
);

test.skipIf(!canTrace)(
  "no mutant makes the process read a file outside the model's folder",
  { timeout: 120_000, tags: ["slow"] },
  async () => {
    const { changed, read, own, working } = await traceFiles(judge, slow ? 30 : 8, 1001);
    expect([...read].filter((path) => path.startsWith(working) && path.endsWith("secret.env"))).toEqual([]);
    expect([...read].filter((path) => /^\/etc\/passwd$|^\/dev\/zero$/.test(path))).toEqual([]);
    expect([...changed].filter((path) => !path.startsWith(own) && !path.startsWith("/dev/"))).toEqual([]);
  },
);
