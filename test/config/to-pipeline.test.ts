import { describe, expect, it } from "vitest";
import { build, defineModel, pipeline, type AnyPipeline, type Config } from "shapeline";
import { readSignature } from "shapeline/codegen";
import { evaluate } from "shapeline/testing";
import { fromDefinition, toDefinition, toPipeline } from "shapeline/wallaroo";
import { fraud } from "../../examples/fraud/fraud.pipeline.js";
import { a, c1, c2, champ } from "../../examples/fraud/models.gen.js";
import { models } from "../targets/wallaroo/fraud-platform.js";

const definitionOf = async (one: AnyPipeline) => toDefinition(await build(one), { dialect: "polars" });

async function read(one: AnyPipeline): Promise<Config> {
  const { config, problems } = fromDefinition(await definitionOf(one), { models: [a, champ, c1, c2] });
  expect(problems).toEqual([]);
  if (config === null) throw new Error("it has no pipeline");
  return config;
}

/** A check whose stored text is not the one that we write for it. */
const foreign = (
  await definitionOf(
    pipeline("p")
      .model(a)
      .model(champ)
      .validate("amt", (x) => x.out < 1),
  )
).steps.map((step) =>
  "Check" in step
    ? {
        Check: {
          tree: [
            `{"Alias":[{"BinaryExpr":{"left":{"Function":{"input":[{"Column":"out.risk"},{"Literal":{"Int32":0}}],"function":{"ListExpr":"Get"},"options":{"collect_groups":"ApplyFlat","fmt_str":"","input_wildcard_expansion":false,"auto_explode":true,"cast_to_supertypes":false,"allow_rename":false,"pass_name_to_apply":false,"changes_length":false,"check_lengths":true,"allow_group_aware":true}}},"op":"GtEq","right":{"Literal":{"Float64":1.0}}}},"amt"]}`,
          ],
        },
      }
    : step,
);

describe("toPipeline", () => {
  it("gives back the pipeline, with the same config", async () => {
    const config = await read(fraud);
    expect(await build(toPipeline(config))).toEqual(config);
    expect((await build(toPipeline(await build(fraud)))).hash).toBe((await build(fraud)).hash);
  });

  it("takes further steps and edits, and keeps the validations that are there", async () => {
    const edited = toPipeline(await read(fraud))
      .replaceStep(1, (at) => at.shadow(champ, [c2, c1]))
      .validate("low", (x) => x.out.risk[0] < 0.5);
    const same = pipeline("fraud")
      .model(a)
      .shadow(champ, [c2, c1])
      .validate("amt", (x) => x.out < 1)
      .validate("low", (x) => x.out.risk[0] < 0.5);
    expect((await build(edited)).hash).toBe((await build(same)).hash);
    expect(await evaluate(edited, { out: { risk: [1.5] } })).toEqual({ anomaly: { amt: true, low: true }, count: 2 });
  });

  it("types rows and requests by the handles at the ends", async () => {
    const typed = toPipeline(await read(fraud), { inputsOf: a, outputsOf: champ });
    const more = typed.validate("low", (x) => x.out < 0.5 && x.in.pixels[0] >= 0);
    expect((await build(more)).steps.map(({ kind }) => kind)).toEqual(["model", "shadow", "validation", "validation"]);
    // @ts-expect-error -- the outputs have no such port
    typed.validate("other", (x) => x.out.other < 1);
    // @ts-expect-error -- the model takes the request, not risks
    typed.model(a);
    expect((await build(typed.removeStep(2))).steps).toHaveLength(2);
    await expect(build(typed.validate("amt", (x) => x.out < 1))).rejects.toMatchObject({ code: "SL2004" });
  });

  it("refuses handles that are not those of the ends", async () => {
    const config = await read(fraud);
    expect(() => toPipeline(config, { inputsOf: champ, outputsOf: champ })).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: pipeline 'fraud' does not have the tensors of the handles that were given:
        inputsOf: the pipeline has no input 'embedding', and model 'champ' has float32[batch, 16]
        inputsOf: the pipeline has input 'pixels' as float32[batch, 64], and model 'champ' has none]
    `);
    const several = await build(pipeline("several").models([c1, c2]));
    expect(() => toPipeline(several, { inputsOf: c1, outputsOf: c1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: pipeline 'several' ends with the outputs of several models, of which none is selected; leave out 'inputsOf' and 'outputsOf']`,
    );
    expect(() => toPipeline({ ...config, name: "other" })).toThrow("it was edited after it was built");
  });

  it("keeps a platform's text while the row is the same, and writes its own for another row", async () => {
    const { config } = fromDefinition({ id: "p", steps: foreign }, { models: [a, champ] });
    if (config === null) throw new Error("it has no pipeline");
    const same = await build(toPipeline(config).validate("low", (x) => x.out.risk[0] < 0.5));
    expect(toDefinition(same, { dialect: "polars" }).steps.at(-1)).toMatchObject({
      Check: { tree: [(foreign.at(-1) as { Check: { tree: string[] } }).Check.tree[0], expect.any(String)] },
    });
    const twin = defineModel({ name: "twin", sha256: "1".repeat(64), inputs: champ.inputs, outputs: champ.outputs });
    const other = await build(toPipeline(config).replaceStep(1, (at) => at.model(twin)));
    expect(other.steps.at(-1)).not.toHaveProperty("expression.kept");
    await expect(build(toPipeline(config).removeStep(1))).rejects.toMatchObject({ code: "SL2092" });
  });

  it("has lambdas that cannot run by themselves", async () => {
    const [, , step] = toPipeline(await read(fraud)).steps;
    if (step?.kind !== "validation") throw new Error("the third step is the validation");
    expect(() => step.check({} as never)).toThrow("was read from a config");
  });
});

it("takes results of readSignature as models of a definition", async () => {
  const signatures = await Promise.all(
    ["a", "champ", "c1", "c2"].map((name) => readSignature(`${models}/${name}.onnx`)),
  );
  const { config, problems, inferred } = fromDefinition(await definitionOf(fraud), { models: signatures });
  expect([problems, inferred]).toEqual([[], []]);
  expect(config?.hash).toBe((await build(fraud)).hash);
});
