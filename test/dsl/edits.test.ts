import { describe, expect, it } from "vitest";
import {
  checkPipeline,
  defineModel,
  pipeline,
  PipelineError,
  tensor,
  type AnyPipeline,
  type Step,
} from "../../dsl/index.js";
import { build } from "../../src/build.js";
import { refusalError } from "../refusal.js";
import { ccfraud, ccfraudRf, ccfraudXgb, embedder, sentiment } from "./models.js";
import { asUntyped, problemLines, type UntypedPipeline } from "./untyped-pipeline.js";

const kinds = (p: AnyPipeline) => p.steps.map((step: Step) => ("name" in step ? step.name : step.kind));
const low = (x: { readonly out: { readonly dense_1: readonly [number] } }) => x.out.dense_1[0] < 1;

const tagger = defineModel({
  name: "tagger",
  sha256: "7".repeat(64),
  inputs: { input: { dtype: "float32", shape: ["batch", 100] } },
  outputs: { tags: { dtype: "float32", shape: ["batch", "seq"] } },
});
const anyWidth = defineModel({
  name: "any-width",
  sha256: "8".repeat(64),
  inputs: { x: { dtype: "float32", shape: ["batch", null] } },
  outputs: { dense_1: { dtype: "float32", shape: ["batch", 1] } },
});
const tagged = pipeline("tagged").model(tagger).model(anyWidth).validate("sure", low);
const imdb = pipeline("imdb").model(embedder).model(sentiment).validate("sure", low);

describe("an edited pipeline equals the same pipeline written by hand", () => {
  it.each([
    [
      "replaceStep",
      imdb.replaceStep(1, (at) => at.model(sentiment, { embeddings: "flatten_1" })),
      pipeline("imdb").model(embedder).model(sentiment, { embeddings: "flatten_1" }).validate("sure", low),
    ],
    [
      "insertStep",
      tagged.insertStep(1, (at) => at.refine({ "tagger.seq": 800 })),
      pipeline("tagged").model(tagger).refine({ "tagger.seq": 800 }).model(anyWidth).validate("sure", low),
    ],
    [
      "insertStep at the end",
      imdb.insertStep(3, (at) => at.validate("low", (x) => x.out < 2)),
      imdb.validate("low", (x) => x.out < 2),
    ],
    ["removeStep", imdb.removeStep(2), pipeline("imdb").model(embedder).model(sentiment)],
    ["clear", imdb.clear().model(sentiment), pipeline("imdb").model(sentiment)],
  ])("%s", (_, edited, written) => {
    expect(JSON.stringify(edited)).toBe(JSON.stringify(written));
    expect(edited.inputs).toEqual(written.inputs);
    expect(edited.outputs).toEqual(written.outputs);
    expect(edited.modelList).toEqual(written.modelList);
    expect(problemLines(edited)).toEqual(problemLines(written));
  });

  it("has the same config hash", async () => {
    const edited = pipeline("imdb")
      .model(embedder)
      .validate("v", (x) => x.out.flatten_1.length > 1)
      .model(sentiment)
      .removeStep(1)
      .insertStep(2, (at) => at.validate("sure", (x) => x.out > 0.9));
    const written = pipeline("imdb")
      .model(embedder)
      .model(sentiment)
      .validate("sure", (x) => x.out > 0.9);
    expect((await build(edited)).hash).toBe((await build(written)).hash);
  });

  it("does not change the original", () => {
    const [, step] = imdb.steps;
    const edited = asUntyped(imdb).insertStep(0, (at: UntypedPipeline) => at.model(ccfraud));
    expect(kinds(imdb)).toEqual(["model", "model", "sure"]);
    expect(imdb.steps[1]).toBe(step);
    expect(edited.steps[2]).toBe(step);
    expect([edited, edited.steps, edited.modelList].map(Object.isFrozen)).toEqual([true, true, true]);
  });

  it("keeps stated inputs, and drops the inputs of a removed first step", () => {
    const inputs = { tensor: tensor("float32", ["batch", 100]) };
    expect(pipeline("p", { inputs }).model(embedder).clear().inputs).toEqual(inputs);
    expect(pipeline("p").model(embedder).clear().inputs).toEqual({});
    expect(pipeline("p").model(embedder).model(sentiment).removeStep(0).inputs).toEqual(sentiment.inputs);
    expect(pipeline("p").model(embedder).removeStep(0).outputs).toEqual({});
  });
});

describe("a later step that an edit breaks has a problem", () => {
  it("when another tensor arrives", () => {
    expect(problemLines(asUntyped(imdb).removeStep(0))).toEqual([
      "SL2092 validation 'sure' was written for another row: x.in.input is gone",
    ]);
    expect(problemLines(asUntyped(imdb).replaceStep(0, (at: UntypedPipeline) => at.model(ccfraud))))
      .toMatchInlineSnapshot(`
      [
        "SL2012 model 'sentiment' input 'embeddings' expects float32[batch, 800] but step 0 (model 'ccfraud-lstm') produces float32[batch, 1]",
        "SL2092 validation 'sure' was written for another row: x.in.input is gone",
      ]
    `);
  });

  it("until another edit repairs it", () => {
    const broken = asUntyped(imdb).replaceStep(1, (at: UntypedPipeline) => at.model(ccfraud));
    expect(checkPipeline(broken).problems.map(({ details }) => details?.["step"])).toEqual([1]);
    expect(problemLines(broken.replaceStep(1, (at: UntypedPipeline) => at.model(sentiment)))).toEqual([]);
  });

  it("when the row of its lambda lost something, also after more steps were added", () => {
    const shadow = pipeline("fraud")
      .shadow(ccfraud, [ccfraudXgb, ccfraudRf])
      .validate("amt", (x) => x.models["ccfraud-xgb"] < 1);
    expect(problemLines(shadow.replaceStep(0, (at) => at.shadow(ccfraud, [ccfraudRf, ccfraudXgb])))).toEqual([]);
    const without = asUntyped(shadow).replaceStep(0, (at: UntypedPipeline) => at.shadow(ccfraud, [ccfraudRf]));
    const text = "SL2092 validation 'amt' was written for another row: x.models.ccfraud-xgb is gone";
    expect(problemLines(without)).toEqual([text]);
    expect(problemLines(without.validate("more", () => true))).toEqual([text]);
  });

  it("when a port of the row is no longer the only one", () => {
    const other = defineModel({
      ...sentiment,
      name: "two-outputs",
      outputs: { ...sentiment.outputs, score: tensor("float32", ["batch", 1]) },
    });
    expect(problemLines(asUntyped(imdb).replaceStep(1, (at: UntypedPipeline) => at.model(other)))).toEqual([
      "SL2092 validation 'sure' was written for another row: x.out.dense_1 is no longer the only port",
    ]);
  });

  it("when the row of an alert lost something", () => {
    const p = pipeline("p")
      .model(ccfraud)
      .alert("drift", (all) => all.avg((x) => x.out) > 0.5, { over: "5m" });
    expect(
      problemLines(
        asUntyped(p).replaceStep(0, (at: UntypedPipeline) => at.model(ccfraudXgb, { feature_input: "dense_input" })),
      ),
    ).toEqual(["SL2092 alert 'drift' was written for another row: x.out.dense_1 is gone"]);
  });
});

describe("an index that is not a literal", () => {
  const at: number = Number("1");

  it("is accepted, and build() checks the edit", async () => {
    const edited = imdb.replaceStep(at, (p) => p.model(ccfraud)).removeStep(2);
    await expect(build(edited)).rejects.toThrow(
      "model 'ccfraud-lstm' input 'dense_input' expects float32[batch, 29] but step 0 (model 'embedder') produces float32[batch, 800]",
    );
    expect(problemLines(imdb.replaceStep(at, (p) => p.model(sentiment)))).toEqual([]);
  });

  it("is a problem at build() if it is out of range", async () => {
    await expect(build(imdb.removeStep(at + 2))).rejects.toMatchObject({
      code: "SL2090",
      message: "pipeline 'imdb': removeStep 3 is out of range: the pipeline has 3 steps, counted from 0",
    });
    expect(kinds(imdb.removeStep(at + 2))).toEqual(kinds(imdb));
  });
});

describe("a wrong argument from plain JavaScript is a problem, not a crash", () => {
  const one = "an edit's callback must add exactly one step: (at) => at.model(b)";
  it.each([
    [
      "no index",
      asUntyped(imdb).removeStep(),
      "SL2090 removeStep undefined is out of range: the pipeline has 3 steps, counted from 0",
    ],
    [
      "text instead of an index",
      asUntyped(imdb).removeStep("1"),
      "SL2090 removeStep a string is out of range: the pipeline has 3 steps, counted from 0",
    ],
    ["no callback", asUntyped(imdb).replaceStep(1), `SL2091 ${one}`],
    ["a model instead of a callback", asUntyped(imdb).replaceStep(1, sentiment), `SL2091 ${one}`],
    ["no step", asUntyped(imdb).insertStep(1, (at: UntypedPipeline) => at), `SL2091 ${one}`],
    [
      "two steps",
      asUntyped(imdb).insertStep(1, (at: UntypedPipeline) => at.model(ccfraud).model(ccfraud)),
      `SL2091 ${one}`,
    ],
    ["fewer steps", asUntyped(imdb).insertStep(1, (at: UntypedPipeline) => at.removeStep(0)), `SL2091 ${one}`],
    [
      "another step changed",
      asUntyped(imdb).insertStep(1, (at: UntypedPipeline) =>
        at.replaceStep(0, (p: UntypedPipeline) => p.model(ccfraud)).model(ccfraud),
      ),
      `SL2091 ${one}`,
    ],
    [
      "another pipeline",
      asUntyped(imdb).insertStep(1, () => pipeline("q").model(embedder).model(sentiment)),
      `SL2091 ${one}`,
    ],
    ["a promise", asUntyped(imdb).insertStep(1, async (at: UntypedPipeline) => at.model(sentiment)), `SL2091 ${one}`],
  ])("%s", (_, p, text) => {
    expect(problemLines(p)).toEqual([text]);
    expect(p.steps).toEqual(imdb.steps);
  });

  it("an error thrown in the callback reaches the caller", () => {
    const failure = new TypeError("mine");
    expect(() =>
      asUntyped(imdb).insertStep(1, () => {
        throw failure;
      }),
    ).toThrow(failure);
  });
});

describe("a value that is not a pipeline or not a target is refused", () => {
  it.each([
    [null, "null"],
    [undefined, "undefined"],
    ["fraud", "a string"],
    [3, "a number"],
    [{}, "an object"],
    [[], "a list"],
  ])("build(%j)", async (value, kind) => {
    const error = await refusalError(build(value as never));
    expect(error).toBeInstanceOf(PipelineError);
    expect(error).toMatchObject({
      code: "SL2040",
      message: `pipeline '?': expected a pipeline from pipeline(name), not ${kind}`,
    });
  });

  it.each([
    ["text", "x", "a string"],
    ["null", null, "null"],
    ["a record", {}, "an object"],
  ])("deploy() to %s", async (_, value, kind) => {
    await expect(imdb.deploy(value as never)).rejects.toMatchObject({
      code: "SL6000",
      message: `pipeline 'imdb': deploy() takes a target such as local() from 'shapeline/local', not ${kind}`,
    });
  });
});
