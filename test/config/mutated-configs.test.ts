import { expect, test } from "vitest";
import { runMutants } from "../support/mutants/run-mutants.js";

/** `npm run fuzz:configs` sets it. */
const count = Number(process.env["SHAPELINE_CONFIG_MUTANTS"] ?? 150);

test(
  `${count} mutated configs that were sealed again are refused with a code, or run`,
  { timeout: 14_400_000 },
  async () => {
    const report = await runMutants({
      judge: new URL("config-judge.mjs", import.meta.url),
      count,
      first: Number(process.env["SHAPELINE_CONFIG_FIRST"] ?? 1),
    });
    expect(report.faults).toEqual([]);
    expect(report.accepted).toBeGreaterThan(0);
    expect(report.refused["SL4002"]).toBeGreaterThan(0);
    if (count > 1000) console.log(JSON.stringify(report));
  },
);
