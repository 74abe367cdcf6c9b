import { describe, expect, it } from "vitest";
import { build, constant, defineModel, pipeline, tensor, type AnyPipeline, type UncheckedPipeline } from "shapeline";
import { refuseDrift } from "../../src/config/check/drift.js";
import { pipelineOutline } from "../../src/config/check/outline.js";
import { rebuildPipeline } from "../../src/config/rebuild/rebuild.js";
import { a, b, c } from "./models.js";

const wide = defineModel({
  name: "a",
  sha256: "1".repeat(64),
  inputs: { x: tensor("float32", ["batch", 2]), mask: tensor("bool", ["batch", 1]) },
  outputs: { x: tensor("float32", ["batch", 2]) },
});
const stated = { x: tensor("float32", ["batch", 2]), mask: tensor("bool", ["batch", 1]) };
const start = pipeline("p").model(a);
const alerting = (over: string, wait?: string): AnyPipeline =>
  (start as unknown as UncheckedPipeline).alert("high", (all) => all.count() > 1, {
    over,
    ...(wait !== undefined && { for: wait }),
  });

/** Pipelines that differ from one another, with every kind of step. */
const pipelines: readonly (readonly [string, AnyPipeline])[] = [
  ["one model", start],
  ["another name", pipeline("q").model(a)],
  ["a model of another file", pipeline("p").model(b)],
  ["a model with other ports", pipeline("p").model(wide)],
  ["stated columns, null for NaN", pipeline("p", { inputs: stated, missing: { x: "nan" } }).model(wide)],
  ["a source from the request", pipeline("p", { inputs: stated }).model(b).model(wide, { mask: "in.mask" })],
  ["a renamed input", pipeline("p").model(a, { x: "rows" })],
  ["two models", start.model(b)],
  ["two models in the other order", pipeline("p").model(b).model(a)],
  ["a validation", start.validate("low", (x) => x.out[0] < 1)],
  ["a validation of another name", start.validate("high", (x) => x.out[0] < 1)],
  ["an alert", alerting("5m")],
  ["an alert of another window", alerting("1h")],
  ["an alert that waits", alerting("5m", "30s")],
  ["models", pipeline("p").models([a, b, c])],
  ["models, audit", pipeline("p").models([a, b, c]).audit("1:")],
  ["models, select", pipeline("p").models([a, b, c]).select(1)],
  ["a shadow", pipeline("p").shadow(a, [b, c])],
  ["a key split", pipeline("p").keySplit("segment", { default: a, routes: { silver: b, gold: c } })],
  ["a key split of other routes", pipeline("p").keySplit("segment", { default: a, routes: { silver: c, gold: b } })],
  ["a random split", pipeline("p").randomSplit([[2, a], [0.5, b]], { hashKey: "id" })], // prettier-ignore
  ["a random split of other weights", pipeline("p").randomSplit([[2, a], [1, b]], { hashKey: "id" })], // prettier-ignore
  [
    "refine",
    pipeline("p", { inputs: { x: tensor("float32", ["batch", "n"]) } })
      .refine({ n: 2 })
      .model(a),
  ],
];
const configs = await Promise.all(pipelines.map(([, each]) => build(each)));
const outlines = configs.map((config) => pipelineOutline(rebuildPipeline(config)));
const drifts = (author: AnyPipeline, i: number): boolean => {
  try {
    refuseDrift(author, configs[i]!, "the config", "compile it again");
    return false;
  } catch {
    return true;
  }
};

describe("the outline of a pipeline", () => {
  it.each(pipelines)("equals that of its own config, and of no other: %s", (_, author) => {
    const own = pipelineOutline(author);
    const found = outlines.map((outline, i) => ({ same: outline === own, drift: drifts(author, i) }));
    expect(own).not.toBeNull();
    expect(found.filter(({ same, drift }) => same === drift)).toEqual([]);
    expect(found.filter(({ same }) => same)).toHaveLength(1);
  });

  it("has durations in seconds", () => {
    expect(pipelineOutline(alerting("300s", "1m"))).toBe(pipelineOutline(alerting("5m", "60s")));
    expect(pipelineOutline(alerting("5m", "soon"))).not.toBe(pipelineOutline(alerting("5m")));
  });

  it("has a place for each lambda, and what is none", () => {
    const unchecked = start as unknown as UncheckedPipeline;
    const none = unchecked.validate("low", 5 as never);
    expect(pipelineOutline(none)).not.toBe(pipelineOutline(unchecked.validate("low", () => true)));
  });

  it("is missing where steps do not show all: constants, and edits", () => {
    const rate = defineModel({
      name: "rate",
      sha256: "4".repeat(64),
      inputs: { x: tensor("float32", ["batch", 2]), rate: tensor("int64", []) },
      outputs: { x: tensor("float32", ["batch", 2]) },
    });
    expect(pipelineOutline(pipeline("p").model(rate, { rate: constant(16000n) }))).toBeNull();
    const edited = start.validate("low", (x) => x.out[0] < 1).replaceStep(0, (at) => at.model(b));
    expect(pipelineOutline(edited)).toBeNull();
    const failed = (start as unknown as UncheckedPipeline).removeStep(7);
    expect(pipelineOutline(failed)).toBeNull();
  });
});
