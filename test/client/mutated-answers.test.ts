// Answers of a server that lies or breaks. `SHAPELINE_CLIENT_ANSWERS` sets how many. Needs `npm run build`.
import { expect, test } from "vitest";
import { runMutants } from "../support/mutants/run-mutants.js";

test(
  "a mutated answer ends in a result of the right form, or in an error with a code",
  { timeout: 600_000 },
  async () => {
    const judge = new URL("mutated-answers-judge.mjs", import.meta.url);
    const count = Number(process.env["SHAPELINE_CLIENT_ANSWERS"] ?? 1000);
    const { accepted, refused, faults } = await runMutants({ judge, count });
    expect(faults).toEqual([]);
    expect(accepted).toBeGreaterThan(0);
    console.log(`answers: ${accepted} accepted, refused ${JSON.stringify(refused)}`);
  },
);
