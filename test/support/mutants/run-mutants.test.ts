import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { slow } from "../../slow.js";
import { runMutants } from "./run-mutants.js";
import { canTrace, traceFiles } from "./trace-files.js";

const judge = new URL("faulty-judge.mjs", import.meta.url);

describe("mutants of outside input", () => {
  test.runIf(slow)(
    "a hang, a crash, an error without code, memory over the bound and a stray file are found",
    { tags: ["slow"] },
    async () => {
      const { accepted, refused, faults } = await runMutants({
        judge,
        count: 8,
        limitMs: 1500,
        limitBytes: 220 * 2 ** 20,
      });
      expect(faults.map(({ seed, kind }) => [seed, kind])).toEqual([
        [3, "hang"],
        [4, "uncoded error"],
        [5, "crash"],
        [6, "memory"],
        [7, "files"],
      ]);
      expect(faults.at(-1)?.what).toContain("stray.txt");
      expect(refused).toEqual({ SL4002: 1 });
      // 1, 7, 8, and 6, which was accepted before its memory was seen.
      expect(accepted).toBe(4);
    },
  );

  test.skipIf(!canTrace)("the files that a judge touches are traced", async () => {
    const { changed, read, own } = await traceFiles(judge, 2, 7);
    expect([...changed].filter((path) => !path.startsWith(own)).map((path) => basename(path))).toEqual(["stray.txt"]);
    expect([...read].some((path) => path.endsWith("secret.env"))).toBe(true);
  });
});
