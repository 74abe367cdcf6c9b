// The ports that a pipeline has while it is written come from less code than the check of `build()`: both must agree.
import { describe, expect, it } from "vitest";
import { derivePorts } from "../../dsl/check/derive-ports.js";
import { checkPipeline, constant, defineModel, pipeline, portsOf, type AnyPipeline } from "../../dsl/index.js";
import { ccfraud, ccfraudRf, ccfraudXgb, embedder, sentiment } from "./models.js";
import { untyped } from "./untyped-pipeline.js";

const float = (...shape: readonly (string | number | null)[]) => ({ dtype: "float32", shape }) as const;
const encoder = defineModel({
  name: "encoder",
  sha256: "1".repeat(64),
  inputs: { ids: { dtype: "int64", shape: ["batch", "seq"] }, scale: float("batch", "width") },
  outputs: { states: float("batch", "seq", "width"), pooled: float("batch", 8) },
});
const head = defineModel({
  name: "head",
  sha256: "2".repeat(64),
  inputs: { states: float("batch", "n", 2), mask: float("batch", "n"), bias: float("batch", 1) },
  outputs: { y: float("batch", "n") },
});

const valid: Readonly<Record<string, AnyPipeline>> = {
  "a shadow": pipeline("p")
    .shadow(ccfraud, [ccfraudXgb, ccfraudRf])
    .validate("v", (x) => x.out < 1),
  "a tuple": pipeline("p")
    .models([ccfraud, ccfraudXgb])
    .audit("1:")
    .select(1)
    .validate("v", () => true),
  splits: pipeline("p").keySplit("k", { default: ccfraud, routes: { gold: ccfraud } }),
  "a chain": pipeline("p")
    .model(embedder, { input: "tensor" })
    .model(sentiment)
    .insertStep(1, (at) => at.validate("v", () => true)),
};

describe("a pipeline's ports are those that its check finds", () => {
  it.each(Object.entries(valid))("%s", (_, p) => {
    const { problems, scopes } = checkPipeline(p);
    expect(problems).toEqual([]);
    expect(derivePorts(p.steps, undefined).scopes.slice(0, -1)).toEqual(scopes);
  });

  it("sources bind symbols: a column, an earlier output, and constants of every form", () => {
    const forms = [constant([[1], [2]]), constant({ data: Float32Array.of(1, 2), shape: [2, 1] })];
    for (const form of [constant(3), constant([3]), constant(Float32Array.of(3)), ...forms]) {
      const p = untyped("p", { inputs: { ids: { dtype: "int64", shape: ["batch", 5] }, mask: float("batch", 5) } })
        .model(encoder, { scale: constant([1, 2]) })
        .model(head, { states: "encoder.states", mask: "in.mask", bias: form })
        .validate("v", () => true);
      const isOneNumber = !forms.includes(form as never);
      expect(checkPipeline(p).problems.map(({ code }) => code)).toEqual(isOneNumber ? [] : ["SL2011"]);
      // A model that does not fit binds nothing.
      expect(portsOf(p.outputs)).toEqual([
        { name: "y", dtype: "float32", shape: ["batch", isOneNumber ? 5 : "head.n"] },
      ]);
      expect(derivePorts(p.steps, p.inputs).scopes.slice(0, -1)).toEqual(checkPipeline(p).scopes);
    }
  });

  it.each([
    [
      "no model",
      (p: ReturnType<typeof untyped>) => p.model(null).model({ name: "x", inputs: { a: null }, outputs: {} }),
    ],
    ["no lists", (p: ReturnType<typeof untyped>) => p.models(3).audit({}).shadow(ccfraud, 3).randomSplit("no")],
    ["no records", (p: ReturnType<typeof untyped>) => p.keySplit(3, null).refine(null).model(ccfraud, 3)],
  ])("wrong arguments are stored, and the check reports them: %s", (_, build) => {
    const p = build(untyped("p"));
    expect(checkPipeline(p).problems.length).toBeGreaterThan(0);
    expect(derivePorts(p.steps, undefined).scopes.slice(0, -1)).toEqual(checkPipeline(p).scopes);
  });
});
