import { describe, expect, it } from "vitest";
import { build, defineModel, pipeline, tensor } from "shapeline";
import { configSchema, hashConfig, parseConfig, stringifyConfig } from "shapeline/config";
import { configJsonSchema } from "../../src/config/schema.js";
import { refusal } from "../refusal.js";

const embedder = defineModel({
  name: "embedder",
  sha256: "a".repeat(64),
  inputs: { text: tensor("int64", ["batch", "seq"]) },
  outputs: { embedding: tensor("float32", ["batch", null]) },
});
const scorer = defineModel({
  name: "scorer",
  sha256: "b".repeat(64),
  inputs: { x: tensor("float32", ["batch", 16]) },
  outputs: { score: tensor("float32", ["batch", 1]) },
});
const sentiment = pipeline("sentiment")
  .model(embedder, { text: "tokens" })
  .model(scorer)
  .validate("amt", (x) => x.out < 1);

/** A copy of the config, edited without updating its hash. */
const edited = async (change: (config: Record<string, unknown>) => void) => {
  const config = structuredClone(await build(sentiment)) as unknown as Record<string, unknown>;
  change(config);
  return config;
};
/** A copy of the config, edited and hashed again. */
const rehashed = async (change: (config: Record<string, unknown>) => void) => {
  const config = await edited(change);
  config.hash = hashConfig(config as never);
  return config;
};
describe("a config", () => {
  it("is plain data: steps that name models, run-time checks and a hash", async () => {
    const config = await build(sentiment);
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    expect(config.inputs).toEqual([{ name: "tokens", dtype: "int64", shape: ["batch", "seq"] }]);
    expect(config.steps.map((s) => s.kind)).toEqual(["model", "model", "validation"]);
    expect(config.checks).toEqual([{ step: 1, model: "scorer", input: "x", axis: 0, expects: 16 }]);
    expect(config.hash).toBe(hashConfig(config));
  });

  it("has the same bytes on every build", async () => {
    expect(stringifyConfig(await build(sentiment))).toBe(stringifyConfig(await build(sentiment)));
  });

  it("is parsed unchanged from its text, in any key order", async () => {
    const config = await build(sentiment);
    const text = stringifyConfig(config);
    expect(parseConfig(text)).toEqual(config);
    const reversed = Object.fromEntries(Object.entries(config).reverse());
    expect(stringifyConfig(parseConfig(reversed))).toBe(text);
  });

  it("has a JSON Schema with all its keys and no others", () => {
    const schema = configJsonSchema();
    expect(Object.keys(schema.properties as object)).toEqual(Object.keys(configSchema.shape));
    expect(schema.additionalProperties).toBe(false);
  });
});

describe("parseConfig rejects a config", () => {
  it("that is not JSON", async () => {
    expect(await refusal(() => parseConfig('{"shapeline": 1,', "fraud.pipeline.json"))).toMatch(
      /^SL4001 fraud\.pipeline\.json is not JSON: /,
    );
    expect(await refusal(() => parseConfig("src/fraud.pipeline.json"))).toMatch(
      /^SL4001 config is not JSON: .*; give the file's text, or the object, instead of its path$/,
    );
  });

  it("with an unknown key", async () => {
    const config = await edited((c) => (c.comment = "mine"));
    expect(await refusal(() => parseConfig(config))).toMatchInlineSnapshot(`
      "SL4002 config is not a pipeline config; compile the pipeline again, or correct what is wrong:
        (whole): unknown key 'comment'"
    `);
  });

  it("with values of the wrong type", async () => {
    const config = await edited((c) => {
      (c.models as { sha256: unknown }[])[0]!.sha256 = 7;
      c.name = null;
    });
    expect(await refusal(() => parseConfig(config))).toMatchInlineSnapshot(`
      "SL4002 config is not a pipeline config; compile the pipeline again, or correct what is wrong:
        name: expected string, found null
        models[0].sha256: expected string, found 7"
    `);
  });

  it("whose hash does not match its content", async () => {
    const config = await edited((c) => (c.name = "other"));
    expect(await refusal(() => parseConfig(config, "other.pipeline.json"))).toMatch(
      /^SL4003 other\.pipeline\.json: its hash is [0-9a-f]{12}… but its content hashes to [0-9a-f]{12}…; it was edited after it was built: edit the pipeline's source and compile it again$/,
    );
  });

  it("with a step that names an unknown model", async () => {
    const config = await rehashed((c) => ((c.steps as { model?: string }[])[0]!.model = "ghost"));
    expect(await refusal(() => parseConfig(config))).toMatchInlineSnapshot(`
      "SL4004 config does not fit together:
        steps: a step names the model 'ghost', which is not among the models
        models: no step uses 'embedder'"
    `);
  });

  it("whose steps do not fit together, with the messages of build()", async () => {
    const config = await rehashed(
      (c) => ((c.models as { inputs: { dtype: string }[] }[])[1]!.inputs[0]!.dtype = "float64"),
    );
    expect(await refusal(() => parseConfig(config))).toMatchInlineSnapshot(`
      "SL4004 config does not fit together:
        model 'scorer' input 'x' expects float64[batch, 16] but step 0 (model 'embedder') produces float32[batch, ?]"
    `);
  });

  it("with a missing run-time check", async () => {
    const config = await rehashed((c) => (c.checks = []));
    expect(await refusal(() => parseConfig(config))).toMatchInlineSnapshot(`
      "SL4004 config does not fit together:
        checks: these are not the run-time checks that the models and steps require"
    `);
  });

  it("with an invalid expression in a validation", async () => {
    const config = await rehashed((c) => {
      (c.steps as { expression?: { tree: unknown } }[])[2]!.expression!.tree = { op: "process.exit" };
    });
    expect(await refusal(() => parseConfig(config))).toMatch(
      /^SL4002 config is not a pipeline config; compile the pipeline again, or correct what is wrong:\n {2}steps\[2\]\.expression\.tree/,
    );
  });
});
