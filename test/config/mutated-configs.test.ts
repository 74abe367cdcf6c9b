import { expect, test } from "vitest";
import { slow } from "../slow.js";
import { runMutants } from "../support/mutants/run-mutants.js";
import { canTrace, traceFiles } from "../support/mutants/trace-files.js";

/** `npm run fuzz:configs` sets it. */
const count = Number(process.env["SHAPELINE_CONFIG_MUTANTS"] ?? (slow ? 500 : 60));
const judge = new URL("config-judge.mjs", import.meta.url);

test(
  `${count} mutated configs that were sealed again are refused with a code, or run`,
  { timeout: 14_400_000, tags: ["slow"] },
  async () => {
    const report = await runMutants({
      judge,
      count,
      first: Number(process.env["SHAPELINE_CONFIG_FIRST"] ?? 1),
    });
    expect(report.faults).toEqual([]);
    expect(report.accepted).toBeGreaterThan(0);
    expect(report.refused["SL4002"]).toBeGreaterThan(0);
    if (count > 1000) console.log(JSON.stringify(report));
  },
);

test.runIf(slow && canTrace)(
  "no config makes the process touch a file of others",
  { timeout: 300_000, tags: ["slow"] },
  async () => {
    const { changed, read, own } = await traceFiles(judge, 100, 5001);
    expect([...read].filter((path) => path.endsWith("secret.env") || path === "/etc/passwd")).toEqual([]);
    expect([...changed].filter((path) => !path.startsWith(own) && !path.startsWith("/dev/"))).toEqual([]);
    expect(read.size).toBeGreaterThan(0);
  },
);
