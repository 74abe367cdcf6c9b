import { describe, expect, it } from "vitest";
import { constant, defineModel, pipeline, tensor } from "../../dsl/index.js";
import { problemLines, untyped } from "./untyped-pipeline.js";

const sha256 = "0".repeat(64);
const encoder = defineModel({
  name: "encoder",
  sha256,
  inputs: { ids: tensor("int64", ["batch", "src"]) },
  outputs: { states: tensor("float32", ["batch", "src", 4]) },
});
const head = defineModel({
  name: "head",
  sha256,
  inputs: { states: tensor("float32", ["batch", "src", 4]) },
  outputs: { score: tensor("float32", ["batch", 1]) },
});
const decoder = defineModel({
  name: "decoder",
  sha256,
  inputs: {
    states: tensor("float32", ["batch", "src", 4]),
    mask: tensor("int64", ["batch", "src"]),
    scale: tensor("float32", [2]),
    rate: tensor("int64", []),
    flag: tensor("bool", ["batch", 1]),
  },
  outputs: { words: tensor("float32", ["batch", "src"]) },
});
const fixed = { scale: constant([0.5, 2]), rate: constant(16000n), flag: constant(true) } as const;
const start = pipeline("p", {
  inputs: { ids: tensor("int64", ["batch", "src"]), mask: tensor("int64", ["batch", "src"]) },
});

describe("an input may come from", () => {
  it("a current output, a request column, an earlier step's model, or a constant", () => {
    const made = start
      .model(encoder)
      .model(head)
      .model(decoder, { states: "encoder.states", mask: "in.mask", ...fixed });
    expect(problemLines(made)).toEqual([]);
    expect(made.outputs).toEqual({ words: { dtype: "float32", shape: ["batch", "src"] } });
  });

  it("the only current output, if it is the only input without a source", () => {
    expect(problemLines(start.model(encoder).model(decoder, { mask: "in.mask", ...fixed }))).toEqual([]);
    const one = defineModel({
      name: "one",
      sha256,
      inputs: { x: tensor("float32", ["batch", "src", 4]), rate: tensor("int64", []) },
      outputs: { y: tensor("float32", ["batch", 1]) },
    });
    expect(problemLines(start.model(encoder).model(one, { rate: constant(1n) }))).toEqual([]);
  });

  it("the same output as another input, but only if both name it", () => {
    const two = defineModel({
      name: "two",
      sha256,
      inputs: { a: tensor("float32", ["batch", 1]), b: tensor("float32", ["batch", 1]) },
      outputs: { y: tensor("float32", ["batch", 1]) },
    });
    const first = start.model(encoder).model(head);
    expect(problemLines(first.model(two, { a: "score", b: "score" }))).toEqual([]);
    expect(problemLines(untyped("p").model(head).model(two, { a: "score" }))).toEqual([
      "SL2014 model 'two' needs input 'b' but step 0 (model 'head') produces only 'score'",
    ]);
  });

  it("the last step that runs the model, if several do", () => {
    const again = defineModel({
      name: "again",
      sha256,
      inputs: { x: tensor("float32", ["batch", null]) },
      outputs: { x: tensor("float32", ["batch", null]) },
    });
    const made = pipeline("p", { inputs: { x: tensor("float32", ["batch", 3]) } })
      .model(again)
      .model(again)
      .model(again, { x: "again.x" });
    expect(problemLines(made)).toEqual([]);
  });
});

describe("the first inference step", () => {
  it("names its columns, with or without `in.`; a constant is no column", () => {
    const made = pipeline("p").model(decoder, { states: "hidden", mask: "in.attention_mask", ...fixed });
    expect(Object.keys(made.inputs)).toEqual(["hidden", "attention_mask"]);
    expect(problemLines(made)).toEqual([]);
  });

  it("needs a column", () => {
    const rate = defineModel({
      name: "rate",
      sha256,
      inputs: { rate: tensor("int64", ["batch"]) },
      outputs: { y: tensor("float32", ["batch", 1]) },
    });
    expect(problemLines(pipeline("p").model(rate, { rate: constant(1n) }))).toEqual([
      "SL2042 the request has no column, because all inputs of model 'rate' are constants; state the columns in pipeline(name, { inputs: { … } })",
    ]);
  });
});

describe("a constant", () => {
  it("is frozen data, and a copy", () => {
    const rows = [
      [1, 2],
      [3, 4],
    ];
    const made = constant(rows);
    rows[0] = [9, 9];
    expect(made).toEqual({
      constant: [
        [1, 2],
        [3, 4],
      ],
    });
    expect(Object.isFrozen(made) && Object.isFrozen(made.constant) && Object.isFrozen(made.constant[0])).toBe(true);
    const elements = Float32Array.of(1, 2);
    const typed = constant(elements);
    elements[0] = 9;
    expect(typed.constant[0]).toBe(1);
  });

  const port = (dtype: string, shape: readonly (number | string | null)[] | null) => ({
    name: "m",
    sha256,
    inputs: { x: { dtype: "float32", shape: ["batch", 1] }, c: { dtype, shape } },
    outputs: { y: { dtype: "float32", shape: ["batch", 1] } },
  });
  const problems = (dtype: string, shape: readonly (number | string | null)[] | null, value: unknown) =>
    problemLines(untyped("p").model(defineModel(port(dtype, shape) as never), { c: constant(value as never) })).map(
      (line) => line.replace("model 'm' input 'c' ", ""),
    );

  it.each<[string, readonly (number | string | null)[] | null, unknown]>([
    ["int64", [], 16000n],
    ["uint64", [2], BigUint64Array.of(1n, 2n)],
    ["float32", [], NaN],
    ["float32", [2, 2], Float32Array.of(1, 2, 3, 4)],
    ["float32", [2, "k"], { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }],
    ["float32", ["k"], [1, 2, 3]],
    ["float32", null, [[1], [2]]],
    ["float32", ["batch", 1], 0.5],
    ["float32", [2, "batch", 3], [Array(3).fill(0), Array(3).fill(1)]],
    ["bool", [2], [true, false]],
    ["string", ["batch"], "en"],
    ["int8", [2], Int8Array.of(-128, 127)],
    ["float16", [1], [65504]],
    ["float32", [0], []],
  ])("%s %j takes %o", (dtype, shape, value) => {
    expect(problems(dtype, shape, value)).toEqual([]);
  });

  it.each<[string, readonly (number | string | null)[] | null, unknown]>([
    ["int64", [], 16000],
    ["int64", [], 2n ** 63n],
    ["uint64", [], -1n],
    ["int32", [2], [1, 1.5]],
    ["uint8", [2, 2], [[0, 1], [2, 256]]], // prettier-ignore
    ["float32", [2], [1, 3.5e38]],
    ["float16", [], 65520],
    ["float32", [2], Float64Array.of(1, 2)],
    ["float32", [2, 2], Float32Array.of(1, 2, 3)],
    ["float32", [2, "k"], Float32Array.of(1, 2)],
    ["float32", [2, 2], [[1, 2], [3]]],
    ["float32", [3], [1, 2]],
    ["float32", ["batch", 3], [1, 2]],
    ["float32", [3], [[1, 2, 3]]],
    ["float32", ["n", "n"], [[1, 2]]],
    ["bool", [], 1],
    ["string", [], "a\0b"],
    ["float32", [2], { data: [1, 2, 3], shape: [2] }],
    ["float32", [2], { data: [1, 2] }],
    ["float32", [], null],
    ["float32", [], undefined],
    ["float32", [2], [1, null]],
  ])("%s %j refuses %o", (dtype, shape, value) => {
    expect(problems(dtype, shape, value)).toMatchSnapshot();
  });

  it("has a limit, because the config stores it", () => {
    expect(problems("float32", ["k"], new Float32Array(400_000).fill(0.123))).toEqual([
      "SL2019 expects float32[k], and its constant takes 2400001 characters of JSON, and a config stores at most 1000000: make it a column of the request, or a part of the model file",
    ]);
    expect(problems("float32", ["k"], new Float32Array(100_000).fill(0.123))).toEqual([]);
  });

  it("may be written as data, from plain JavaScript too", () => {
    const made = untyped("p")
      .model(encoder)
      .model(decoder, { mask: { constant: 1n }, ...fixed });
    expect(problemLines(made)).toEqual([
      "SL2011 model 'decoder' input 'mask' expects int64[batch, src] but the constant is int64[batch]",
    ]);
    expect(problemLines(untyped("p").model(encoder).model(head, { states: 3 }))).toMatchSnapshot();
  });
});

describe("an edit checks the sources of later steps", () => {
  const made = start
    .model(encoder)
    .model(head)
    .model(decoder, { states: "encoder.states", mask: "in.mask", ...fixed });

  it("names the step that reads a removed model", () => {
    const edited = start.model(head, { states: "in.ids" as never });
    expect(problemLines(edited)[0]).toMatch(/^SL2010 /);
    const without = untyped("p", { inputs: made.inputs })
      .model(head)
      .model(decoder, {
        states: "encoder.states",
        mask: "in.mask",
        ...fixed,
      });
    expect(problemLines(without).at(-1)).toBe(
      "SL2017 model 'decoder' input 'states' cannot come from 'encoder.states': no earlier step runs a model 'encoder', only 'head'",
    );
  });

  it("keeps a step that still has its sources", () => {
    const removed = made.removeStep(1);
    expect(problemLines(removed)).toEqual([]);
    const inserted = made.insertStep(1, (at) => at.validate("v", (x) => x.out.states.length > 0));
    expect(problemLines(inserted)).toEqual([]);
  });
});
