import { copyFileSync, mkdirSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openEngine } from "../../../src/engine/engine.js";
import { findModelFiles } from "../../../src/engine/session/model-files.js";
import type { ModelConfig } from "../../../src/config/schema.js";
import { refusal } from "../../refusal.js";
import { config, folder, modelAt, run, writeModel } from "../make-config.js";
import { float32 } from "../recorded-models.js";

const ridge = fileURLToPath(new URL("../../../examples/fraud/models/c1.onnx", import.meta.url));
const net = fileURLToPath(new URL("../../../examples/fraud/models/c2.onnx", import.meta.url));
const model = modelAt("c1", ridge, [float32("float_input", "batch", 16)], [float32("variable", "batch", 1)]);

/** The error of `work`, with placeholders for the folder and for digests. */
async function refused(work: Promise<unknown>, dir: string): Promise<string> {
  return (await refusal(work, [dir, "<models>"])).replaceAll(/[0-9a-f]{12}…/g, "<digest>…");
}

const find = (dir: string, models: readonly ModelConfig[] = [model]) => refused(findModelFiles(dir, models), dir);

/** Deploys the file `c1.onnx` of the folder as model `c1`. */
const load = (dir: string, changes: Partial<ModelConfig> = {}) => {
  const own = { ...modelAt("c1", join(dir, "c1.onnx"), model.inputs, model.outputs), ...changes };
  return refused(
    findModelFiles(dir, [own]).then((files) =>
      openEngine(config("p", [own], [run("c1")]), files, { challengers: "log", seed: null }),
    ),
    dir,
  );
};

describe("a model is found by its digest", () => {
  test("under any name", async () => {
    const dir = folder();
    copyFileSync(ridge, join(dir, "whatever.onnx"));
    copyFileSync(net, join(dir, "c1.onnx"));
    const files = await findModelFiles(dir, [model]);
    expect(files.get("c1")?.path).toBe(join(dir, "whatever.onnx"));
  });

  test("a changed file is hashed again, even if its size is the same", async () => {
    const dir = folder();
    const path = join(dir, "c1.onnx");
    copyFileSync(ridge, path);
    await findModelFiles(dir, [model]);
    writeFileSync(path, Buffer.alloc(statSync(path).size));
    utimesSync(path, 1, 1);
    expect(await find(dir)).toMatch(/^SL3022 /);
  });

  test("changed bytes are not loaded, even if size and time are the same", async () => {
    const dir = folder();
    const path = join(dir, "c1.onnx");
    copyFileSync(ridge, path);
    utimesSync(path, 7, 7);
    await findModelFiles(dir, [model]);
    writeFileSync(path, Buffer.alloc(statSync(path).size));
    utimesSync(path, 7, 7);
    expect(await find(dir)).toMatch(/^SL3022 /);
  });
});

describe("refuses a models folder with its fault", () => {
  test("no such folder", async () => {
    const dir = folder();
    expect(await find(join(dir, "nowhere"))).toMatchInlineSnapshot(
      `"SL3020 the models folder '<models>' cannot be read (there is no such file or folder); give the folder that holds the .onnx files with the option 'models' (--models)"`,
    );
  });

  test("a file for a folder", async () => {
    const dir = folder();
    writeFileSync(join(dir, "models"), "");
    expect(await find(join(dir, "models"))).toMatch(/^SL3020 .* \(a part of the path is a file, not a folder\)/);
  });

  test("an empty folder", async () => {
    const dir = folder();
    expect(await find(dir)).toMatchInlineSnapshot(
      `"SL3021 model 'c1': no file in '<models>' has the digest <digest>…; it holds no .onnx file; put the model's file there, or generate and compile again from the files that are there"`,
    );
  });

  test("other models only", async () => {
    const dir = folder();
    copyFileSync(net, join(dir, "net.onnx"));
    expect(await find(dir)).toMatchInlineSnapshot(
      `"SL3021 model 'c1': no file in '<models>' has the digest <digest>…; it holds net.onnx (<digest>…); put the model's file there, or generate and compile again from the files that are there"`,
    );
  });

  test("a file of the model's name with another digest", async () => {
    const dir = folder();
    copyFileSync(net, join(dir, "C_1.onnx"));
    expect(await find(dir)).toMatchInlineSnapshot(
      `"SL3022 model 'c1': the config was built for the digest <digest>… but 'C_1.onnx' is <digest>… (c1.float_input: input removed, it was float32[batch, 16]; c1.x: input added, float32[batch, 16]; c1.variable: output removed, it was float32[batch, 1]; c1.score: output added, float32[batch, 1]); put the right file there, or run 'shapeline generate' and build the pipeline again"`,
    );
  });

  test("a folder in place of a model", async () => {
    const dir = folder();
    mkdirSync(join(dir, "c1.onnx"));
    expect(await find(dir)).toMatchInlineSnapshot(
      `"SL3000 the model file '<models>/c1.onnx' cannot be read (it is a folder); put the file back, or deploy again with the folder that holds it"`,
    );
  });
});

describe("refuses a file that is not the config's model before it runs", () => {
  test("a text file", async () => {
    const dir = folder();
    writeFileSync(join(dir, "c1.onnx"), "<html>404</html>");
    expect(await load(dir)).toMatchInlineSnapshot(
      `"SL3010 '<models>/c1.onnx' is not an ONNX model: at byte 0 it looks like an HTML page; the download returned a web page instead of the file. Give the path of an .onnx file."`,
    );
  });

  test("an empty file", async () => {
    const dir = folder();
    writeFileSync(join(dir, "c1.onnx"), "");
    expect(await load(dir)).toMatchInlineSnapshot(
      `"SL3010 '<models>/c1.onnx' is not an ONNX model: at byte 0 the file ends; it is empty. Give the path of an .onnx file."`,
    );
  });

  test("a truncated file", async () => {
    const dir = folder();
    copyFileSync(net, join(dir, "c1.onnx"));
    truncateSync(join(dir, "c1.onnx"), 1000);
    expect(await load(dir)).toMatchInlineSnapshot(
      `"SL3011 model file '<models>/c1.onnx' is cut off: at byte 22 a field claims 2862 bytes but the file ends after 975. Export it or download it again."`,
    );
  });

  test("an input that the file lacks", async () => {
    const dir = folder();
    copyFileSync(ridge, join(dir, "c1.onnx"));
    expect(await load(dir, { inputs: [{ name: "x", dtype: "float32", shape: ["batch", 16] }] })).toMatchInlineSnapshot(
      `"SL3024 model 'c1': the file has no input 'x' but 'float_input'; run 'shapeline generate' and build the pipeline again"`,
    );
  });

  test("another size", async () => {
    const dir = folder();
    copyFileSync(ridge, join(dir, "c1.onnx"));
    expect(
      await load(dir, { inputs: [{ name: "float_input", dtype: "float32", shape: ["batch", 17] }] }),
    ).toMatchInlineSnapshot(
      `"SL3024 model 'c1': its input 'float_input' is float32[?, 16] in the file and float32[batch, 17] in the config; run 'shapeline generate' and build the pipeline again"`,
    );
  });

  test("another dtype", async () => {
    const dir = folder();
    copyFileSync(ridge, join(dir, "c1.onnx"));
    expect(
      await load(dir, { outputs: [{ name: "variable", dtype: "float64", shape: ["batch", 1] }] }),
    ).toMatchInlineSnapshot(
      `"SL3024 model 'c1': its output 'variable' is float32[?, 1] in the file and float64[batch, 1] in the config; run 'shapeline generate' and build the pipeline again"`,
    );
  });

  test("a signature that does not fit the weights", async () => {
    const dir = folder();
    const made = writeModel(dir, "c1", {
      inputs: [float32("x", "batch", null)],
      outputs: [float32("y", "batch", 1)],
      nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"] }],
      weights: [{ name: "w", dims: [2, 1], values: Float32Array.of(1, 1) }],
    });
    const said = await load(dir, {
      inputs: [{ name: "x", dtype: "float32", shape: ["batch", 3] }],
      outputs: made.outputs,
    });
    expect(said).toMatch(
      /^SL3025 model 'c1' does not run on zeros of its own signature: model 'c1' failed on these rows: .*dimension mismatch/,
    );
  });

  test("an output without a row axis, if the config says that the model's rows are batched", async () => {
    const dir = folder();
    const made = writeModel(dir, "c1", {
      inputs: [float32("x", "batch", 3)],
      outputs: [float32("y", 3)],
      nodes: [{ op: "ReduceSum", inputs: ["x", "axis"], outputs: ["y"], attributes: { keepdims: 0 } }],
      weights: [{ name: "axis", dims: [1], values: BigInt64Array.of(0n) }],
    });
    expect(await load(dir, { inputs: made.inputs, outputs: made.outputs, rows: "batched" })).toMatchInlineSnapshot(
      `"SL3026 model 'c1' output 'y' is float32[3], which has no row axis, although the model's rows are batched; set overrides: { "c1": { rows: false } } in shapeline.config, generate and build again"`,
    );
  });
});
