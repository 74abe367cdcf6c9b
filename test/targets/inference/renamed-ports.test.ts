import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { build, defineModel, pipeline, tensor } from "shapeline";
import { diffConfigs, parseConfig } from "shapeline/config";
import { fromDefinition, toDefinition } from "shapeline/wallaroo";
import type { LocalTarget } from "shapeline/local";
import { generateModels } from "../../../codegen/models/generate.js";
import { isSameModel } from "../../../dsl/model.js";
import { sealConfig } from "../../../src/config/config.js";
import type { Config } from "../../../src/config/schema.js";
import { findModelFiles } from "../../../src/engine/session/model-files.js";
import { config, folder, run, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";
import { refusal as codedRefusal } from "../../refusal.js";
import { openEngine } from "../local-engine.js";

const models = fileURLToPath(new URL("../../../examples/fraud/models", import.meta.url));
const rows = (
  JSON.parse(readFileSync(new URL("../../../examples/fraud/rows.df.json", import.meta.url), "utf8")) as {
    pixels: number[];
  }[]
).slice(0, 20);
const plain = parseConfig(
  readFileSync(new URL("../../../examples/fraud/fraud.pipeline.json", import.meta.url), "utf8"),
);
const digest = (name: string) => plain.models.find((model) => model.name === name)?.sha256 ?? "";

const a = defineModel({
  name: "a",
  sha256: digest("a"),
  inputs: { digit: tensor("float32", ["batch", 64]) },
  outputs: { vector: tensor("float32", ["batch", 16]) },
  renamed: { inputs: { digit: "pixels" }, outputs: { vector: "embedding" } },
});
const scorer = <const N extends string>(name: N, input: string, output: string) =>
  defineModel({
    name,
    sha256: digest(name),
    inputs: { vector: tensor("float32", ["batch", 16]) },
    outputs: { fraud: tensor("float32", ["batch", 1]) },
    renamed: { inputs: { vector: input }, outputs: { fraud: output } },
  });
const champ = scorer("champ", "embedding", "risk");
const c1 = scorer("c1", "float_input", "variable");
const fraud = pipeline("fraud")
  .model(a)
  .shadow(champ, [c1])
  .validate("amt", (x) => x.out.fraud[0] < 0.5);
const overrides = {
  a: { ports: { pixels: "digit", embedding: "vector" } },
  champ: { ports: { embedding: "vector", risk: "fraud" } },
  c1: { ports: { float_input: "vector", variable: "fraud" } },
};

const engine = (dir = models): LocalTarget => openEngine({ models: dir, challengers: "return" });
/** The error without digests. */
const refusal = async (work: () => unknown): Promise<string> =>
  (await codedRefusal(work)).replaceAll(/[0-9a-f]{12}…/g, "…");

/** The config with another file name for the output of one model. */
const withFileName = (built: Config, name: string, file: string): Config =>
  sealConfig({
    ...built,
    models: built.models.map((model) =>
      model.name === name ? { ...model, renamed: { ...model.renamed, outputs: { fraud: file } } } : model,
    ),
  });

describe("renamed ports", () => {
  test("`generate` writes the renames of the settings into the handles", async () => {
    const { models: found } = await generateModels({ models: [`${models}/*.onnx`], overrides, cwd: folder() });
    expect(found.map(({ name, renamed }) => [name, renamed])).toEqual([
      ["a", a.renamed],
      ["c1", c1.renamed],
      ["c2", undefined],
      ["champ", champ.renamed],
    ]);
  });

  test("are used by inputs, outputs, validations, challengers and the log, with the file's values", async () => {
    const live = await engine().deploy(await build(fraud));
    const before = await engine().deploy(plain);
    const mine = await live.infer(rows.map(({ pixels }) => ({ digit: pixels })));
    const theirs = await before.infer(rows);
    expect(Object.keys(mine[0]?.in ?? {})).toEqual(["digit"]);
    expect(mine.map((row) => row.in["digit"])).toEqual(rows.map(({ pixels }) => pixels));
    expect(mine.map((row) => row.out)).toEqual(theirs.map((row) => ({ fraud: row.out["risk"] })));
    expect(mine.map((row) => row["out_c1"])).toEqual(theirs.map((row) => ({ fraud: row["out_c1"]?.["variable"] })));
    const high = theirs.map((row) => !((row.out["risk"] as number[])[0]! < 0.5));
    expect(new Set(high).size).toBe(2);
    expect(mine.map((row) => row.anomaly["amt"])).toEqual(high);
    const logged = await live.logs({ limit: 20 });
    expect(logged.map((row) => row.out)).toEqual(mine.map((row) => row.out).reverse());
    expect(logged.map((row) => row.in)).toEqual(mine.map((row) => row.in).reverse());
    expect(await refusal(() => live.infer(rows))).toMatchInlineSnapshot(
      `"SL5003 row 0: input 'digit' of pipeline 'fraud' is missing; found 'pixels'"`,
    );
  });

  test("two swapped names feed the right ports of the file", async () => {
    const dir = folder();
    const two = [float32("p", "batch", 1), float32("q", "batch", 1)];
    const written = writeModel(dir, "sub", {
      inputs: two,
      outputs: [float32("y", "batch", 1)],
      nodes: [{ op: "Sub", inputs: ["p", "q"], outputs: ["y"] }],
    });
    const swapped = { ...written, renamed: { inputs: { p: "q", q: "p" } } };
    const rowsOf = [{ p: [5], q: [3] }];
    expect(
      (await (await engine(dir).deploy(config("sub", [written], [run("sub")]))).infer(rowsOf))[0]?.out["y"],
    ).toEqual([2]);
    expect(
      (await (await engine(dir).deploy(config("sub", [swapped], [run("sub")]))).infer(rowsOf))[0]?.out["y"],
    ).toEqual([-2]);
  });

  test("are in the config, only for renamed models", async () => {
    const built = await build(fraud);
    expect(built.models.map((model) => model.renamed)).toEqual([a, champ, c1].map((model) => model.renamed));
    expect(parseConfig(JSON.stringify(built))).toEqual(built);
    const none = defineModel({
      name: "c2",
      sha256: digest("c2"),
      inputs: { x: tensor("float32", ["batch", 16]) },
      outputs: { score: tensor("float32", ["batch", 1]) },
      renamed: { inputs: {} },
    });
    expect("renamed" in none).toBe(false);
    expect(Object.keys((await build(pipeline("one").model(none))).models[0] ?? {})).toEqual([
      "name",
      "version",
      "sha256",
      "inputs",
      "outputs",
      "rows",
    ]);
    const { renamed: _, ...unnamed } = champ;
    expect([
      isSameModel(champ, scorer("champ", "embedding", "risk")),
      isSameModel(champ, scorer("champ", "embedding", "score")),
      isSameModel(champ, unnamed),
    ]).toEqual([true, false, false]);
  });
});

describe("renamed ports are refused", () => {
  const define = (renamed: unknown) => () =>
    defineModel({
      name: "m",
      sha256: "0".repeat(64),
      inputs: { x: tensor("float32", [1]) },
      outputs: { y: tensor("float32", [1]), z: tensor("float32", [1]) },
      renamed: renamed as object,
    });

  test("in an invalid model definition", async () => {
    const wrong = [
      [],
      { input: {} },
      { inputs: "x" },
      { outputs: { x: "a" } },
      { outputs: { y: "" } },
      { outputs: { y: "z" } },
    ];
    expect(await Promise.all(wrong.map((renamed) => refusal(define(renamed))))).toMatchInlineSnapshot(`
      [
        "SL3040 the model's definition is wrong: 'renamed' of model 'm' must be { inputs, outputs }, each a record of port -> name in the file",
        "SL3040 the model's definition is wrong: 'renamed' of model 'm' can have 'inputs' and 'outputs', not 'input'",
        "SL3040 the model's definition is wrong: 'renamed.inputs' of model 'm' must be a record of port -> name in the file",
        "SL3040 the model's definition is wrong: 'renamed.outputs' of model 'm' names 'x', which is not one of its outputs",
        "SL3040 the model's definition is wrong: 'renamed.outputs' of model 'm' must give the name in the file of 'y'",
        "SL3040 the model's definition is wrong: two outputs of model 'm' have the name 'z' in the file",
      ]
    `);
    const built = await build(fraud);
    const stray = sealConfig({
      ...built,
      models: built.models.map((model) => ({ ...model, renamed: { inputs: { nothing: "x" } } })),
    });
    expect(await refusal(() => parseConfig(stray))).toMatchInlineSnapshot(`
      "SL4004 config does not fit together:
        models: 'renamed.inputs' of model 'a' names 'nothing', which is not one of its inputs
        models: 'renamed.inputs' of model 'champ' names 'nothing', which is not one of its inputs
        models: 'renamed.inputs' of model 'c1' names 'nothing', which is not one of its inputs"
    `);
  });

  test("if the file lacks them; the message has the file's name and the new one", async () => {
    const built = await build(fraud);
    expect(await refusal(() => engine().deploy(withFileName(built, "champ", "rsik")))).toMatchInlineSnapshot(
      `"SL3024 model 'champ': the file has no output 'rsik' (called 'fraud' here) but 'risk'; run 'shapeline generate' and build the pipeline again"`,
    );
    const dir = folder();
    mkdirSync(join(dir, "models"));
    copyFileSync(join(models, "c2.onnx"), join(dir, "models", "champ.onnx"));
    const champs = built.models.filter(({ name }) => name === "champ");
    expect(await refusal(() => findModelFiles(join(dir, "models"), champs))).toMatchInlineSnapshot(
      `"SL3022 model 'champ': the config was built for the digest … but 'champ.onnx' is … (champ.vector: input removed, it was float32[batch, 16]; champ.x: input added, float32[batch, 16]; champ.fraud: output removed, it was float32[batch, 1]; champ.score: output added, float32[batch, 1]); put the right file there, or run 'shapeline generate' and build the pipeline again"`,
    );
    // The other file has its own port with the new name: the message marks that one.
    const called = champs.map((model) => ({
      ...model,
      outputs: [float32("score", "batch", 1)],
      renamed: { outputs: { score: "risk" } },
    })) as unknown as typeof champs;
    expect(await refusal(() => findModelFiles(join(dir, "models"), called))).toMatchInlineSnapshot(
      `"SL3022 model 'champ': the config was built for the digest … but 'champ.onnx' is … (champ.vector: input removed, it was float32[batch, 16]; champ.x: input added, float32[batch, 16]; champ.score: output removed, it was float32[batch, 1]; champ.score (in the file): output added, float32[batch, 1]); put the right file there, or run 'shapeline generate' and build the pipeline again"`,
    );
  });

  test("by the platform, which knows only the file's names", async () => {
    const built = await build(fraud);
    expect(await refusal(() => toDefinition(built, { dialect: "polars" }))).toMatchInlineSnapshot(`
      "SL4100 pipeline 'fraud' has 3 parts that the platform cannot express:
        SL4102 models[0].renamed: the platform uses the file's port names, and in 'a' 'digit' is 'pixels' in the file and 'vector' is 'embedding' in the file: remove the model's 'ports' from the settings and run 'shapeline generate' again, or export the file with these names
        SL4102 models[1].renamed: the platform uses the file's port names, and in 'champ' 'vector' is 'embedding' in the file and 'fraud' is 'risk' in the file: remove the model's 'ports' from the settings and run 'shapeline generate' again, or export the file with these names
        SL4102 models[2].renamed: the platform uses the file's port names, and in 'c1' 'vector' is 'float_input' in the file and 'fraud' is 'variable' in the file: remove the model's 'ports' from the settings and run 'shapeline generate' again, or export the file with these names"
    `);
    const { config: read, problems } = fromDefinition(toDefinition(plain, { dialect: "polars" }), {
      models: [...built.models, ...plain.models.filter(({ name }) => name === "c2")],
    });
    expect(problems).toEqual([]);
    expect(read?.models.map(({ outputs, renamed }) => [outputs[0]?.name, renamed])).toEqual([
      ["embedding", undefined],
      ["risk", undefined],
      ["variable", undefined],
      ["score", undefined],
    ]);
    expect(
      (await diffConfigs(built, withFileName(built, "champ", "rsik"))).models.map(({ text }) =>
        text.replaceAll(/[0-9a-f]{12}…/g, "…"),
      ),
    ).toMatchInlineSnapshot(`
      [
        "version 1, file …, 'fraud' is 'risk' in the file, 'vector' is 'embedding' in the file -> version 1, file …, 'fraud' is 'rsik' in the file, 'vector' is 'embedding' in the file",
      ]
    `);
  });
});
