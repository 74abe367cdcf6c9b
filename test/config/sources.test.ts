import { describe, expect, it } from "vitest";
import { build, constant, defineModel, pipeline, tensor, type AnyPipeline } from "shapeline";
import { diffConfigs, hashConfig, parseConfig, stringifyConfig } from "shapeline/config";
import { decompile, toDefinition } from "shapeline/wallaroo";
import type { Config, StepConfigOf } from "../../src/config/schema.js";
import { refusal } from "../refusal.js";

const sha256 = "0".repeat(64);
const encoder = defineModel({
  name: "encoder",
  sha256,
  inputs: { ids: tensor("int64", ["batch", 3]) },
  outputs: { states: tensor("float32", ["batch", 4]) },
});
const decoder = defineModel({
  name: "decoder",
  sha256,
  inputs: {
    hidden: tensor("float32", ["batch", 4]),
    prefix: tensor("int64", ["batch", 2]),
    scales: tensor("float32", [3]),
    rate: tensor("int64", []),
  },
  outputs: { scores: tensor("float32", ["batch", 1]) },
});
const request = { ids: tensor("int64", ["batch", 3]), prefix: tensor("int64", ["batch", 2]) };
const made = pipeline("chain", { inputs: request })
  .model(encoder)
  .model(decoder, {
    hidden: "encoder.states",
    prefix: "in.prefix",
    scales: constant([0.1, -0, Infinity]),
    rate: constant(16000n),
  });
const config = await build(made);
const decoderStep = (of: Config) => of.steps.find((step): step is StepConfigOf<"model"> => step === of.steps[1]);

describe("sources in a config", () => {
  it("are plain data: bigints, infinities and -0 are strings", () => {
    expect(decoderStep(config)).toEqual({
      kind: "model",
      model: "decoder",
      rename: {},
      sources: {
        hidden: { model: "encoder", output: "states" },
        prefix: { column: "prefix" },
        scales: { constant: { dtype: "float32", shape: [3], data: [0.1, "-0", "Infinity"] } },
        rate: { constant: { dtype: "int64", shape: [], data: ["16000"] } },
      },
    });
    expect(config.steps[0]).toEqual({ kind: "model", model: "encoder", rename: {} });
  });

  it("are parsed unchanged, and hashed", () => {
    const text = stringifyConfig(config);
    expect(parseConfig(text)).toEqual(config);
    expect(hashConfig(parseConfig(text))).toBe(config.hash);
    expect(text).not.toContain("undefined");
  });

  it("have the same hash for the same values in another form", async () => {
    const other = pipeline("chain", { inputs: request })
      .model(encoder)
      .model(decoder, {
        hidden: "encoder.states",
        prefix: "in.prefix",
        scales: constant(Float32Array.of(0.1, -0, Infinity)),
        rate: constant({ data: [16000n], shape: [] }),
      });
    expect((await build(other)).hash).toBe(config.hash);
    const changed = made.replaceStep(1, (at) =>
      at.model(decoder, { hidden: "states", prefix: "in.prefix", scales: constant([1, 2, 3]), rate: constant(16000n) }),
    );
    expect((await build(changed)).hash).not.toBe(config.hash);
  });

  it("name a column as such at the first step only if the pipeline states other columns", async () => {
    const first = pipeline("p").model(decoder, { prefix: "in.p", scales: constant([1, 2, 3]), rate: constant(1n) });
    const { inputs, steps } = await build(first);
    expect(inputs.map(({ name }) => name)).toEqual(["hidden", "p"]);
    expect(steps[0]).toMatchObject({ rename: { prefix: "p" } });
    const stated = pipeline("p", { inputs: first.inputs as never }).model(decoder, {
      prefix: "in.p",
      scales: constant([1, 2, 3]),
      rate: constant(1n),
    } as Record<string, unknown> as Record<string, string>);
    expect((await build(stated)).hash).toBe((await build(first)).hash);
  });

  it("are written back with the names that a generated file has for the models", () => {
    const { text } = decompile(config, "./models.gen.js", { theDecoder: decoder, other: { ...encoder, sha256: "" } });
    expect(text).toContain('import { encoder, theDecoder } from "./models.gen.js";');
    expect(text).toContain(".model(theDecoder, {");
  });

  it("are written back as TypeScript that builds the same config", async () => {
    const { text } = decompile(config);
    expect(text).toMatchInlineSnapshot(`
      "import { constant, pipeline, tensor } from "shapeline";
      import { decoder, encoder } from "./models.gen.js";

      export const chain = pipeline("chain", { inputs: { ids: tensor("int64", ["batch",3]), prefix: tensor("int64", ["batch",2]) } })
        .model(encoder)
        .model(decoder, { hidden: "encoder.states", prefix: "in.prefix", rate: constant(16000n), scales: constant([0.1, -0, Infinity]) });
      "
    `);
    const written = new Function(
      "constant",
      "pipeline",
      "tensor",
      "encoder",
      "decoder",
      `return ${decompile(config).chain}`,
    );
    expect(await build(written(constant, pipeline, tensor, encoder, decoder) as AnyPipeline)).toEqual(config);
  });

  it("are compared by meaning", async () => {
    const slower = made.replaceStep(1, (at) =>
      at.model(decoder, {
        hidden: "encoder.states",
        prefix: "in.prefix",
        scales: constant([0.1, -0, Infinity]),
        rate: constant(8000n),
      }),
    );
    const { steps } = await diffConfigs(config, slower);
    expect(steps).toMatchObject([{ kind: "changed" }]);
    expect(steps[0]).toMatchObject({ after: expect.stringContaining("rate: constant(8000n)") });
  });

  it("cannot be said in a definition", async () => {
    expect(await refusal(() => toDefinition(config, { dialect: "polars" }))).toMatchInlineSnapshot(`
      "SL4100 pipeline 'chain' has 3 parts that the platform cannot express:
        SL4107 models[1].inputs[2]: the platform stacks rows in dimension 0 of every port, and 'scales' of 'decoder' has one value for all rows: make it a constant of the file, or deploy to another target
        SL4107 models[1].inputs[3]: the platform stacks rows in dimension 0 of every port, and 'rate' of 'decoder' has one value for all rows: make it a constant of the file, or deploy to another target
        SL4102 steps[1]: a step of the platform takes only the outputs of the step before it, and in 'decoder' 'hidden' takes 'encoder.states', 'prefix' takes the request column 'prefix', 'rate' takes a constant, 'scales' takes a constant: let the model before it pass the value on as an output, export the model with the value inside, or deploy to another target, such as local()"
    `);
  });
});

describe("parseConfig refuses", () => {
  const edited = (sources: unknown, rename: Readonly<Record<string, string>> = {}) => {
    const step = { ...decoderStep(config), rename, sources };
    const content = { ...config, steps: [config.steps[0], step] } as unknown as Config;
    return refusal(() => parseConfig({ ...content, hash: hashConfig(content) }));
  };
  const { sources = {} } = decoderStep(config) ?? {};
  const scales = (constant: object) => edited({ ...sources, scales: { constant } });

  it.each<[string, () => Promise<string>]>([
    ["a column that is not stated", () => edited({ ...sources, prefix: { column: "other" } })],
    ["a model that does not run before", () => edited({ ...sources, hidden: { model: "decoder", output: "scores" } })],
    ["an output that the model lacks", () => edited({ ...sources, hidden: { model: "encoder", output: "other" } })],
    ["a source that is also renamed", () => edited(sources, { hidden: "states" })],
    ["elements of another kind", () => scales({ dtype: "float32", shape: [3], data: ["a", "b", "c"] })],
    ["another dtype", () => scales({ dtype: "float64", shape: [3], data: [0.5, 1, 2] })],
    ["too few elements", () => scales({ dtype: "float32", shape: [3], data: [1] })],
    ["another shape", () => scales({ dtype: "float32", shape: [2], data: [1, 2] })],
    [
      "digits that are none",
      () => edited({ ...sources, rate: { constant: { dtype: "int64", shape: [], data: ["1.5"] } } }),
    ],
    ["an unknown kind of source", () => edited({ ...sources, rate: { file: "rate.bin" } })],
  ])("%s", async (_, refuse) => {
    expect(await refuse()).toMatchSnapshot();
  });
});
