import { expect, test } from "vitest";
import { pipeline } from "../../../dsl/index.js";
import { boosting, forest, models, regression, rows } from "../breast-cancer.js";
import { openEngine } from "../local-engine.js";

const sure = pipeline("sure")
  .shadow(boosting, [regression, forest])
  .validate("sure", (x) => x.out.probabilities.some((p) => p > 0.95))
  .validate("mean", (x) => x.in.features[0] < 15)
  .validate("close", (x) => Math.abs(x.out.probabilities[0] - x.models["random-forest"].probabilities[0]) < 0.1);

type Probabilities = readonly number[];
const isSure = (probabilities: Probabilities) => probabilities.some((p) => p > 0.95);

test("a comparison says how the champion's validations would judge each challenger", async () => {
  const live = await sure.deploy(openEngine({ models, challengers: "return" }));
  const answers = (await live.infer(rows)) as unknown as Record<string, { probabilities: Probabilities }>[];
  const champion = answers.map((row) => isSure(row.out?.probabilities ?? []));
  const { challengers } = await live.compare();
  expect(challengers.map(({ name }) => name)).toEqual(["logistic-regression", "random-forest"]);
  for (const { name, validations } of challengers) {
    const other = answers.map((row) => isSure(row[`out_${name}`]?.probabilities ?? []));
    // 'mean' reads no output.
    expect(validations.map(({ validation }) => validation)).toEqual(["sure", "close"]);
    expect(validations[0]).toEqual({
      validation: "sure",
      rows: rows.length,
      championFailed: champion.filter((holds) => !holds).length,
      challengerFailed: other.filter((holds) => !holds).length,
      differing: champion.filter((holds, i) => holds !== other[i]).length,
    });
  }
  // The random forest is compared with itself.
  expect(challengers[1]?.validations[1]).toMatchObject({ validation: "close", challengerFailed: 0 });
  // Otherwise the test would show nothing.
  expect(challengers.map(({ validations }) => (validations[0]?.differing ?? 0) > 0)).toContain(true);
});

test("rows without the values that a validation reads do not count", async () => {
  const engine = openEngine({ models, challengers: "return", log: { exclude: ["out_random-forest.probabilities"] } });
  const live = await sure.deploy(engine);
  await live.infer(rows);
  const { challengers } = await live.compare();
  const counted = challengers.map(({ validations }) => validations.map((each) => [each.validation, each.rows]));
  expect(counted).toEqual([
    [
      ["sure", rows.length],
      ["close", 0],
    ],
    [
      ["sure", 0],
      ["close", 0],
    ],
  ]);
});
