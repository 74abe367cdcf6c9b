import { describe, expect, it } from "vitest";
import { checkPipeline, defineModel, pipeline, type AnyPipeline, type Dim, type Model } from "../../dsl/index.js";
import { ccfraud, ccfraudRf, ccfraudXgb } from "./models.js";

/** The builder as plain JavaScript sees it. */
interface Loose extends AnyPipeline {
  readonly models: readonly Model[] & ((...args: unknown[]) => Loose);
  model(...args: unknown[]): Loose;
  audit(...args: unknown[]): Loose;
  select(...args: unknown[]): Loose;
  keySplit(...args: unknown[]): Loose;
  randomSplit(...args: unknown[]): Loose;
  refine(...args: unknown[]): Loose;
}
const loose = (...args: unknown[]): Loose => (pipeline as unknown as (...args: unknown[]) => Loose)(...args);
const lines = (p: AnyPipeline) => checkPipeline(p).problems.map(({ code, message }) => `${code} ${message}`);

const encoder = defineModel({
  name: "encoder",
  sha256: "6".repeat(64),
  inputs: { tokens: { dtype: "int64", shape: ["batch", "seq"] } },
  outputs: {
    hidden: { dtype: "float32", shape: ["batch", "seq", "k"] },
    mask: { dtype: "bool", shape: ["batch", "seq"] },
  },
});
const twin = (name: string, shape: Dim[], dtype: "float32" | "float64" = "float32") =>
  defineModel({
    name,
    sha256: "7".repeat(64),
    inputs: { x: { dtype: "float32", shape: [null, 29] } },
    outputs: { dense_1: { dtype, shape } },
  });
const inputs = { x: { dtype: "float32", shape: [null, 29] } } as const;
const outputs = { dense_1: { dtype: "float32", shape: ["N", 1] } } as const;
const control = defineModel({ name: "control", sha256: "8".repeat(64), inputs, outputs });
const challenger = defineModel({ name: "challenger", sha256: "9".repeat(64), inputs, outputs });

describe("a step is frozen data", () => {
  it("of every kind", () => {
    const p = pipeline("p").models([ccfraud, ccfraudXgb]).audit("1:").select(0).refine({ batch: 1 });
    expect(p.steps).toEqual([
      { kind: "models", models: [ccfraud, ccfraudXgb] },
      { kind: "audit", from: 1, to: null },
      { kind: "select", index: 0 },
      { kind: "refine", sizes: { batch: 1 } },
    ]);
    const keyed = pipeline("p").keySplit("segment", { default: ccfraud, routes: { gold: control } });
    expect(keyed.steps).toEqual([{ kind: "keySplit", key: "segment", default: ccfraud, routes: { gold: control } }]);
    const random = pipeline("p").randomSplit(
      [
        [2, control],
        [1, challenger],
      ],
      { hashKey: "session_id" },
    );
    expect(random.steps).toEqual([
      {
        kind: "randomSplit",
        hashKey: "session_id",
        weights: [
          [2, control],
          [1, challenger],
        ],
      },
    ]);
    expect(pipeline("p").randomSplit([[1, control]]).steps).toMatchObject([{ hashKey: null }]);
    for (const step of [...p.steps, ...keyed.steps, ...random.steps]) {
      expect(Object.isFrozen(step)).toBe(true);
      for (const part of Object.values(step)) expect(Object.isFrozen(part)).toBe(true);
    }
    expect([p, keyed, random].map(checkPipeline)).toMatchObject([{ problems: [] }, { problems: [] }, { problems: [] }]);
  });

  it.each([
    ["1:", 1, null],
    ["0:2", 0, 2],
    [":2", 0, 2],
    [":", 0, null],
    ["2", 2, null],
  ])("an audit of %j takes the outputs from %j up to %j", (slice, from, to) => {
    expect(pipeline("p").models([ccfraud, ccfraudXgb, ccfraudRf]).audit(slice).steps[1]).toEqual({
      kind: "audit",
      from,
      to,
    });
  });
});

describe("the models of a pipeline", () => {
  it("are a frozen list", () => {
    const { modelList } = pipeline("p").models([ccfraud, ccfraudXgb]);
    expect(modelList).toEqual([ccfraud, ccfraudXgb]);
    expect(Object.isFrozen(modelList)).toBe(true);
  });

  it("are those of all kinds of steps, each once", () => {
    const all = loose("p")
      .randomSplit([
        [1, control],
        [2, challenger],
      ])
      .model(twin("last", ["N", 1]), { x: "dense_1" });
    expect(all.modelList.map((model) => model.name)).toEqual(["control", "challenger", "last"]);
    const keyed = pipeline("p").keySplit("k", { default: control, routes: { a: challenger, b: challenger } });
    expect(keyed.modelList.map((model) => model.name)).toEqual(["control", "challenger"]);
  });
});

describe("what goes on", () => {
  const dense = { dense_1: { dtype: "float32", shape: ["batch", 1] } };
  const variable = { variable: { dtype: "float32", shape: ["batch", 1] } };

  it("after models is a tuple, and after select one of it", () => {
    const several = pipeline("p").models([ccfraud, ccfraudXgb]);
    expect(several.outputs).toEqual([dense, variable]);
    expect(Object.isFrozen(several.outputs)).toBe(true);
    expect(several.audit("1:").select(1).outputs).toEqual(variable);
    expect(several.inputs).toEqual({ dense_input: { dtype: "float32", shape: ["N", 29] } });
  });

  it("after a split is what all of its models give", () => {
    expect(pipeline("p").keySplit("k", { default: control, routes: { gold: ccfraud } }).outputs).toEqual(dense);
    expect(
      pipeline("p").randomSplit([
        [1, ccfraud],
        [1, control],
      ]).outputs,
    ).toEqual(dense);
  });

  it("tells a validation what it may read", () => {
    const p = pipeline("p")
      .models([ccfraud, ccfraudXgb])
      .validate("before", (x) => x.models["ccfraud-lstm"] < 1)
      .select(1)
      .validate("after", (x) => x.out < x.models["ccfraud-lstm"]);
    const inputs = [{ name: "dense_input", dtype: "float32", shape: ["N", 29] }];
    const champion = [{ name: "dense_1", dtype: "float32", shape: ["batch", 1] }];
    const other = [{ name: "variable", dtype: "float32", shape: ["batch", 1] }];
    const models = { "ccfraud-lstm": champion, "ccfraud-xgb": other };
    const first = { name: "ccfraud-lstm", columns: ["dense_input"] };
    expect(checkPipeline(p).scopes.slice(1)).toEqual([
      { inputs, outputs: [], models, first },
      { inputs, outputs: [], models, first },
      { inputs, outputs: other, models, champion: "ccfraud-xgb", first, last: "ccfraud-xgb" },
    ]);
  });
});

describe("refine", () => {
  it("puts a size in all places of a symbol, and leaves each of them to a run-time check", () => {
    const p = pipeline("p").model(encoder).refine({ seq: 128, "encoder.k": 768 });
    expect(p.outputs).toEqual({
      hidden: { dtype: "float32", shape: ["batch", 128, 768] },
      mask: { dtype: "bool", shape: ["batch", 128] },
    });
    expect(checkPipeline(p)).toMatchObject({
      problems: [],
      checks: [
        { step: 1, model: null, input: "hidden", axis: 1, expects: 128 },
        { step: 1, model: null, input: "hidden", axis: 2, expects: 768 },
        { step: 1, model: null, input: "mask", axis: 1, expects: 128 },
      ],
    });
  });

  it("works on the request's columns", () => {
    const inputs = { tokens: { dtype: "int64", shape: ["batch", "seq"] } } as const;
    const p = pipeline("p", { inputs }).refine({ seq: 16 }).model(encoder);
    expect(checkPipeline(p)).toMatchObject({
      problems: [],
      checks: [{ step: 0, model: null, input: "tokens", axis: 1, expects: 16 }],
    });
    expect(p.inputs).toEqual(inputs);
    expect(p.outputs).toMatchObject({ mask: { shape: ["batch", 16] } });
  });
});

describe("all problems of a step are found", () => {
  it("in models", () => {
    const p = loose("p").models([ccfraud, ccfraud, encoder, 3]).model(control).refine({ batch: 1 }).select(5);
    expect(lines(p)).toMatchInlineSnapshot(`
      [
        "SL2024 model 'ccfraud-lstm' occurs twice in one models step",
        "SL2010 model 'encoder' input 'tokens' expects int64[batch, seq] but the pipeline's input has float32[batch, 29]",
        "SL2031 a model of step 0 is not a model from defineModel: expected an object with name, sha256, inputs and outputs, not a number",
        "SL2026 step 0 produces the outputs of 3 models: put .select() before model 'control'",
        "SL2027 .select() needs a .models() step before it, with nothing selected yet",
      ]
    `);
  });

  it("in splits", () => {
    const p = loose("p")
      .keySplit("", { default: ccfraud, routes: { a: ccfraudXgb, b: encoder, c: twin("double", ["N", 1], "float64") } })
      .randomSplit(
        [
          [NaN, twin("t", ["N", 29])],
          [Infinity, control],
          ["2", challenger],
          [1, twin("wide", ["N", 2])],
        ],
        { hashKey: "" },
      );
    expect(lines(p)).toMatchInlineSnapshot(`
      [
        "SL2060 the key of a key split must be a string that is not empty",
        "SL2062 model 'ccfraud-xgb' produces 'variable' but model 'ccfraud-lstm' of the same split produces 'dense_1'",
        "SL2010 model 'encoder' input 'tokens' expects int64[batch, seq] but the pipeline's input has float32[batch, 29]",
        "SL2062 model 'double' output 'dense_1' is float64[batch, 1] but that of model 'ccfraud-lstm' of the same split is float32[batch, 1]",
        "SL2065 the hash key of a random split must be a string that is not empty",
        "SL2064 the weight of model 't' must be a number above 0, not NaN",
        "SL2012 model 't' input 'x' expects float32[batch, 29] but step 0 (model 'ccfraud-lstm') produces float32[batch, 1]",
        "SL2064 the weight of model 'control' must be a number above 0, not Infinity",
        "SL2012 model 'control' input 'x' expects float32[batch, 29] but step 0 (model 'ccfraud-lstm') produces float32[batch, 1]",
        "SL2064 the weight of model 'challenger' must be a number above 0, not a string",
        "SL2012 model 'challenger' input 'x' expects float32[batch, 29] but step 0 (model 'ccfraud-lstm') produces float32[batch, 1]",
        "SL2012 model 'wide' input 'x' expects float32[batch, 29] but step 0 (model 'ccfraud-lstm') produces float32[batch, 1]",
      ]
    `);
  });

  it("in a split whose first model does not fit, without comparing to it", () => {
    expect(
      lines(
        loose("p")
          .model(encoder)
          .keySplit("k", { default: control, routes: { gold: ccfraudXgb } }),
      ),
    ).toMatchInlineSnapshot(`
      [
        "SL2014 model 'control' needs input 'x' but step 0 (model 'encoder') produces only 'hidden', 'mask'",
        "SL2014 model 'ccfraud-xgb' needs input 'feature_input' but step 0 (model 'encoder') produces only 'hidden', 'mask'",
      ]
    `);
  });

  it.each([
    ["no models", loose("p").models()],
    ["a model for models", loose("p").models(ccfraud)],
    ["no slice", loose("p").models([ccfraud, ccfraudXgb]).audit()],
    ["a number for a slice", loose("p").models([ccfraud, ccfraudXgb]).audit(1)],
    ["a padded slice", loose("p").models([ccfraud, ccfraudXgb]).audit("01:")],
    ["text for an index", loose("p").models([ccfraud, ccfraudXgb]).select("0")],
    ["a member of lists for an index", loose("p").models([ccfraud, ccfraudXgb]).select("length")],
    ["no index", loose("p").models([ccfraud, ccfraudXgb]).select()],
    ["no options of a key split", loose("p").keySplit("k")],
    ["null for the options of a key split", loose("p").keySplit("k", null)],
    ["a list for routes", loose("p").keySplit("k", { default: ccfraud, routes: [control] })],
    ["a number for a key", loose("p").keySplit(3, { default: ccfraud, routes: { gold: control } })],
    ["no weights", loose("p").randomSplit()],
    ["models for weights", loose("p").randomSplit([control, challenger])],
    ["weights alone", loose("p").randomSplit([[1], [2]])],
    ["text for a model", loose("p").randomSplit([[1, "control"]])],
    ["no sizes", loose("p").model(encoder).refine()],
    ["a list of sizes", loose("p").model(encoder).refine([128])],
    ["text for a size", loose("p").model(encoder).refine({ seq: "128" })],
  ])("%s from plain JavaScript is named and does not crash", (_, p) => {
    expect(lines(p)).toMatchSnapshot();
    expect(lines(p).length).toBeGreaterThan(0);
  });
});
