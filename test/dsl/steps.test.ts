import { describe, expect, it } from "vitest";
import { checkPipeline, defineModel, pipeline, type Dim } from "../../dsl/index.js";
import { ccfraud, ccfraudRf, ccfraudXgb } from "./models.js";
import { problemLines, untyped } from "./untyped-pipeline.js";

const encoder = defineModel({
  name: "encoder",
  sha256: "6".repeat(64),
  inputs: { tokens: { dtype: "int64", shape: ["batch", "seq"] } },
  outputs: {
    hidden: { dtype: "float32", shape: ["batch", "seq", "k"] },
    mask: { dtype: "bool", shape: ["batch", "seq"] },
  },
});
const splitModel = (name: string, shape: Dim[], dtype: "float32" | "float64" = "float32") =>
  defineModel({
    name,
    sha256: "7".repeat(64),
    inputs: { x: { dtype: "float32", shape: ["batch", 29] } },
    outputs: { dense_1: { dtype, shape } },
  });
const inputs = { x: { dtype: "float32", shape: ["batch", 29] } } as const;
const outputs = { dense_1: { dtype: "float32", shape: ["batch", 1] } } as const;
const tagger = defineModel({
  name: "tagger",
  sha256: "7".repeat(64),
  inputs: { dense_input: { dtype: "float32", shape: ["batch", 29] } },
  outputs: { tags: { dtype: "float32", shape: ["batch", "seq"] } },
});
const control = defineModel({ name: "control", sha256: "8".repeat(64), inputs, outputs });
const challenger = defineModel({ name: "challenger", sha256: "9".repeat(64), inputs, outputs });

describe("a step", () => {
  it("is frozen data, with frozen parts", () => {
    const p = pipeline("p").models([tagger, ccfraudXgb]).audit("1:").select(0).refine({ "tagger.seq": 1 });
    expect(p.steps).toEqual([
      { kind: "models", models: [tagger, ccfraudXgb] },
      { kind: "audit", from: 1, to: null },
      { kind: "select", index: 0 },
      { kind: "refine", sizes: { "tagger.seq": 1 } },
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
  ])("an audit of %j selects the outputs from %j to %j, exclusive", (slice, from, to) => {
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

  it("are the models of all steps, each once", () => {
    const all = untyped("p")
      .randomSplit([
        [1, control],
        [2, challenger],
      ])
      .model(splitModel("last", ["batch", 1]), { x: "dense_1" });
    expect(all.modelList.map((model) => model.name)).toEqual(["control", "challenger", "last"]);
    const keyed = pipeline("p").keySplit("k", { default: control, routes: { a: challenger, b: challenger } });
    expect(keyed.modelList.map((model) => model.name)).toEqual(["control", "challenger"]);
  });
});

describe("the current outputs", () => {
  const dense = { dense_1: { dtype: "float32", shape: ["batch", 1] } };
  const variable = { variable: { dtype: "float32", shape: ["batch", 1] } };

  it("are a tuple after .models, and one element of it after .select", () => {
    const several = pipeline("p").models([ccfraud, ccfraudXgb]);
    expect(several.outputs).toEqual([dense, variable]);
    expect(Object.isFrozen(several.outputs)).toBe(true);
    expect(several.audit("1:").select(1).outputs).toEqual(variable);
    expect(several.inputs).toEqual({ dense_input: { dtype: "float32", shape: ["batch", 29] } });
  });

  it("are the outputs of the first model after a split", () => {
    expect(pipeline("p").keySplit("k", { default: control, routes: { gold: ccfraud } }).outputs).toEqual(dense);
    expect(
      pipeline("p").randomSplit([
        [1, ccfraud],
        [1, control],
      ]).outputs,
    ).toEqual(dense);
  });

  it("are in the scope of a validation", () => {
    const p = pipeline("p")
      .models([ccfraud, ccfraudXgb])
      .validate("before", (x) => x.models["ccfraud-lstm"] < 1)
      .select(1)
      .validate("after", (x) => x.out < x.models["ccfraud-lstm"]);
    const inputs = [{ name: "dense_input", dtype: "float32", shape: ["batch", 29] }];
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
  it("replaces a symbol wherever it occurs, with a run-time check for each", () => {
    const p = pipeline("p").model(encoder).refine({ seq: 128, "encoder.k": 768 });
    expect(p.outputs).toEqual({
      hidden: { dtype: "float32", shape: ["batch", 128, 768] },
      mask: { dtype: "bool", shape: ["batch", 128] },
    });
    expect(checkPipeline(p)).toMatchObject({
      problems: [],
      checks: [
        { step: 1, model: null, input: "hidden", axis: 0, expects: 128 },
        { step: 1, model: null, input: "hidden", axis: 1, expects: 768 },
        { step: 1, model: null, input: "mask", axis: 0, expects: 128 },
      ],
    });
  });

  it("applies to the request's columns", () => {
    const inputs = { tokens: { dtype: "int64", shape: ["batch", "seq"] } } as const;
    const p = pipeline("p", { inputs }).refine({ seq: 16 }).model(encoder);
    expect(checkPipeline(p)).toMatchObject({
      problems: [],
      checks: [{ step: 0, model: null, input: "tokens", axis: 0, expects: 16 }],
    });
    expect(p.inputs).toEqual(inputs);
    expect(p.outputs).toMatchObject({ mask: { shape: ["batch", 16] } });
  });
});

describe("the check reports all problems", () => {
  it("of a models step", () => {
    const p = untyped("p").models([ccfraud, ccfraud, encoder, 3]).model(control).refine({ seq: 1 }).select(5);
    expect(problemLines(p)).toMatchInlineSnapshot(`
      [
        "SL2024 model 'ccfraud-lstm' occurs twice in one models step",
        "SL2010 model 'encoder' input 'tokens' expects int64[batch, seq] but the pipeline's input has float32[batch, 29]",
        "SL2031 a model of step 0 is not a model from defineModel: expected an object with name, sha256, inputs and outputs, not a number",
        "SL2026 step 0 produces the outputs of 3 models: put .select() before model 'control'",
        "SL2070 cannot refine 'seq': step 1 (model 'control') produces no symbols",
        "SL2027 .select() needs a .models() step before it, with nothing selected yet",
      ]
    `);
  });

  it("of splits", () => {
    const p = untyped("p")
      .keySplit("", {
        default: ccfraud,
        routes: { a: ccfraudXgb, b: encoder, c: splitModel("double", ["batch", 1], "float64") },
      })
      .randomSplit(
        [
          [NaN, splitModel("t", ["batch", 29])],
          [Infinity, control],
          ["2", challenger],
          [1, splitModel("wide", ["batch", 2])],
        ],
        { hashKey: "" },
      );
    expect(problemLines(p)).toMatchInlineSnapshot(`
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

  it("of a split whose first model does not fit, without comparing outputs", () => {
    expect(
      problemLines(
        untyped("p")
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
    ["undefined instead of models", untyped("p").models()],
    ["a model instead of models", untyped("p").models(ccfraud)],
    ["undefined instead of a slice", untyped("p").models([ccfraud, ccfraudXgb]).audit()],
    ["a number instead of a slice", untyped("p").models([ccfraud, ccfraudXgb]).audit(1)],
    ["a slice with a leading zero", untyped("p").models([ccfraud, ccfraudXgb]).audit("01:")],
    ["text instead of an index", untyped("p").models([ccfraud, ccfraudXgb]).select("0")],
    ["an array member instead of an index", untyped("p").models([ccfraud, ccfraudXgb]).select("length")],
    ["undefined instead of an index", untyped("p").models([ccfraud, ccfraudXgb]).select()],
    ["a key split without options", untyped("p").keySplit("k")],
    ["null instead of the options of a key split", untyped("p").keySplit("k", null)],
    ["a list instead of routes", untyped("p").keySplit("k", { default: ccfraud, routes: [control] })],
    ["a number instead of a key", untyped("p").keySplit(3, { default: ccfraud, routes: { gold: control } })],
    ["undefined instead of weights", untyped("p").randomSplit()],
    ["models without weights", untyped("p").randomSplit([control, challenger])],
    ["weights without models", untyped("p").randomSplit([[1], [2]])],
    ["text instead of a model", untyped("p").randomSplit([[1, "control"]])],
    ["undefined instead of sizes", untyped("p").model(encoder).refine()],
    ["a list instead of sizes", untyped("p").model(encoder).refine([128])],
    ["text instead of a size", untyped("p").model(encoder).refine({ seq: "128" })],
  ])("%s, from plain JavaScript, is a problem and not a crash", (_, p) => {
    expect(problemLines(p)).toMatchSnapshot();
  });
});
