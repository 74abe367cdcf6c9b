import { describe, expect, it } from "vitest";
import { cost, goals, readTable, rise } from "./cost/table.js";

// The figures with a limit, on one compiler. `npm run bench:types -- --check` checks all figures: `.ci/run` does.
const quick = Object.keys(goals);

describe("the type instantiations of pipelines", () => {
  it.each(quick)("%s: not more than in the table", (name) => {
    const measured = cost("7.0", name);
    expect(measured).toBeTypeOf("number");
    expect(rise(name, "7.0", measured ?? null)).toBeNull();
  });

  it("reports a rise of more than 3 %, and no smaller one", () => {
    const [name = ""] = quick;
    const known = readTable().instantiations[name]?.["7.0"] ?? Number.NaN;
    expect(rise(name, "7.0", known * 1.02)).toBeNull();
    expect(rise(name, "7.0", known * 1.04)).toContain(`and ${known} in the table`);
    expect(rise(name, "7.0", null)).toContain("more than the compiler takes");
  });

  it("cost as much per step at 500 steps as at 200", () => {
    const { instantiations } = readTable();
    for (const name of ["a step, equal dims", "a step, rebinding dims", "a validation", "a step, all kinds in turn"]) {
      const [short, long] = [
        instantiations[name]?.["7.0"],
        instantiations[`${name}, from the 200th to the 500th`]?.["7.0"],
      ];
      expect((long ?? Infinity) / (short ?? 1), name).toBeLessThan(1.1);
    }
    expect(instantiations["a step, equal dims, from the 500th to the 3,000th"]?.["7.0"]).toBeLessThan(
      (instantiations["a step, equal dims"]?.["7.0"] ?? 0) * 1.1,
    );
  });

  it("have a table row for every limit", () => {
    for (const name of Object.keys(goals)) expect(readTable().instantiations[name]).toBeDefined();
  });
});
