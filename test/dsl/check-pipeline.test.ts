import { describe, expect, it } from "vitest";
import { checkPipeline, defineModel, pipeline, PipelineError, type AnyPipeline, type Dim } from "../../dsl/index.js";
import { ccfraud, ccfraudRf, ccfraudXgb, embedder, sentiment } from "./models.js";
import { problemLines, untyped, type UntypedPipeline } from "./untyped-pipeline.js";

const model = (name: string, inputs: Record<string, Dim[] | null>, outputs: Record<string, Dim[] | null>) => {
  const ports = (shapes: Record<string, Dim[] | null>) =>
    Object.fromEntries(Object.entries(shapes).map(([port, shape]) => [port, { dtype: "float32" as const, shape }]));
  return defineModel({ name, sha256: "a".repeat(64), inputs: ports(inputs), outputs: ports(outputs) });
};
describe("a valid pipeline", () => {
  it("has no problems and no run-time checks", () => {
    const fraud = pipeline("fraud")
      .shadow(ccfraud, [ccfraudXgb, ccfraudRf])
      .validate("amt", (x) => x.out < 1);
    expect(checkPipeline(fraud)).toMatchObject({ problems: [], checks: [] });
    expect(checkPipeline(pipeline("imdb").model(embedder).model(sentiment))).toMatchObject({
      problems: [],
      checks: [],
    });
  });

  it("has the scope of a validation at each step", () => {
    const fraud = pipeline("fraud")
      .shadow(ccfraud, [ccfraudXgb])
      .validate("amt", (x) => x.out < 1)
      .model(
        defineModel({
          name: "last",
          sha256: "b".repeat(64),
          inputs: { x: { dtype: "float32", shape: ["batch", 1] } },
          outputs: { z: { dtype: "int64", shape: ["batch"] } },
        }),
      )
      .validate("whole", (x) => x.out > 0n);
    const inputs = [{ name: "dense_input", dtype: "float32", shape: ["batch", 29] }];
    const outputs = [{ name: "dense_1", dtype: "float32", shape: ["batch", 1] }];
    const challenger = [{ name: "variable", dtype: "float32", shape: ["batch", 1] }];
    const models = { "ccfraud-lstm": outputs, "ccfraud-xgb": challenger };
    const first = { name: "ccfraud-lstm", columns: ["dense_input"] };
    expect(checkPipeline(fraud).scopes).toEqual([
      { inputs: [], outputs: [], models: {} },
      { inputs, outputs, models, champion: "ccfraud-lstm", first, last: "ccfraud-lstm" },
      { inputs, outputs, models, champion: "ccfraud-lstm", first, last: "ccfraud-lstm" },
      { inputs, outputs: [{ name: "z", dtype: "int64", shape: ["batch"] }], models: {}, first, last: "last" },
    ]);
  });

  it("lists the request's columns under their new names, in the order of the first model's inputs", () => {
    const two = defineModel({
      name: "two",
      sha256: "c".repeat(64),
      inputs: { b: { dtype: "float32", shape: ["batch"] }, a: { dtype: "float32", shape: ["batch"] } },
      outputs: { y: { dtype: "float32", shape: ["batch"] } },
    });
    const renamed = pipeline("p")
      .model(two, { b: "amount" })
      .validate("low", (x) => x.out < 1);
    expect(checkPipeline(renamed).scopes.map(({ first }) => first)).toEqual([
      undefined,
      { name: "two", columns: ["amount", "a"] },
    ]);
  });
});

describe("a check that the types cannot make becomes a run-time check", () => {
  const source = (shape: Dim[] | null) => model("source", { i: ["batch", 4] }, { x: shape });
  const checks = (...steps: ReturnType<typeof model>[]) =>
    checkPipeline(steps.reduce((p: UntypedPipeline, step) => p.model(step), untyped("p"))).checks;

  it("for an unknown size where a size is needed", () => {
    expect(checks(source(["batch", null]), model("m", { x: ["batch", 8] }, { y: ["batch"] }))).toEqual([
      { step: 1, model: "m", input: "x", axis: 0, expects: 8 },
    ]);
  });

  it("for an unknown rank", () => {
    expect(checks(source(null), model("m", { x: ["batch", 8] }, { y: ["batch"] }))).toEqual([
      { step: 1, model: "m", input: "x", axis: null, expects: 1 },
      { step: 1, model: "m", input: "x", axis: 0, expects: 8 },
    ]);
    expect(checks(source(["batch", 8]), model("m", { x: null }, { y: ["batch"] }))).toEqual([]);
    const whole = untyped("p")
      .model(source(null))
      .model(model("m", { x: [8, 2] }, { y: [8] }));
    expect(checkPipeline(whole)).toMatchObject({
      problems: [],
      checks: [
        { step: 1, model: "m", input: "x", axis: null, expects: 2 },
        { step: 1, model: "m", input: "x", axis: 0, expects: 8 },
        { step: 1, model: "m", input: "x", axis: 1, expects: 2 },
      ],
    });
  });

  it("for a symbol that meets an unknown dimension: one size wherever it occurs", () => {
    const square = model("square", { x: ["batch", "n", "n"] }, { y: ["batch", "n"] });
    expect(checks(source(["batch", null, 8]), square)).toEqual([
      { step: 1, model: "square", input: "x", axis: 0, expects: 8 },
    ]);
    expect(checks(source(["batch", null, null]), square)).toEqual([
      { step: 1, model: "square", input: "x", axis: 0, expects: "square.n" },
      { step: 1, model: "square", input: "x", axis: 1, expects: "square.n" },
    ]);
    expect(checks(source(["batch", null, "k"]), square)).toEqual([
      { step: 1, model: "square", input: "x", axis: 0, expects: "source.k" },
      { step: 1, model: "square", input: "x", axis: 1, expects: "source.k" },
    ]);
  });

  it("for a challenger's input, with the challenger's name", () => {
    const p = untyped("p")
      .model(source(["batch", null]))
      .shadow(model("m", { x: ["batch", null] }, { y: ["batch"] }), [
        model("c", { x: ["batch", 8] }, { y: ["batch"] }),
      ]);
    expect(checkPipeline(p).checks).toEqual([{ step: 1, model: "c", input: "x", axis: 0, expects: 8 }]);
  });
});

describe("all problems of a pipeline", () => {
  it("are listed in the order of the steps, and one error contains them", () => {
    const p = untyped("Fraud")
      .validate("early", () => true)
      .model(embedder, { inputs: "tensor" })
      .model(ccfraud)
      .shadow(sentiment, [])
      .validate("count", "x => x.out < 1");
    expect(problemLines(p)).toMatchInlineSnapshot(`
      [
        "SL2001 pipeline name 'Fraud' is not allowed: use lower-case letters, digits and '-', with a letter or digit at both ends; pipelines are named with '-', validations and alerts with '_'",
        "SL2005 validation 'early' needs an inference step before it",
        "SL2016 model 'embedder' has no input 'inputs', only 'input'",
        "SL2012 model 'ccfraud-lstm' input 'dense_input' expects float32[batch, 29] but step 1 (model 'embedder') produces float32[batch, 800]",
        "SL2012 model 'sentiment' input 'embeddings' expects float32[batch, 800] but step 2 (model 'ccfraud-lstm') produces float32[batch, 1]",
        "SL2020 a shadow step needs at least one challenger",
        "SL2003 validation name 'count' is reserved: choose another",
        "SL2006 validation 'count' needs a function of the row, not a string",
      ]
    `);
    const message = new PipelineError(p.name, checkPipeline(p).problems).message;
    expect(message).toContain("pipeline 'Fraud' has 8 problems:");
    expect(message).toContain("\n  SL2005 step 0: validation 'early' needs an inference step before it\n");
    expect(message).toContain("\n  SL2001 pipeline name 'Fraud' is not allowed");
  });

  it("include every input of a model that does not fit", () => {
    const p = untyped("p")
      .model(model("m", { i: ["batch", 2] }, { a: ["batch", 2], b: ["batch", 3] }))
      .model(model("two", { b: ["batch", 4], a: ["batch", 5], c: ["batch", 6] }, { y: ["batch"] }));
    expect(problemLines(p)).toMatchInlineSnapshot(`
      [
        "SL2012 model 'two' input 'a' expects float32[batch, 5] but step 0 (model 'm') produces float32[batch, 2]",
        "SL2012 model 'two' input 'b' expects float32[batch, 4] but step 0 (model 'm') produces float32[batch, 3]",
        "SL2014 model 'two' needs input 'c' but step 0 (model 'm') produces only 'a', 'b'",
      ]
    `);
  });

  it("have the index of their step in their details", () => {
    const p = untyped("p")
      .model(embedder)
      .model(ccfraud)
      .validate("count", () => true);
    expect(checkPipeline(p).problems.map(({ details }) => details)).toEqual([
      { step: 1, model: "ccfraud-lstm", input: "dense_input", axis: 0 },
      { step: 2, validation: "count" },
    ]);
  });

  it("include two different models with the same name", () => {
    const other = model("embedder", { x: ["batch", 800] }, { y: ["batch"] });
    expect(problemLines(untyped("p").model(embedder).model(other))).toMatchInlineSnapshot(`
      [
        "SL2030 two different models are named 'embedder', in step 0 and step 1: rename one",
      ]
    `);
  });
});

describe("a wrong argument from plain JavaScript is a problem, not a crash", () => {
  it.each([
    ["undefined instead of a model", untyped("p").model(undefined)],
    ["a path instead of a model", untyped("p").model("scorer.onnx")],
    ["a model without ports", untyped("p").model({ name: "m", version: "1", sha256: "0".repeat(64) })],
    ["a challenger that is not in a list", untyped("p").shadow(ccfraud, ccfraudXgb)],
    ["undefined instead of challengers", untyped("p").shadow(ccfraud)],
    ["a number among the challengers", untyped("p").shadow(ccfraud, [3])],
    ["a list instead of a renaming", untyped("p").model(ccfraud, ["tensor"])],
    [
      "a number instead of a name",
      untyped(5)
        .model(ccfraud)
        .validate(7, () => true),
    ],
    ["a validation without a function", untyped("p").model(ccfraud).validate("v")],
    ["inputs without tensors", untyped("p", { inputs: { tensor: "float32" } }).model(ccfraud)],
    ["a list instead of inputs", untyped("p", { inputs: ["tensor"] }).model(ccfraud)],
    ["no steps", untyped("p")],
    ["null instead of a pipeline", null as unknown as AnyPipeline],
    ["a config instead of a pipeline", { steps: 3 } as unknown as AnyPipeline],
  ])("%s", (_, p) => {
    expect(problemLines(p)).toMatchSnapshot();
  });
});
