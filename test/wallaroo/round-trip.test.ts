import fc from "fast-check";
import { expect, it } from "vitest";
import type { Config } from "shapeline/config";
import { fromDefinition, stringifyDefinition, toDefinition, type Dialect } from "shapeline/wallaroo";
import { backEndOf } from "../../src/wallaroo/steps.js";
import { canonicalTrees, configOf, models, randomDrafts } from "./random-configs.js";

/** `npm run fuzz:platform` sets 20,000. */
const count = Number(process.env["SHAPELINE_PLATFORM_CONFIGS"] ?? 150);
const lambdas = Math.min(count, 600);

it.each(["polars", "checks"] as const)(
  "reads back every config that dialect %s can express, with the same hash",
  (dialect) => {
    const trees = canonicalTrees(dialect, dialect === "polars" ? lambdas / 2 : lambdas, 20_261_122);
    let compared = 0;
    for (const drafts of fc.sample(randomDrafts(trees), {
      numRuns: Math.ceil(count * (dialect === "polars" ? 0.85 : 0.5)),
      seed: 7,
    })) {
      const config = configOf(drafts);
      if (config === null || !canExpress(dialect, config)) continue;
      const definition = toDefinition(config, { dialect });
      const { config: back, problems, inferred } = fromDefinition(stringifyDefinition(definition), { models });
      expect(problems).toEqual([]);
      expect(inferred).toEqual([]);
      if (back?.hash !== config.hash) expect(back).toEqual(config);
      compared++;
    }
    console.log(`${compared} configs in ${dialect}, of ${trees.length} lambdas`);
    expect(compared).toBeGreaterThan(count * (dialect === "polars" ? 0.5 : 0.1));
  },
);

function canExpress(dialect: Dialect, config: Config): boolean {
  const backEnd = backEndOf[dialect];
  return config.steps.every((step) => step.kind !== "validation" || step.expression.strings[backEnd] !== undefined);
}
