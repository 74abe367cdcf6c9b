import { describe, expect, test } from "vitest";
import { build, defineModel, pipeline, tensor, type AnyPipeline, type CompiledConfig } from "shapeline";
import { stringifyConfig } from "shapeline/config";
import { folder, writeModel } from "../../engine/make-config.js";
import { single } from "../../engine/odd-models.js";
import { refusal } from "../../refusal.js";
import { openEngine } from "../local-engine.js";

const dir = folder();
const file = (name: string, op: string) =>
  defineModel({
    name,
    sha256: writeModel(dir, name, single(op)).sha256,
    inputs: { x: tensor("float32", ["batch", 1]) },
    outputs: { y: tensor("float32", ["batch", 1]) },
  });
const same = file("same", "Identity");
const minus = file("minus", "Neg");

const signs = pipeline("signs")
  .model(same)
  .validate("low", (x) => x.out < 5);

/** As an import of a JSON file gives it. */
const imported = async (of: AnyPipeline): Promise<CompiledConfig> =>
  JSON.parse(stringifyConfig(await build(of))) as CompiledConfig;

/** The same steps with a lambda that only a compiler can resolve. */
const LIMIT = Number("5");
const closedOver = pipeline("signs")
  .model(same)
  .validate("low", (x) => x.out < LIMIT);

describe("a pipeline deployed with its compiled config", () => {
  test("needs no compiler: the config's lambdas run", async () => {
    const target = openEngine({ models: dir });
    expect(await refusal(closedOver.deploy(target))).toContain("SL1042");
    const live = await closedOver.deploy(target, { config: await imported(signs) });
    const [row] = await live.infer([{ x: [7] }]);
    expect([row.out.y, row.anomaly.low, (await live.status()).version]).toEqual([[7], true, "1"]);
    expect((await live.compare()).rows).toBe(1);
  });

  const drifts: readonly (readonly [string, AnyPipeline, string])[] = [
    [
      "another validation",
      pipeline("signs")
        .model(same)
        .validate("small", (x) => x.out < 5),
      'step 1 is validate("small", …) there, and validate("low", …) in the pipeline',
    ],
    [
      "a missing step",
      pipeline("signs").model(same),
      'step 1 is missing there, and validate("low", …) in the pipeline',
    ],
    [
      "another step",
      pipeline("signs")
        .model(same)
        .validate("low", (x) => x.out < 5)
        .alert("many", (all) => all.count() > 10, { over: "5m" }),
      'step 2 is alert("many", …, { over: "300s" }) there, and missing in the pipeline',
    ],
    [
      "another model",
      pipeline("signs")
        .model(minus)
        .validate("low", (x) => x.out < 5),
      "step 0 is model(minus) there, and model(same) in the pipeline",
    ],
    [
      "another file of the model",
      pipeline("signs")
        .model(defineModel({ ...same, sha256: minus.sha256 }))
        .validate("low", (x) => x.out < 5),
      `the model 'same' of step 0 has the file ${minus.sha256.slice(0, 12)}… there`,
    ],
    [
      "another name",
      pipeline("others")
        .model(same)
        .validate("low", (x) => x.out < 5),
      "its name is 'others'",
    ],
  ];
  test.each(drifts)("is refused for %s, which is named", async (_, other, text) => {
    const target = openEngine({ models: dir });
    expect(await refusal(signs.deploy(target, { config: await imported(other) }))).toBe(
      `SL4009 the config is not of this pipeline 'signs': ${text}; compile the pipeline again`,
    );
  });

  test("is refused for a config that was edited", async () => {
    const config = { ...(await imported(signs)), name: "signs2" };
    expect(await refusal(signs.deploy(openEngine({ models: dir }), { config }))).toContain(
      "SL4003 the config: its hash",
    );
  });
});

describe("connect", () => {
  test("gives the typed deployment of what is deployed, and keeps its version", async () => {
    const target = openEngine({ models: dir });
    await signs.deploy(target);
    const live = await signs.connect(target);
    const [row] = await live.infer([{ x: [7] }]);
    expect([row.out.y, row.anomaly.low]).toEqual([[7], true]);
    await target.deploy(
      pipeline("signs")
        .model(minus)
        .validate("low", (x) => x.out < 5),
    );
    expect((await live.infer([{ x: [3] }]))[0].out.y).toEqual([3]);
  });

  test("names the step in which the deployed version differs", async () => {
    const target = openEngine({ models: dir });
    await target.deploy(pipeline("signs").model(same));
    expect(await refusal(signs.connect(target))).toBe(
      "SL4009 the deployed version 1 of 'signs' is not of this pipeline 'signs': step 1 is missing there, and " +
        'validate("low", …) in the pipeline; deploy the pipeline, or connect with the source of that version',
    );
  });

  test("is refused where nothing is deployed, and for targets that cannot compare", async () => {
    expect(await refusal(signs.connect(openEngine({ models: dir })))).toContain("SL6007");
    const remote = { kind: "remote", deploy: () => Promise.reject(new Error("not called")) };
    expect(await refusal(signs.connect(remote))).toContain("the target 'remote' cannot compare");
  });
});
