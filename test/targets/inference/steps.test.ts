import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pipeline, type AnyPipeline } from "shapeline";
import { local, type LocalDeployment, type LocalOptions } from "shapeline/local";
import { randomSequence, unitHash } from "../../../src/engine/random-unit.js";
import { refusal } from "../../refusal.js";
import { folder } from "../../engine/make-config.js";
import { boosting, forest, models, regression, rows } from "../breast-cancer.js";
import { openEngine } from "../local-engine.js";

const live = (made: AnyPipeline, options: LocalOptions = {}): Promise<LocalDeployment> =>
  openEngine({ models, ...options }).deploy(made);

/** The answers of each model, deployed alone. */
const single: Record<string, unknown[]> = {};
beforeAll(async () => {
  const target = local({ models, data: folder(), durability: "off" });
  for (const model of [boosting, regression, forest]) {
    const answers = await (await target.deploy(pipeline("single").model(model))).infer(rows);
    single[model.name] = answers.map((row) => row.out["probabilities"]);
  }
  await target.close();
});

/** One deployment for all tests of a describe block. */
function sharedDeployment(made: AnyPipeline): () => LocalDeployment {
  const target = local({ models, data: folder() });
  let deployment: LocalDeployment;
  beforeAll(async () => {
    deployment = await target.deploy(made);
  });
  afterAll(() => target.close());
  return () => deployment;
}

const lastModels = async (deployment: LocalDeployment, limit = 100) =>
  (await deployment.logs({ limit, dataset: ["metadata.last_model"] })).map(
    (row) => (row as unknown as { metadata: { last_model: string } }).metadata.last_model,
  );

describe("multi-model", () => {
  const three = pipeline("three").models([boosting, regression, forest]);

  test("give a tuple; the selected output becomes the result", async () => {
    const selected = await live(three.select(1));
    const answers = await selected.infer(rows);
    expect(answers.map((row) => row.out["probabilities"])).toEqual(single["logistic-regression"]);
    expect(Object.keys(answers[0] ?? {})).toEqual(["time", "in", "out", "anomaly", "check_failures"]);
    expect(await lastModels(selected, 1)).toEqual(["logistic-regression"]);
  });

  test("without a select, answer and log have every output under its model's name", async () => {
    const deployment = await live(three);
    const answers = await deployment.infer(rows);
    expect(Object.keys(answers[0] ?? {})).toEqual([
      "time",
      "in",
      "out",
      "out_gradient-boosting",
      "out_logistic-regression",
      "out_random-forest",
      "anomaly",
      "check_failures",
    ]);
    expect(answers[0]?.out).toEqual({});
    for (const [name, values] of Object.entries(single))
      expect(answers.map((row) => row[`out_${name}`]?.["probabilities"])).toEqual(values);
    expect((await deployment.logs()).reverse()).toEqual(answers);
    const table = await deployment.logs({ arrow: true });
    expect(table.schema.fields.map((field) => field.name)).toEqual([
      "time",
      "in.features",
      "out_gradient-boosting.probabilities",
      "out_logistic-regression.probabilities",
      "out_random-forest.probabilities",
      "anomaly.count",
      "check_failures",
    ]);
  });

  test("an audit selects the models that are logged", async () => {
    const deployment = await live(three.audit("1:").select(0));
    const answers = await deployment.infer(rows);
    expect(answers.map((row) => row.out["probabilities"])).toEqual(single["gradient-boosting"]);
    const [logged] = await deployment.logs({ limit: 1 });
    expect(Object.keys(logged ?? {})).toEqual([
      "time",
      "in",
      "out",
      "out_logistic-regression",
      "out_random-forest",
      "anomaly",
      "check_failures",
    ]);
    expect(logged?.["out_random-forest"]?.["probabilities"]).toEqual(single["random-forest"]?.at(-1));
  });

  test("an audit without a select does not change the answer", async () => {
    const deployment = await live(three.audit(":1"));
    const [answer] = await deployment.infer(rows.slice(0, 1));
    const [logged] = await deployment.logs();
    const groups = (row: object | undefined) => Object.keys(row ?? {}).filter((key) => key.startsWith("out_"));
    expect(groups(answer)).toEqual(["out_gradient-boosting", "out_logistic-regression", "out_random-forest"]);
    expect(groups(logged)).toEqual(["out_gradient-boosting"]);
  });

  test("a validation reads every model's output, logged or not", async () => {
    const deployment = await live(
      three
        .select(0)
        .validate(
          "agree",
          (x) =>
            Math.abs(x.models["gradient-boosting"].probabilities[0] - x.models["random-forest"].probabilities[0]) <
            0.02,
        ),
    );
    const differ = rows.map(
      (_, i) =>
        Math.abs((single["gradient-boosting"]?.[i] as number[])[0]! - (single["random-forest"]?.[i] as number[])[0]!) >=
        0.02,
    );
    expect(new Set(differ)).toEqual(new Set([true, false]));
    expect((await deployment.infer(rows)).map((row) => row.anomaly["agree"])).toEqual(differ);
  });
});

describe("a key split", () => {
  const split = pipeline("split").keySplit("segment", {
    default: boosting,
    routes: { gold: forest, true: regression, "7": regression },
  });
  const refusing = sharedDeployment(split);

  test("routes a request by its metadata, with a default", async () => {
    const deployment = await live(split);
    const answered = async (metadata?: Record<string, string | number | boolean>) =>
      (await deployment.infer(rows, metadata === undefined ? {} : { metadata })).map((row) => row.out["probabilities"]);
    expect(await answered({ segment: "gold" })).toEqual(single["random-forest"]);
    expect(await answered({ segment: true })).toEqual(single["logistic-regression"]);
    expect(await answered({ segment: 7 })).toEqual(single["logistic-regression"]);
    expect(await answered({ segment: "silver" })).toEqual(single["gradient-boosting"]);
    expect(await answered({ segment: "constructor" })).toEqual(single["gradient-boosting"]);
    expect(await answered()).toEqual(single["gradient-boosting"]);
    expect(await lastModels(deployment, 200)).toEqual(
      [
        "gradient-boosting",
        "gradient-boosting",
        "gradient-boosting",
        "logistic-regression",
        "logistic-regression",
        "random-forest",
      ].flatMap((name) => new Array<string>(20).fill(name)),
    );
  });

  test("logs the request's metadata with every row", async () => {
    const deployment = await live(split);
    await deployment.infer(rows.slice(0, 2), { metadata: { segment: "gold" } });
    await deployment.infer(rows.slice(0, 1));
    const logged = await deployment.logs({ dataset: ["metadata"] });
    expect(logged).toEqual(
      [
        [null, "gradient-boosting"],
        [{ segment: "gold" }, "random-forest"],
        [{ segment: "gold" }, "random-forest"],
      ].map(([request, last_model]) => ({
        metadata: {
          last_model,
          pipeline_version: "1",
          elapsed: [expect.any(Number), expect.any(Number)],
          request,
          notes: null,
        },
      })),
    );
  });

  test.each([
    [
      { segmnet: "gold" },
      `SL5041 no split of pipeline 'split' reads the metadata 'segmnet'; its splits read 'segment' (did you mean 'segment'?)`,
    ],
    [{ segment: null }, `SL5040 the metadata 'segment' must be a string, a finite number or a boolean, got null`],
    [
      { segment: NaN },
      `SL5040 the metadata 'segment' must be a string, a finite number or a boolean, got the number NaN`,
    ],
    [
      { segment: ["gold"] },
      `SL5040 the metadata 'segment' must be a string, a finite number or a boolean, got a list of 1`,
    ],
    [
      { segment: 7n },
      `SL5040 the metadata 'segment' must be a string, a finite number or a boolean, got the bigint 7n`,
    ],
    [["gold"], `SL5040 the metadata of a request must be an object { key: value }, got a list of 1`],
    ["gold", `SL5040 the metadata of a request must be an object { key: value }, got the string "gold"`],
  ])("refuses %o, and logs nothing", async (metadata, expected) => {
    const deployment = refusing();
    expect(await refusal(deployment.infer(rows, { metadata: metadata as never }))).toBe(expected);
    expect(await deployment.logs()).toEqual([]);
  });

  test("a pipeline without a split takes no metadata", async () => {
    const deployment = await live(pipeline("plain").model(boosting));
    expect(await refusal(deployment.infer(rows, { metadata: { segment: "gold" } }))).toBe(
      `SL5041 no split of pipeline 'plain' reads the metadata 'segment'; it has no split that reads metadata`,
    );
  });
});

describe("a random split", () => {
  const byUser = pipeline("ab").randomSplit(
    [
      [2, boosting],
      [1, regression],
    ],
    { hashKey: "session_id" },
  );
  const byChance = pipeline("chance").randomSplit([
    [2, boosting],
    [1, regression],
  ]);
  const ask = async (deployment: LocalDeployment, session_id?: string | number | boolean) => {
    await deployment.infer(rows.slice(0, 1), session_id === undefined ? {} : { metadata: { session_id } });
  };
  const relaxed = { durability: "relaxed" } as const;

  test("sends 1,000 sessions near 667 to 333, each always to the same model", async () => {
    const deployment = await live(byUser, relaxed);
    for (let round = 0; round < 2; round++) for (let i = 0; i < 1000; i++) await ask(deployment, `session-${i}`);
    const answered = await lastModels(deployment, 2000);
    expect(answered.slice(0, 1000)).toEqual(answered.slice(1000));
    const control = answered.slice(0, 1000).filter((name) => name === "gradient-boosting").length;
    // Three standard deviations of a binomial of 1,000 and 2/3.
    expect(Math.abs(control - 667)).toBeLessThan(45);
  });

  test("uses a number from 0 to 1 directly and hashes any other value", async () => {
    const deployment = await live(byUser, relaxed);
    const given = [0, 0.5, 0.66, 0.67, 1, "0.67", 2, -1, "a", true];
    for (const value of given) await ask(deployment, value);
    const point = (value: (typeof given)[number]) =>
      typeof value === "number" && value >= 0 && value <= 1 ? value : unitHash(String(value));
    expect((await lastModels(deployment)).reverse()).toEqual(
      given.map((value) => (point(value) < 2 / 3 ? "gradient-boosting" : "logistic-regression")),
    );
  });

  test("hashes as documented", () => {
    const byHand = (text: string) =>
      Number(BigInt(`0x${createHash("sha256").update(text).digest("hex").slice(0, 16)}`) >> 11n) / 2 ** 53;
    for (const text of ["", "alice", "Zoë", "2"]) expect(unitHash(text)).toBe(byHand(text));
    expect([unitHash("alice"), unitHash("Zoë")]).toMatchInlineSnapshot(`
      [
        0.1712650529798836,
        0.775896465486027,
      ]
    `);
  });

  test("is random without a hash key, and repeats with a seed", async () => {
    const drawn = async (made: AnyPipeline, seed?: number) => {
      const deployment = await live(made, { ...relaxed, ...(seed === undefined ? {} : { seed }) });
      for (let i = 0; i < 60; i++) await ask(deployment);
      return (await lastModels(deployment)).reverse();
    };
    const first = await drawn(byChance, 7);
    expect(new Set(first).size).toBe(2);
    expect(await drawn(byChance, 7)).toEqual(first);
    expect(await drawn(byUser, 7)).toEqual(first);
    expect(await drawn(byChance, 8)).not.toEqual(first);
    expect(await drawn(byChance)).not.toEqual(await drawn(byChance));
  });

  test("sends all rows of a request to one model", async () => {
    const deployment = await live(byChance, { ...relaxed, seed: 1 });
    for (let i = 0; i < 10; i++) await deployment.infer(rows);
    const answered = await lastModels(deployment, 200);
    for (let i = 0; i < 200; i += 20) expect(new Set(answered.slice(i, i + 20)).size).toBe(1);
    expect(new Set(answered).size).toBe(2);
  });
});

test("one pipeline can have steps of every kind", async () => {
  const deployment = await live(
    pipeline("all", { inputs: { features: { dtype: "float32", shape: ["batch", "n"] } } })
      .refine({ n: 30 })
      .models([boosting, regression])
      .audit("1:")
      .select(0)
      .validate("sure", (x) => x.out.probabilities[0] > 0.9 || x.out.probabilities[1] > 0.9),
  );
  expect((await deployment.infer(rows)).map((row) => row.out["probabilities"])).toEqual(single["gradient-boosting"]);
  expect(await refusal(deployment.infer([{ features: [1, 2] }]))).toMatchInlineSnapshot(
    `"SL5016 'features' is refined to 30 along axis 0 of a row but the pipeline's input has float32[1, 2]"`,
  );
});

describe("dataset", () => {
  const two = pipeline("two")
    .models([boosting, regression])
    .audit("1:")
    .select(0)
    .validate("low", (x) => x.out.probabilities[0] < 0.5);
  const refusing = sharedDeployment(two);

  test("selects groups and columns of answers, in every form", async () => {
    const deployment = await live(two);
    const [record] = await deployment.infer(rows, { dataset: ["out", "anomaly.low", "metadata.last_model"] });
    expect(record).toEqual({
      out: { probabilities: expect.any(Array) },
      anomaly: { low: expect.any(Boolean) },
      metadata: { last_model: "gradient-boosting" },
    });
    const columns = await deployment.infer(
      { features: rows.map((row) => row.features) },
      { datasetExclude: ["in", "time"] },
    );
    expect(Object.keys(columns)).toEqual(["out", "out_logistic-regression", "anomaly", "check_failures"]);
    const logged = await deployment.logs({ arrow: true, dataset: ["in", "metadata"] });
    const names = (fields: readonly { name: string }[]) => fields.map((field) => field.name);
    expect(names(logged.schema.fields)).toEqual([
      "in.features",
      "metadata.last_model",
      "metadata.pipeline_version",
      "metadata.elapsed",
      "metadata.request",
      "metadata.notes",
    ]);
    expect(logged.getChild("metadata.pipeline_version")?.get(0)).toBe("1");
    expect([...(logged.getChild("metadata.elapsed")?.get(0) as Iterable<bigint>)]).toEqual([
      expect.any(BigInt),
      expect.any(BigInt),
    ]);
    expect(logged.getChild("metadata.notes")?.get(0)).toBeNull();
  });

  test("a separator makes the names flat", async () => {
    const deployment = await live(two);
    const [record] = await deployment.infer(rows, { datasetSeparator: "." });
    expect(Object.keys(record ?? {})).toEqual([
      "time",
      "in.features",
      "out.probabilities",
      "out_logistic-regression.probabilities",
      "anomaly.count",
      "anomaly.low",
      "check_failures",
    ]);
    expect(
      Object.keys(
        (
          await deployment.logs({
            limit: 1,
            dataset: ["*", "metadata.request"],
            datasetExclude: ["in"],
            datasetSeparator: "/",
          })
        )[0] ?? {},
      ),
    ).toEqual([
      "time",
      "out/probabilities",
      "out_logistic-regression/probabilities",
      "anomaly/count",
      "anomaly/low",
      "check_failures",
      "metadata/request",
    ]);
  });

  test.each([
    [{ dataset: ["outs"] }, /^SL5031 the dataset names 'outs', which the result has not: it has time, in\.features, /],
    [{ datasetExclude: ["out.probability"] }, /^SL5031 /],
    [{ dataset: "out" }, /^SL5032 dataset is "out"; give a list of names, such as \["in", "out.risk"\]$/],
    [{ dataset: [] }, /^SL5032 dataset is \[\]; /],
    [{ datasetSeparator: "" }, /^SL5032 datasetSeparator is ""; /],
  ])("%o is refused before anything is inferred", async (options, expected) => {
    const deployment = refusing();
    expect(await refusal(deployment.infer(rows, options as never))).toMatch(expected);
    expect(await deployment.logs()).toEqual([]);
    expect((await deployment.status()).counts.rows).toBe(0);
  });

  test("changes the type of the answer", async () => {
    const typed = await pipeline("typed").model(boosting).deploy(openEngine({ models }));
    const whole = await typed.infer(rows, { timeoutMs: 5000 });
    expect(whole[0]?.out.probabilities).toHaveLength(2);
    const chosen: Readonly<Record<string, unknown>>[] = await typed.infer(rows, { dataset: ["out"] });
    expect(Object.keys(chosen[0] ?? {})).toEqual(["out"]);
  });
});

test("an alert does not change answers and logs", async () => {
  const plain = pipeline("plain")
    .model(boosting)
    .validate("sure", (x) => x.out.probabilities[0] < 0.9);
  const watched = plain.alert("busy", (all) => all.count() > 10, { over: "5m" });
  const expected = (await (await live(plain)).infer(rows)).map((row) => ({ ...row, time: null }));
  const deployment = await live(watched);
  expect((await deployment.infer(rows)).map((row) => ({ ...row, time: null }))).toEqual(expected);
  expect(Object.keys((await deployment.logs({ limit: 1 }))[0] ?? {})).toEqual(Object.keys(expected[0] ?? {}));
});

describe("a seeded random split", () => {
  const seed = 7;
  const names = (count: number): string[] => {
    const draw = randomSequence(seed);
    return Array.from({ length: count }, () => (draw() < 2 / 3 ? regression.name : boosting.name));
  };

  test("keeps its proportions: chi-square over 100,000 draws", () => {
    const drawn = names(100_000);
    const expected = [
      [regression.name, 200_000 / 3],
      [boosting.name, 100_000 / 3],
    ] as const;
    const chiSquare = expected.reduce(
      (sum, [name, count]) => sum + (drawn.filter((each) => each === name).length - count) ** 2 / count,
      0,
    );
    // One degree of freedom: a fair split exceeds this once in a hundred times; the seed makes it the same every time.
    expect(chiSquare).toBeLessThan(6.63);
  });

  test("sends each of 5,000 requests to the model that its draw selects", async () => {
    const split = pipeline("ab").randomSplit([
      [2, regression],
      [1, boosting],
    ]);
    const deployment = await live(split, { durability: "off", seed });
    const chosen: string[] = [];
    for (let i = 0; i < 5000; i++) {
      const [row] = await deployment.infer(rows.slice(0, 1), { dataset: ["metadata.last_model"] });
      chosen.push((row as unknown as { metadata: { last_model: string } }).metadata.last_model);
    }
    expect(chosen).toEqual(names(5000));
  });
});
