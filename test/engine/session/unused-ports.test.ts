import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { refusal } from "../../refusal.js";
import { config, folder, modelAt, run, writeModel } from "../make-config.js";
import { openTestEngine } from "../open-engine.js";
import { float32 } from "../recorded-models.js";

const field = fileURLToPath(new URL("../../fixtures/models/field", import.meta.url));

/** Multiplies by `scale`, an input with the default value 10. */
function scaled(dir: string) {
  return writeModel(dir, "scaled", {
    inputs: [float32("x", "batch", 2), float32("scale", "batch", 2)],
    outputs: [float32("y", "batch", 2)],
    nodes: [{ op: "Mul", inputs: ["x", "scale"], outputs: ["y"] }],
    weights: [{ name: "scale", dims: [1, 2], values: Float32Array.of(10, 10) }],
  });
}

describe("an input with a default value", () => {
  test("has it if the config leaves the input out", async () => {
    const dir = folder();
    const model = scaled(dir);
    const built = config("p", [{ ...model, inputs: model.inputs.slice(0, 1) }], [run("scaled")]);
    const engine = await openTestEngine(dir, built);
    const { batch } = await engine.infer([{ x: [1, 2] }]);
    expect(batch.outputs.get("y")?.data).toEqual(Float32Array.of(10, 20));
  });

  test("is fed if the config names the input, also beside a deployment that leaves it out", async () => {
    const dir = folder();
    const model = scaled(dir);
    const plain = config("p", [{ ...model, inputs: model.inputs.slice(0, 1) }], [run("scaled")]);
    const other = await openTestEngine(dir, plain);
    const engine = await openTestEngine(dir, config("p", [model], [run("scaled")]));
    const { batch } = await engine.infer([{ x: [1, 2], scale: [3, 4] }]);
    expect(batch.outputs.get("y")?.data).toEqual(Float32Array.of(3, 8));
    expect((await other.infer([{ x: [1, 2] }])).batch.outputs.get("y")?.data).toEqual(Float32Array.of(10, 20));
  });
});

test("an output of a dtype that Node cannot hold is left out", async () => {
  const dir = folder();
  copyFileSync(join(field, "bf16.onnx"), join(dir, "bf16.onnx"));
  const model = modelAt("bf16", join(dir, "bf16.onnx"), [float32("x", "batch", 3)], [float32("y", "batch", 3)]);
  const engine = await openTestEngine(dir, config("p", [model], [run("bf16")]));
  const { batch } = await engine.infer([{ x: [0, 2, -0.5] }]);
  expect(batch.outputs.get("y")?.data).toEqual(Float32Array.of(0, 2, -0.5));
});

test("an optional input may be left out", async () => {
  const dir = folder();
  const file = join(dir, "optional.onnx");
  copyFileSync(join(field, "optional_in.onnx"), file);
  const model = modelAt("optional", file, [float32("x", "batch", 3)], [float32("y", "batch", 3)]);
  const engine = await openTestEngine(dir, config("p", [model], [run("optional")]));
  const { batch } = await engine.infer([{ x: [1, 2, 3] }]);
  expect(batch.outputs.get("y")?.data).toEqual(Float32Array.of(1, 2, 3));
});

test("an optional input is fed if the config names it", async () => {
  const dir = folder();
  const file = join(dir, "optional.onnx");
  copyFileSync(join(field, "optional_in.onnx"), file);
  const inputs = [float32("x", "batch", 3), float32("o", "batch", 3)];
  const engine = await openTestEngine(
    dir,
    config("p", [modelAt("optional", file, inputs, [float32("y", "batch", 3)])], [run("optional")]),
  );
  const { batch } = await engine.infer([{ x: [1, 2, 3], o: [4, 5, 6] }]);
  expect(batch.outputs.get("y")?.data).toEqual(Float32Array.of(1, 2, 3));
});

test("a file that fixes the rows of a run does not take a config of another number", async () => {
  const dir = folder();
  const file = join(dir, "fixed4.onnx");
  copyFileSync(join(field, "fixed4.onnx"), file);
  const model = modelAt("fixed4", file, [float32("x", "batch", 3)], [float32("y", "batch", 3)]);
  const deploy = (batchSize?: number) =>
    refusal(
      openTestEngine(dir, config("p", [batchSize === undefined ? model : { ...model, batchSize }], [run("fixed4")])),
    );
  expect([await deploy(), await deploy(2)]).toMatchInlineSnapshot(`
    [
      "SL3024 model 'fixed4': its input 'x' is float32[4, 3] in the file and float32[batch, 3] in the config; run 'shapeline generate' and build the pipeline again",
      "SL3024 model 'fixed4': its input 'x' is float32[4, 3] in the file and float32[batch, 3] in runs of 2 rows in the config; run 'shapeline generate' and build the pipeline again",
    ]
  `);
  await openTestEngine(dir, config("p", [{ ...model, batchSize: 4 }], [run("fixed4")]));
});
