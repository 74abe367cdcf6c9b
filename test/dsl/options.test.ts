import { describe, expect, test } from "vitest";
import { defineModel } from "../../dsl/index.js";
import { pipeline } from "../../dsl/pipeline/pipeline.js";
import { refusal } from "../refusal.js";
import { ccfraud, ccfraudXgb } from "./models.js";
import { problemLines, untyped, type UntypedPipeline } from "./untyped-pipeline.js";

const first = () => untyped("p");
const model = () => untyped("p").model(ccfraud);

describe("an option or argument that does not exist is refused, as by the types", () => {
  test.each([
    ["model", first().model(ccfraud, {}, { x: 1 }), "step 0: model() has no option 'x'; it takes no options"],
    [
      "models",
      first().models([ccfraud], { audit: "1:" }),
      "step 0: models() has no option 'audit'; it takes no options",
    ],
    [
      "shadow",
      first().shadow(ccfraud, [ccfraudXgb], { fraction: 0.1 }),
      "step 0: shadow() has no option 'fraction'; it takes no options",
    ],
    [
      "randomSplit",
      first().randomSplit([[1, ccfraud]], { hashkey: "id" }),
      "step 0: randomSplit() has no option 'hashkey'; leave it out, or give one of its options: 'hashKey'",
    ],
    [
      "keySplit",
      first().keySplit("tier", { default: ccfraud, routes: { gold: ccfraud }, else: ccfraud }),
      "step 0: keySplit() has no option 'else'; leave it out, or give one of its options: 'default' and 'routes'",
    ],
    [
      "validate",
      model().validate("amt", () => true, { warn: true }),
      "step 1: validate() has no option 'warn'; it takes no options",
    ],
    [
      "alert",
      model().alert("drift", () => true, { over: "5m", every: "1m" }),
      "step 1: alert() has no option 'every'; leave it out, or give one of its options: 'over' and 'for'",
    ],
    ["select", first().models([ccfraud]).select(0, 1), "step 1: select() takes 1 argument, got 2"],
  ])("%s", (_, made, message) => {
    expect(problemLines(made)).toEqual([`SL2093 ${message}`]);
  });

  test("pipeline", () => {
    expect(problemLines(untyped("p", { input: {} }).model(ccfraud))).toEqual([
      "SL2093 pipeline() has no option 'input'; leave it out, or give one of its options: 'inputs' and 'missing'",
    ]);
  });

  test("in the callback of an edit", () => {
    const edited = model().replaceStep(0, (at: UntypedPipeline) => at.shadow(ccfraud, [ccfraudXgb], { fraction: 0.1 }));
    expect(problemLines(edited)).toEqual(["SL2093 step 0: shadow() has no option 'fraction'; it takes no options"]);
  });

  test("deploy and connect", async () => {
    const target = { kind: "test", deploy: () => Promise.resolve(null), connect: () => Promise.resolve(null) };
    const made = pipeline("p").model(ccfraud);
    expect(await refusal(() => made.deploy(target as never, { confg: 1 } as never))).toBe(
      "SL6011 pipeline 'p': deploy() has no option 'confg'; leave it out, or give one of its options: 'config'",
    );
    expect(await refusal(() => (made.connect as (...args: unknown[]) => Promise<unknown>)(target, { config: 1 }))).toBe(
      "SL6011 pipeline 'p': connect() has no option 'config'; it takes no options",
    );
  });

  test("defineModel", async () => {
    const { name, sha256, inputs, outputs } = ccfraud;
    expect(await refusal(() => defineModel({ name, sha256, inputs, outputs, batchsize: 4 } as never))).toMatch(
      /^SL3040 the model's definition is wrong: defineModel\(\) has no option 'batchsize'; leave it out, or give one of its options: 'name', /,
    );
  });
});
