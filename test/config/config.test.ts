import { describe, expect, it } from "vitest";
import { build, defineModel, pipeline, tensor } from "shapeline";
import { configSchema, hashConfig, parseConfig, stringifyConfig } from "shapeline/config";
import { configJsonSchema } from "../../src/config/json-schema.js";

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

/** The config as data that may be changed by hand. */
const edited = async (change: (config: Record<string, unknown>) => void) => {
  const config = structuredClone(await build(sentiment)) as unknown as Record<string, unknown>;
  change(config);
  return config;
};
const rehashed = async (change: (config: Record<string, unknown>) => void) => {
  const config = await edited(change);
  config.hash = hashConfig(config as never);
  return config;
};
const messageOf = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`;
  }
  return "accepted";
};

describe("a config", () => {
  it("is plain data: the steps, the models by name, what is left to check at run time, and a hash", async () => {
    const config = await build(sentiment);
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    expect(config.inputs).toEqual([{ name: "tokens", dtype: "int64", shape: ["batch", "seq"] }]);
    expect(config.steps.map((s) => s.kind)).toEqual(["model", "model", "validation"]);
    expect(config.checks).toEqual([{ step: 1, model: "scorer", input: "x", axis: 1, expects: 16 }]);
    expect(config.hash).toBe(hashConfig(config));
  });

  it("has the same bytes every time it is built", async () => {
    expect(stringifyConfig(await build(sentiment))).toBe(stringifyConfig(await build(sentiment)));
  });

  it("comes back from its text unchanged, whatever the order of its keys", async () => {
    const config = await build(sentiment);
    const text = stringifyConfig(config);
    expect(parseConfig(text)).toEqual(config);
    const reversed = Object.fromEntries(Object.entries(config).reverse());
    expect(stringifyConfig(parseConfig(reversed))).toBe(text);
  });

  it("has a JSON Schema that names every part of it", () => {
    const schema = configJsonSchema();
    expect(Object.keys(schema.properties as object)).toEqual(Object.keys(configSchema.shape));
    expect(schema.additionalProperties).toBe(false);
  });
});

describe("a config edited by hand is refused", () => {
  it("when it is not JSON", () => {
    expect(messageOf(() => parseConfig('{"shapeline": 1,', "fraud.pipeline.json"))).toMatch(
      /^SL4001 fraud\.pipeline\.json is not JSON: /,
    );
  });

  it("when it has a key that no config has", async () => {
    const config = await edited((c) => (c.comment = "mine"));
    expect(messageOf(() => parseConfig(config))).toMatchInlineSnapshot(`
      "SL4002 config is not a pipeline config:
        (whole): unknown key 'comment'"
    `);
  });

  it("when a value is of another type", async () => {
    const config = await edited((c) => {
      (c.models as { sha256: unknown }[])[0]!.sha256 = 7;
      c.name = null;
    });
    expect(messageOf(() => parseConfig(config))).toMatchInlineSnapshot(`
      "SL4002 config is not a pipeline config:
        name: expected string, found null
        models[0].sha256: expected string, found 7"
    `);
  });

  it("when its hash is not that of its content", async () => {
    const config = await edited((c) => (c.name = "other"));
    expect(messageOf(() => parseConfig(config, "other.pipeline.json"))).toMatch(
      /^SL4003 other\.pipeline\.json: its hash is [0-9a-f]{12}… but its content gives [0-9a-f]{12}…; it was changed after it was built: change the pipeline's source and compile it again$/,
    );
  });

  it("when a step names a model that is not there", async () => {
    const config = await rehashed((c) => ((c.steps as { model?: string }[])[0]!.model = "ghost"));
    expect(messageOf(() => parseConfig(config))).toMatchInlineSnapshot(`
      "SL4004 config does not fit together:
        steps: they name a model 'ghost', which is not among the models
        models: no step uses 'embedder'"
    `);
  });

  it("when its steps do not fit together, in the words of build()", async () => {
    const config = await rehashed(
      (c) => ((c.models as { inputs: { dtype: string }[] }[])[1]!.inputs[0]!.dtype = "float64"),
    );
    expect(messageOf(() => parseConfig(config))).toMatchInlineSnapshot(`
      "SL4004 config does not fit together:
        model 'scorer' input 'x' expects float64[batch, 16] but step 0 (model 'embedder') produces float32[batch, ?]"
    `);
  });

  it("when a run-time check was taken out", async () => {
    const config = await rehashed((c) => (c.checks = []));
    expect(messageOf(() => parseConfig(config))).toMatchInlineSnapshot(`
      "SL4004 config does not fit together:
        checks: they are not the ones that its models and steps ask for"
    `);
  });

  it("when a validation's expression is not one", async () => {
    const config = await rehashed((c) => {
      (c.steps as { expression?: { tree: unknown } }[])[2]!.expression!.tree = { op: "process.exit" };
    });
    expect(messageOf(() => parseConfig(config))).toMatch(
      /^SL4002 config is not a pipeline config:\n {2}steps\[2\]\.expression\.tree/,
    );
  });
});
