import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { generateModels, type GenerateOptions } from "../../../codegen/models/generate.js";
import { refusal } from "../../refusal.js";
import { FLOAT, input, model, output, tensorType } from "./onnx/onnx-bytes.js";
import { makeProject } from "./workspace.js";

let cwd = "";
const example = fileURLToPath(new URL("../../../examples/breast-cancer/models/random-forest.onnx", import.meta.url));

beforeEach(() => {
  cwd = makeProject();
  copyFileSync(example, join(cwd, "models", "random-forest.onnx"));
  writeFileSync(
    join(cwd, "models", "text.onnx"),
    model(input("tokens", tensorType(FLOAT, ["N", null, 8])), output("y", tensorType(FLOAT, ["N", null]))),
  );
});

const generated = (): string => readFileSync(join(cwd, "models.gen.ts"), "utf8");
const generate = (over: Partial<GenerateOptions> = {}) => generateModels({ models: ["models/*.onnx"], cwd, ...over });

/** The error of `generate` with these overrides, which must write nothing. */
async function overrideRefusal(overrides: NonNullable<GenerateOptions["overrides"]>): Promise<string> {
  const text = await refusal(generate({ overrides }), [cwd, ""]);
  expect(readdirSync(cwd)).toEqual(["models"]);
  return text;
}

describe("overrides", () => {
  test("puts name, version, symbols and labels into the handle", async () => {
    await generate({
      overrides: {
        "random-forest": { name: "control", version: "2024-04", labels: { probabilities: ["malignant", "benign"] } },
        text: { symbols: { tokens: { 1: "seq" }, y: { 1: "seq" } } },
      },
    });
    expect(generated()).toContain(
      'export const control: Control = generatedModel({\n  name: "control",\n  version: "2024-04",',
    );
    expect(generated()).toContain(" * - labels of probabilities: malignant, benign\n");
    expect(generated()).toContain('inputs: { tokens: { dtype: "float32", shape: ["batch", "seq", 8] } },');
    expect(generated()).toContain('outputs: { y: { dtype: "float32", shape: ["batch", "seq"] } },');
  });

  test("check reports changes by overrides, and a renamed model as renamed", async () => {
    await generate();
    const { differences } = await generate({
      check: true,
      overrides: {
        "random-forest": { name: "control", version: "2", labels: { probabilities: ["no", "yes"] } },
        text: { symbols: { tokens: { 1: "seq" } } },
      },
    });
    expect(differences).toMatchInlineSnapshot(`
      [
        "random-forest: model renamed to control",
        "control: version 1 -> 2",
        "control: labels probabilities: 0, 1 -> probabilities: no, yes",
        "text.tokens: float32[batch, ?, 8] -> float32[batch, seq, 8]",
      ]
    `);
    await generate({ overrides: { "random-forest": { labels: { probabilities: ["no", "yes"] } } } });
    expect(
      (await generate({ check: true, overrides: { "random-forest": { labels: { probabilities: ["bad", "good"] } } } }))
        .differences,
    ).toMatchInlineSnapshot(`
      [
        "random-forest: labels probabilities: no, yes -> probabilities: bad, good",
      ]
    `);
  });

  test("refuses overrides that do not fit the model, and writes nothing", async () => {
    expect([
      await overrideRefusal({ "randm-forest": { name: "x" } }),
      await overrideRefusal({ text: { symbols: { token: { 1: "seq" } } } }),
      await overrideRefusal({ text: { symbols: { tokens: { 3: "seq" } } } }),
      await overrideRefusal({ text: { symbols: { tokens: { 2: "seq" } } } }),
      await overrideRefusal({ text: { symbols: { tokens: { 0: "n" } } } }),
      await overrideRefusal({ "random-forest": { labels: { probability: ["no", "yes"] } } }),
      await overrideRefusal({ "random-forest": { labels: { probabilities: ["no"] } } }),
      await overrideRefusal({ "random-forest": { labels: { probabilities: ["no", "no"] } } }),
      await overrideRefusal({ text: { name: "random-forest" } }),
    ]).toMatchInlineSnapshot(`
      [
        "SL3050 the settings override a model 'randm-forest', but no model file has that name (did you mean 'random-forest'?); the models are 'random-forest' and 'text'",
        "SL3051 the override of model 'text' (models/text.onnx) does not fit it: 'symbols' lists port 'token', which the model does not have (did you mean 'tokens'?); its ports are 'tokens' and 'y'",
        "SL3051 the override of model 'text' (models/text.onnx) does not fit it: port 'tokens' is float32[N, ?, 8] and has no axis 3; the first is axis 0",
        "SL3051 the override of model 'text' (models/text.onnx) does not fit it: axis 2 of port 'tokens' is of size 8 in the file; only an unknown dimension can be named",
        "SL3051 the override of model 'text' (models/text.onnx) does not fit it: axis 0 of port 'tokens' is called 'N' in the file; only an unknown dimension can be named",
        "SL3051 the override of model 'random-forest' (models/random-forest.onnx) does not fit it: 'labels' lists output 'probability', which the model does not have (did you mean 'probabilities'?); its outputs are 'probabilities'",
        "SL3051 the override of model 'random-forest' (models/random-forest.onnx) does not fit it: output 'probabilities' has 2 values and 1 labels",
        "SL3051 the override of model 'random-forest' (models/random-forest.onnx) does not fit it: output 'probabilities' has the label 'no' twice",
        "SL3014 'models/random-forest.onnx' and 'models/text.onnx' would both become model 'random-forest'. Rename one of the files, or set another name in the settings: overrides: { "models/text.onnx": { name: "…" } }. If both describe the same model, list one under 'sources' there.",
      ]
    `);
  });

  test("renames ports; symbols and labels use the file's names", async () => {
    const overrides = {
      "random-forest": { ports: { probabilities: "risk" }, labels: { probabilities: ["no", "yes"] } },
      text: { ports: { tokens: "y", y: "class" }, symbols: { tokens: { 1: "seq" } } },
    };
    await generate({ overrides });
    expect(generated()).toContain(" * - labels of risk: no, yes\n");
    expect(generated()).toContain('outputs: { risk: Tensor<"float32", readonly ["batch", 2]> };');
    expect(generated()).toContain('  renamed: { outputs: { risk: "probabilities" } },\n');
    expect(
      generated()
        .slice(generated().indexOf("/**\n * text"))
        .replace(/[0-9a-f]{64}/g, "…"),
    ).toMatchInlineSnapshot(`
      "/**
       * text.onnx, by test, opset 13
       * - input y: float32[batch, seq, 8], named tokens in the file
       * - output class: float32[batch, ?], named y in the file
       * sha256 …
       */
      export const text: Text = generatedModel({
        name: "text",
        version: "1",
        sha256: "…",
        inputs: { y: { dtype: "float32", shape: ["batch", "seq", 8] } },
        outputs: { class: { dtype: "float32", shape: ["batch", null] } },
        renamed: { inputs: { y: "tokens" }, outputs: { class: "y" } },
      });
      "
    `);
    expect(await generate({ overrides, check: true })).toMatchObject({ changed: false, differences: [] });
    const other = {
      "random-forest": { labels: { probabilities: ["no", "yes"] } },
      text: { ports: { tokens: "x", y: "tokens" }, symbols: { tokens: { 1: "s" } } },
    };
    expect((await generate({ overrides: other, check: true })).differences).toMatchInlineSnapshot(`
      [
        "random-forest.risk: output renamed to probabilities",
        "random-forest: labels risk: no, yes -> probabilities: no, yes",
        "text.y: input renamed to x",
        "text.x: float32[batch, seq, 8] -> float32[batch, s, 8]",
        "text.class: output renamed to tokens",
      ]
    `);
    // The file now has other ports, and one has the new name from the override.
    writeFileSync(
      join(cwd, "models", "text.onnx"),
      model(input("words", tensorType(FLOAT, ["N", null, 8])), output("y", tensorType(FLOAT, ["N", null]))),
    );
    const { differences } = await generate({
      overrides: { ...overrides, text: { ports: { words: "y" } } },
      check: true,
    });
    expect(differences.filter((line) => !line.includes("sha256"))).toMatchInlineSnapshot(`
      [
        "text.y: tokens -> words in the file",
        "text.y: float32[batch, seq, 8] -> float32[batch, ?, 8]",
        "text.class: output renamed to y",
      ]
    `);
  });

  test("names of ports that do not fit the model are refused", async () => {
    const two = model(
      input("a", tensorType(FLOAT, ["N", 2])),
      input("b", tensorType(FLOAT, ["N", 2])),
      output("y", tensorType(FLOAT, ["N", 2])),
      output("z", tensorType(FLOAT, ["N", 2])),
    );
    writeFileSync(join(cwd, "models", "text.onnx"), two);
    expect([
      await overrideRefusal({ text: { ports: { aa: "x" } } }),
      await overrideRefusal({ text: { ports: { a: "b" } } }),
      await overrideRefusal({ text: { ports: { y: "out", z: "out" } } }),
    ]).toMatchInlineSnapshot(`
      [
        "SL3051 the override of model 'text' (models/text.onnx) does not fit it: 'ports' lists port 'aa', which the model does not have (did you mean 'a'?); its ports are 'a', 'b', 'y' and 'z'",
        "SL3051 the override of model 'text' (models/text.onnx) does not fit it: 'ports' would give two inputs the name 'b': 'a' and 'b'",
        "SL3051 the override of model 'text' (models/text.onnx) does not fit it: 'ports' would give two outputs the name 'out': 'y' and 'z'",
      ]
    `);
    // Swapping two names is not a conflict, and an input and an output may share one.
    const { models } = await generate({ overrides: { text: { ports: { a: "b", b: "a", y: "a", z: "z" } } } });
    expect(models.at(-1)?.renamed).toEqual({ inputs: { b: "a", a: "b" }, outputs: { a: "y" } });
  });

  test("ignores overrides of other models with unusedOverrides: ignore", async () => {
    const { models } = await generate({
      models: ["models/text.onnx"],
      overrides: { "random-forest": { name: "control" } },
      unusedOverrides: "ignore",
    });
    expect(models.map(({ name }) => name)).toEqual(["text"]);
  });
});

describe("one file per model", () => {
  const split = { out: "src/models.gen.ts", split: true };

  test("the files have the same handles as a single file, and a check finds no change", async () => {
    const { files, text } = await generate(split);
    expect(files.map((file) => file.slice(cwd.length))).toEqual([
      "/src/models.gen/random-forest.ts",
      "/src/models.gen/text.ts",
      "/src/models.gen.ts",
    ]);
    expect(text).toMatchInlineSnapshot(`
      "// Written by \`shapeline generate\` from the model files. Do not edit; run the command again.
      export * from "./models.gen/random-forest.js";
      export * from "./models.gen/text.js";
      "
    `);
    const one = (await generate({ check: true })).text;
    const parts = ["random-forest", "text"].map((name) => readFileSync(join(cwd, `src/models.gen/${name}.ts`), "utf8"));
    for (const part of parts) expect(one).toContain(part.slice(part.indexOf("export")));
    expect(await generate({ ...split, check: true })).toMatchObject({ changed: false, differences: [] });
  });

  test("deletes the file of a removed model, and keeps files written by hand", async () => {
    await generate(split);
    writeFileSync(join(cwd, "src/models.gen/mine.ts"), "export const mine = 1;\n");
    const one = { ...split, models: ["models/text.onnx"] };
    expect((await generate({ ...one, check: true })).differences).toEqual(["random-forest: model removed"]);
    await generate(one);
    expect(readdirSync(join(cwd, "src/models.gen")).sort()).toEqual(["mine.ts", "text.ts"]);
  });

  test("deletes the files when the option is turned off", async () => {
    await generate(split);
    const whole = await generate({ ...split, split: false, check: true });
    expect(whole.changed).toBe(true);
    await generate({ ...split, split: false });
    expect(readdirSync(join(cwd, "src/models.gen"))).toEqual([]);
    expect(await generate({ ...split, split: false, check: true })).toMatchObject({ changed: false });
  });

  test("does not overwrite a hand-written file, and writes no other file", async () => {
    mkdirSync(join(cwd, "src/models.gen"), { recursive: true });
    writeFileSync(join(cwd, "src/models.gen/text.ts"), "export const mine = 1;\n");
    await expect(generate(split)).rejects.toMatchObject({ code: "SL3017" });
    expect(readdirSync(join(cwd, "src/models.gen"))).toEqual(["text.ts"]);
  });
});

describe("two files of one name in two folders", () => {
  const models = ["models/**/*.onnx"];
  beforeEach(() => {
    for (const folder of ["en", "fr"]) {
      mkdirSync(join(cwd, "models", folder));
      copyFileSync(join(cwd, "models", "text.onnx"), join(cwd, "models", folder, "net.onnx"));
    }
  });

  test("are refused with the setting that tells them apart", async () => {
    expect(await refusal(generate({ models }), [cwd, ""])).toContain(
      `would both become model 'net'. Rename one of the files, or set another name in the settings: overrides: { "models/fr/net.onnx": { name: "…" } }.`,
    );
  });

  test("get settings by their paths", async () => {
    const result = await generate({ models, overrides: { "models/fr/net.onnx": { name: "net-fr", version: "2" } } });
    expect(result.models.map(({ name, version }) => `${name} ${version ?? ""}`)).toEqual([
      "net ",
      "net-fr 2",
      "random-forest ",
      "text ",
    ]);
  });

  test("a path without a file, and a name beside its path, are refused", async () => {
    const unused = (overrides: NonNullable<GenerateOptions["overrides"]>) =>
      refusal(generate({ models: ["models/fr/*.onnx"], overrides }), [cwd, ""]);
    expect([
      await unused({ "models/de/net.onnx": { name: "x" } }),
      await unused({ net: { name: "a" }, "models/fr/net.onnx": { name: "b" } }),
    ]).toMatchInlineSnapshot(`
      [
        "SL3050 the settings override a model 'models/de/net.onnx', but no model file has that path (did you mean 'models/fr/net.onnx'?); the models are 'models/fr/net.onnx'",
        "SL3050 the settings override a model 'net' by its name and by its path 'models/fr/net.onnx': keep one of both",
      ]
    `);
  });
});
