import { describe, expect, it } from "vitest";
import { checkPipeline, pipeline, tensor, type AnyPipeline, type Step } from "../../dsl/index.js";
import { build } from "../../src/build.js";
import { ccfraud, ccfraudRf, ccfraudXgb, embedder, sentiment } from "./models.js";

/** The builder as plain JavaScript sees it. */
interface Loose extends AnyPipeline {
  model(...args: unknown[]): Loose;
  shadow(...args: unknown[]): Loose;
  validate(...args: unknown[]): Loose;
  replaceStep(...args: unknown[]): Loose;
  insertStep(...args: unknown[]): Loose;
  removeStep(...args: unknown[]): Loose;
  clear(): Loose;
}
const loose = (p: AnyPipeline): Loose => p as unknown as Loose;
const lines = (p: AnyPipeline) => checkPipeline(p).problems.map(({ code, message }) => `${code} ${message}`);
const kinds = (p: AnyPipeline) => p.steps.map((step: Step) => ("name" in step ? step.name : step.kind));
const low = (x: { readonly out: { readonly dense_1: readonly [number] } }) => x.out.dense_1[0] < 1;

const imdb = pipeline("imdb").model(embedder).model(sentiment).validate("sure", low);

describe("an edit gives the pipeline that would have been written so", () => {
  it.each([
    [
      "replaceStep",
      imdb.replaceStep(1, (at) => at.model(sentiment, { embeddings: "flatten_1" })),
      pipeline("imdb").model(embedder).model(sentiment, { embeddings: "flatten_1" }).validate("sure", low),
    ],
    [
      "insertStep",
      imdb.insertStep(1, (at) => at.refine({ batch: 8 })),
      pipeline("imdb").model(embedder).refine({ batch: 8 }).model(sentiment).validate("sure", low),
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
    expect(lines(edited)).toEqual(lines(written));
  });

  it("to the hash of its config", async () => {
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

  it("and leaves the edited one as it was", () => {
    const [, step] = imdb.steps;
    const edited = loose(imdb).insertStep(0, (at: Loose) => at.model(ccfraud));
    expect(kinds(imdb)).toEqual(["model", "model", "sure"]);
    expect(imdb.steps[1]).toBe(step);
    expect(edited.steps[2]).toBe(step);
    expect([edited, edited.steps, edited.modelList].map(Object.isFrozen)).toEqual([true, true, true]);
  });

  it("keeps stated inputs, and drops those of a first step that went", () => {
    const inputs = { tensor: tensor("float32", ["batch", 100]) };
    expect(pipeline("p", { inputs }).model(embedder).clear().inputs).toEqual(inputs);
    expect(pipeline("p").model(embedder).clear().inputs).toEqual({});
    expect(pipeline("p").model(embedder).model(sentiment).removeStep(0).inputs).toEqual(sentiment.inputs);
    expect(pipeline("p").model(embedder).removeStep(0).outputs).toEqual({});
  });
});

describe("what an edit breaks is a problem of the later step", () => {
  it("where another tensor arrives", () => {
    expect(lines(loose(imdb).removeStep(0))).toEqual([
      "SL2092 validation 'sure' was written for another row: x.in.input is gone",
    ]);
    expect(lines(loose(imdb).replaceStep(0, (at: Loose) => at.model(ccfraud)))).toMatchInlineSnapshot(`
      [
        "SL2012 model 'sentiment' input 'embeddings' expects float32[batch, 800] but step 0 (model 'ccfraud-lstm') produces float32[batch, 1]",
        "SL2092 validation 'sure' was written for another row: x.in.input is gone",
      ]
    `);
  });

  it("and no longer one once a further edit repairs it", () => {
    const broken = loose(imdb).replaceStep(1, (at: Loose) => at.model(ccfraud));
    expect(checkPipeline(broken).problems.map(({ details }) => details?.["step"])).toEqual([1]);
    expect(lines(broken.replaceStep(1, (at: Loose) => at.model(sentiment)))).toEqual([]);
  });

  it("where the row of a lambda lost something, also when steps were added since", () => {
    const shadow = pipeline("fraud")
      .shadow(ccfraud, [ccfraudXgb, ccfraudRf])
      .validate("amt", (x) => x.models["ccfraud-xgb"] < 1);
    expect(lines(shadow.replaceStep(0, (at) => at.shadow(ccfraud, [ccfraudRf, ccfraudXgb])))).toEqual([]);
    const without = loose(shadow).replaceStep(0, (at: Loose) => at.shadow(ccfraud, [ccfraudRf]));
    const text = "SL2092 validation 'amt' was written for another row: x.models.ccfraud-xgb is gone";
    expect(lines(without)).toEqual([text]);
    expect(lines(without.validate("more", () => true))).toEqual([text]);
  });

  it("an alert's row too", () => {
    const p = pipeline("p")
      .model(ccfraud)
      .alert("drift", (all) => all.avg((x) => x.out) > 0.5, { over: "5m" });
    expect(
      lines(loose(p).replaceStep(0, (at: Loose) => at.model(ccfraudXgb, { feature_input: "dense_input" }))),
    ).toEqual(["SL2092 alert 'drift' was written for another row: x.out.dense_1 is gone"]);
  });
});

describe("an index that is a number alone", () => {
  const at: number = Number("1");

  it("is allowed, and build() checks the edit", async () => {
    const edited = imdb.replaceStep(at, (p) => p.model(ccfraud)).removeStep(2);
    await expect(build(edited)).rejects.toThrow(
      "model 'ccfraud-lstm' input 'dense_input' expects float32[batch, 29] but step 0 (model 'embedder') produces float32[batch, 800]",
    );
    expect(lines(imdb.replaceStep(at, (p) => p.model(sentiment)))).toEqual([]);
  });

  it("out of range is a problem at build()", async () => {
    await expect(build(imdb.removeStep(at + 2))).rejects.toMatchObject({
      code: "SL2090",
      message: "pipeline 'imdb': removeStep 3 is out of range: the pipeline has 3 steps, counted from 0",
    });
    expect(kinds(imdb.removeStep(at + 2))).toEqual(kinds(imdb));
  });
});

describe("what plain JavaScript lets through is named and does not crash", () => {
  const one = "an edit's callback must add exactly one step: (at) => at.model(b)";
  it.each([
    [
      "no index",
      loose(imdb).removeStep(),
      "SL2090 removeStep undefined is out of range: the pipeline has 3 steps, counted from 0",
    ],
    [
      "text for an index",
      loose(imdb).removeStep("1"),
      "SL2090 removeStep a string is out of range: the pipeline has 3 steps, counted from 0",
    ],
    ["no callback", loose(imdb).replaceStep(1), `SL2091 ${one}`],
    ["a model for a callback", loose(imdb).replaceStep(1, sentiment), `SL2091 ${one}`],
    ["no step", loose(imdb).insertStep(1, (at: Loose) => at), `SL2091 ${one}`],
    ["two steps", loose(imdb).insertStep(1, (at: Loose) => at.model(ccfraud).model(ccfraud)), `SL2091 ${one}`],
    ["fewer steps", loose(imdb).insertStep(1, (at: Loose) => at.removeStep(0)), `SL2091 ${one}`],
    [
      "another step changed",
      loose(imdb).insertStep(1, (at: Loose) => at.replaceStep(0, (p: Loose) => p.model(ccfraud)).model(ccfraud)),
      `SL2091 ${one}`,
    ],
    [
      "another pipeline",
      loose(imdb).insertStep(1, () => pipeline("q").model(embedder).model(sentiment)),
      `SL2091 ${one}`,
    ],
    ["a promise", loose(imdb).insertStep(1, async (at: Loose) => at.model(sentiment)), `SL2091 ${one}`],
  ])("%s", (_, p, text) => {
    expect(lines(p)).toEqual([text]);
    expect(p.steps).toEqual(imdb.steps);
  });

  it("an error in the callback is the caller's", () => {
    const failure = new TypeError("mine");
    expect(() =>
      loose(imdb).insertStep(1, () => {
        throw failure;
      }),
    ).toThrow(failure);
  });
});

describe("what is no pipeline, and what is no target, is named", () => {
  it.each([null, undefined, "fraud", 3, {}, []])("build(%j)", async (value) => {
    await expect(build(value as never)).rejects.toMatchObject({
      name: "PipelineError",
      code: "SL2040",
      message: expect.stringContaining("expected a pipeline from pipeline(name), not ") as string,
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
