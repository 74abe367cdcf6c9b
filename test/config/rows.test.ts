import { describe, expect, it } from "vitest";
import { build, defineModel, pipeline, tensor, type Dim } from "shapeline";
import { diffConfigs, hashConfig, parseConfig, type Config } from "shapeline/config";
import { decompile } from "shapeline/wallaroo";
import { refusal } from "../refusal.js";

const sha256 = "a".repeat(64);
type Shape = readonly Dim[] | null;
const port = (shape: Shape) => ({ dtype: "float32" as const, shape });
const model = (input: Shape, output: Shape, batchSize?: number) =>
  defineModel({ name: "m", sha256, inputs: { x: port(input) }, outputs: { y: port(output) }, batchSize });

describe("a config says how the rows of each model run", () => {
  it.each<[string, Shape, Shape, "batched" | "whole"]>([
    ["rows along dimension 0", ["batch", 3], ["batch", 1], "batched"],
    ["rows along other dimensions", [2, "batch", 4], [4, "batch"], "batched"],
    ["a symbol of another name", ["N", 3], ["N", 1], "whole"],
    ["no row axis", [5, 3], [5], "whole"],
    ["an input of unknown rank", null, ["batch", 1], "batched"],
    ["unknown ranks", null, null, "whole"],
  ])("%s", async (_, input, output, rows) => {
    const config = await build(pipeline("p").model(model(input, output)));
    expect(config.models[0]).toMatchObject({ rows });
    expect(parseConfig(config)).toEqual(config);
  });

  it("and the number of rows of one run, if the file fixes it", async () => {
    const fixed = pipeline("p").model(model(["batch", 3], ["batch", 1], 4));
    const config = await build(fixed);
    expect(config.models[0]).toMatchObject({ rows: "batched", batchSize: 4 });
    expect(parseConfig(config)).toEqual(config);
    const open = pipeline("p").model(model(["batch", 3], ["batch", 1]));
    expect((await diffConfigs(open, fixed)).models).toEqual([
      {
        kind: "changed",
        name: "m",
        text: "version 1, file aaaaaaaaaaaa… -> version 1, file aaaaaaaaaaaa…, batch size 4",
      },
    ]);
    expect(decompile(config).text).toContain(
      '\nimport { m } from "./models.gen.js";\n// The file of m fixes batchSize: 4.\n\nexport const p = ',
    );
    expect(decompile(await build(open)).text).not.toContain("batchSize");
  });
});

describe("parseConfig rejects a config", () => {
  const edited = async (change: (model: Record<string, unknown>) => void) => {
    const config = structuredClone<Config>(await build(pipeline("p").model(model(["batch", 3], ["batch", 1]))));
    change(config.models[0] as unknown as Record<string, unknown>);
    return refusal(() => parseConfig({ ...config, hash: hashConfig(config) }));
  };

  it.each<[string, (model: Record<string, unknown>) => void, string]>([
    [
      "that calls a batched model whole",
      (m) => (m.rows = "whole"),
      "models: 'rows' of model 'm' is 'whole', but by its shapes the model is batched: compile the pipeline again",
    ],
    [
      "with a model that has a row axis in an input alone",
      (m) => (m.outputs = [{ name: "y", dtype: "float32", shape: [1] }]),
      "models: input 'x' of model 'm' has the row axis 'batch' but output 'y' has none: write 'batch' in every output and in the inputs that hold rows, or nowhere if the model runs once for each row",
    ],
    [
      "with a batch size of a whole model",
      (m) => {
        for (const side of ["inputs", "outputs"] as const) m[side] = [{ name: "x", dtype: "float32", shape: [1] }];
        Object.assign(m, { rows: "whole", batchSize: 2 });
      },
      "models: 'batchSize' of model 'm' needs a row axis: write 'batch' where rows are stacked",
    ],
    [
      "with a model whose name is a path",
      (m) => (m.name = "../m"),
      "models: the model name '../m' is not allowed: use at most 63 letters, digits, '-' and '_', with a letter or digit at both ends",
    ],
  ])("%s", async (_, change, message) => expect(await edited(change)).toContain(message));

  it("nested more deeply than any lambda", async () => {
    let tree: unknown = { op: "constant", type: "boolean", value: true };
    for (let i = 0; i < 5000; i++) tree = { op: "!", operand: tree, type: "boolean" };
    const config = await build(
      pipeline("p")
        .model(model(["batch", 3], ["batch", 1]))
        .validate("low", () => true),
    );
    const [first, check] = config.steps;
    const deep = { ...config, steps: [first, { ...check, expression: { tree, strings: {}, refused: {} } }] };
    expect(await refusal(() => parseConfig(deep))).toBe(
      "SL4002 config is not a pipeline config; compile the pipeline again, or correct what is wrong:\n  steps[1].expression.tree: nested more than 520 levels deep",
    );
    const text = `{"steps":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(await refusal(() => parseConfig(text))).toMatch(/^SL4002 .*\n {2}steps\[0\]\[0\]\[0\]: nested more than/);
  });
});

describe("parseConfig reads a config of an earlier version, where dimension 0 of every port stacked the rows", () => {
  /** The config as the earlier version wrote it: without `rows`, axes of checks with the batch in front. */
  const older = async (
    built: Parameters<typeof build>[0],
    shapes: Readonly<Record<string, Shape>>,
    checks: unknown,
  ) => {
    const config = structuredClone(await build(built)) as unknown as {
      inputs: { name: string; shape: Shape }[];
      models: Record<string, unknown>[];
      checks: unknown;
    };
    for (const found of config.inputs) found.shape = shapes[found.name] ?? found.shape;
    for (const one of config.models) {
      delete one.rows;
      delete one.batchSize;
      for (const side of ["inputs", "outputs"] as const)
        for (const found of one[side] as { name: string; shape: Shape }[])
          found.shape = shapes[found.name] ?? found.shape;
    }
    config.checks = checks;
    return { ...config, hash: hashConfig(config as never) };
  };
  const two = pipeline("p")
    .model(model(["batch", "n"], ["batch", null]))
    .model(defineModel({ name: "next", sha256, inputs: { x: port(["batch", 4]) }, outputs: { z: port(["batch"]) } }));

  it("the same config results as from building it today", async () => {
    const checks = [{ step: 1, model: "next", input: "x", axis: 1, expects: 4 }];
    const written = await older(two, { y: ["N", null], z: [null] }, checks);
    expect(parseConfig(written)).toEqual(await build(two));
  });

  it("a number of rows becomes the batch size", async () => {
    const fixed = pipeline("p").model(model(["batch", 3], ["batch", 1], 4));
    expect(parseConfig(await older(fixed, { x: [4, 3], y: [4, 1] }, []))).toEqual(await build(fixed));
  });

  it("the symbol of the batch is unknown in other places", async () => {
    const square = pipeline("p").model(model(["batch", null], ["batch", null]));
    expect(parseConfig(await older(square, { x: ["N", "N"], y: ["N", "N"] }, []))).toEqual(await build(square));
  });

  it("its own hash is checked first", async () => {
    const written = await older(two, {}, []);
    expect(await refusal(() => parseConfig({ ...written, name: "q" }))).toMatch(/^SL4003 /);
  });
});

describe("null for NaN", () => {
  const inputs = { a: tensor("float32", ["batch", 3]), b: tensor("float64", ["batch"]), c: tensor("int32", ["batch"]) };
  const takesA = model(["batch", 3], ["batch", 1]);

  it("is written to the config, with the columns in order", async () => {
    const some = await build(pipeline("p", { inputs, missing: { b: "nan" } }).model(takesA, { x: "a" }));
    expect(some.missing).toEqual(["b"]);
    expect(parseConfig(some)).toEqual(some);
    const all = await build(pipeline("p", { inputs, missing: "nan" }).model(takesA, { x: "a" }));
    expect(all.missing).toEqual(["a", "b"]);
    expect(await build(pipeline("p", { inputs }).model(takesA, { x: "a" }))).not.toHaveProperty("missing");
  });

  it("is refused for columns that hold no floats", async () => {
    const untyped = pipeline as unknown as (name: string, options: object) => { model(...args: unknown[]): never };
    expect(
      await refusal(() => build(untyped("p", { inputs, missing: { c: "nan" } }).model(takesA, { x: "a" }))),
    ).toContain("'missing' names 'c', but the pipeline's float columns are 'a', 'b'");
  });
});
