import { describe, expect, it } from "vitest";
import { build, defineModel, pipeline, tensor, type AnyPipeline } from "shapeline";
import { hashConfig, parseConfig, stringifyConfig } from "shapeline/config";
import { configJsonSchema } from "../../src/config/schema.js";
import { refusal } from "../refusal.js";
import { returnedTupleModels, loggedTupleModels, splitKeys } from "../../src/config/step-models.js";

const model = <const N extends string>(name: N, digit: string) =>
  defineModel({
    name,
    sha256: digit.repeat(64),
    inputs: { x: tensor("float32", ["batch", 4]) },
    outputs: { y: tensor("float32", ["batch", 4]) },
  });
const [a, b, c] = [model("a", "1"), model("b", "2"), model("c", "3")];
const start = pipeline("p", { inputs: { x: tensor("float32", ["batch", "n"]) } });

const pipelines: readonly [string, AnyPipeline][] = [
  ["models, audit and select", pipeline("p").models([a, b, c]).audit("1:").select(0)],
  ["an audit with an end", pipeline("p").models([a, b, c]).audit(":2").select(2)],
  ["a key split", pipeline("p").keySplit("segment", { default: a, routes: { gold: b, "": c } })],
  [
    "a random split with a hash key",
    pipeline("p").randomSplit(
      [
        [2, a],
        [0.5, b],
      ],
      { hashKey: "session_id" },
    ),
  ],
  [
    "a random split without a hash key",
    pipeline("p").randomSplit([
      [2, a],
      [1, b],
    ]),
  ],
  ["refine", start.refine({ n: 4 }).model(a)],
  [
    "alerts",
    pipeline("p")
      .model(a)
      .alert("high", (all) => all.max((x) => x.out[0]) > 1, { over: "5m", for: "30s" })
      .alert("busy", (all) => all.count() > 10, { over: "1d" }),
  ],
  [
    "a split after a split",
    pipeline("p")
      .keySplit("k", { default: a, routes: { b } })
      .randomSplit([[1, c]]),
  ],
];

describe.each(pipelines)("the config of %s", (_, made) => {
  it("has the same bytes on every build, and is parsed unchanged from them", async () => {
    const config = await build(made);
    const text = stringifyConfig(config);
    expect(stringifyConfig(await build(made))).toBe(text);
    expect(parseConfig(text)).toEqual(config);
    expect(stringifyConfig(parseConfig(text))).toBe(text);
  });
});

it("contains plain data and names its models", async () => {
  const steps = await Promise.all(pipelines.map(async ([, made]) => (await build(made)).steps));
  expect(steps.slice(0, 6).map((each) => JSON.stringify(each))).toMatchInlineSnapshot(`
    [
      "[{"kind":"models","models":["a","b","c"]},{"kind":"audit","from":1,"to":null},{"kind":"select","index":0}]",
      "[{"kind":"models","models":["a","b","c"]},{"kind":"audit","from":0,"to":2},{"kind":"select","index":2}]",
      "[{"kind":"keySplit","key":"segment","default":"a","routes":{"gold":"b","":"c"}}]",
      "[{"kind":"randomSplit","hashKey":"session_id","weights":[{"model":"a","weight":2},{"model":"b","weight":0.5}]}]",
      "[{"kind":"randomSplit","hashKey":null,"weights":[{"model":"a","weight":2},{"model":"b","weight":1}]}]",
      "[{"kind":"refine","sizes":{"n":4}},{"kind":"model","model":"a","rename":{}}]",
    ]
  `);
});

it("stores the size of a refined symbol as a run-time check without a model", async () => {
  expect((await build(start.refine({ n: 4 }).model(a))).checks).toEqual([
    { step: 0, model: null, input: "x", axis: 0, expects: 4 },
  ]);
});

it("has a JSON Schema with every step kind", () => {
  const { steps } = configJsonSchema()["properties"] as {
    steps: {
      items: {
        oneOf?: { properties: { kind: { const: string } } }[];
        anyOf?: { properties: { kind: { const: string } } }[];
      };
    };
  };
  const kinds = (steps.items.oneOf ?? steps.items.anyOf ?? []).map((step) => step.properties.kind.const);
  expect(kinds).toEqual([
    "model",
    "models",
    "audit",
    "select",
    "keySplit",
    "randomSplit",
    "shadow",
    "validation",
    "alert",
    "refine",
  ]);
});

it("lists the tuple models that are logged and returned, and the metadata keys of splits", async () => {
  const of = async (made: AnyPipeline) => {
    const { steps } = await build(made);
    return [loggedTupleModels(steps), returnedTupleModels(steps), splitKeys(steps)];
  };
  expect(await of(pipeline("p").models([a, b, c]))).toEqual([["a", "b", "c"], ["a", "b", "c"], []]);
  expect(await of(pipeline("p").models([a, b, c]).audit("1:"))).toEqual([["b", "c"], ["b", "c", "a"], []]);
  expect(await of(pipeline("p").models([a, b, c]).audit("1:2").select(0))).toEqual([["b"], ["b"], []]);
  expect(await of(pipeline("p").models([a, b]).select(0))).toEqual([[], [], []]);
  expect(
    await of(
      pipeline("p")
        .keySplit("k", { default: a, routes: { b } })
        .randomSplit([[1, c]], { hashKey: "h" }),
    ),
  ).toEqual([[], [], ["k", "h"]]);
});

describe("parseConfig rejects a config edited by hand:", () => {
  const edited = async (made: AnyPipeline, change: (steps: Record<string, unknown>[]) => void) => {
    const config = structuredClone(await build(made)) as unknown as { steps: Record<string, unknown>[]; hash: string };
    change(config.steps);
    config.hash = hashConfig(config as never);
    return refusal(() => parseConfig(config));
  };
  const [[, several], , [, byKey], [, byWeight], , [, refined]] = pipelines as [
    [string, AnyPipeline],
    unknown,
    [string, AnyPipeline],
    [string, AnyPipeline],
    unknown,
    [string, AnyPipeline],
  ];

  it.each([
    ["a select out of range", several, (steps: Record<string, unknown>[]) => (steps[2]!["index"] = 3)],
    ["a select below 0", several, (steps: Record<string, unknown>[]) => (steps[2]!["index"] = -1)],
    ["an audit of no outputs", several, (steps: Record<string, unknown>[]) => (steps[1]!["to"] = 1)],
    [
      "a model listed twice",
      several,
      (steps: Record<string, unknown>[]) => (steps[0]!["models"] = ["a", "b", "c", "a"]),
    ],
    ["a route to an unknown model", byKey, (steps: Record<string, unknown>[]) => (steps[0]!["routes"] = { gold: "d" })],
    [
      "a weight of 0",
      byWeight,
      (steps: Record<string, unknown>[]) => ((steps[0]!["weights"] as { weight: number }[])[0]!.weight = 0),
    ],
    ["an empty hash key", byWeight, (steps: Record<string, unknown>[]) => (steps[0]!["hashKey"] = "")],
    [
      "a refined symbol that does not exist",
      refined,
      (steps: Record<string, unknown>[]) => (steps[0]!["sizes"] = { m: 4 }),
    ],
  ])("%s", async (_, made, change) => {
    expect(await edited(made, change)).toMatchSnapshot();
  });
});

it("rejects wrong arguments from plain JavaScript with their problems", async () => {
  const untyped = pipeline("p") as unknown as {
    models(models: unknown): AnyPipeline;
    randomSplit(weights: unknown): AnyPipeline;
    keySplit(key: unknown, options: unknown): AnyPipeline;
  };
  expect(await refusal(build(untyped.models(7)))).toMatchInlineSnapshot(`
    "SL2000 pipeline 'p' has 2 problems:
      SL2031 the models of step 0 must be a list of models, not a number
      SL2007 the pipeline has no inference step: add .model() or .shadow()"
  `);
  expect(await refusal(build(untyped.randomSplit([7])))).toMatchInlineSnapshot(`
    "SL2000 pipeline 'p' has 2 problems:
      SL2066 the weights of step 0 must be a list of [weight, model]
      SL2007 the pipeline has no inference step: add .model() or .shadow()"
  `);
  expect(await refusal(build(untyped.keySplit("k", { default: a, routes: null })))).toMatchInlineSnapshot(
    `"SL2061 pipeline 'p': step 0: a key split needs at least one route"`,
  );
});
