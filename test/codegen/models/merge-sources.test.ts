import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { generateModels } from "../../../codegen/models/generate.js";
import { folder } from "./workspace.js";

describe("merging sources of one model", () => {
  const onnx = fileURLToPath(new URL("../../../examples/breast-cancer/models/random-forest.onnx", import.meta.url));
  const work = join(folder, "merge");
  const generate = (sources: string[]) =>
    generateModels({
      models: ["random-forest.onnx"],
      cwd: work,
      check: true,
      overrides: { "random-forest": { sources } },
    });
  const writeSources = (features: number, output: string) => {
    mkdirSync(work, { recursive: true });
    copyFileSync(onnx, join(work, "random-forest.onnx"));
    writeFileSync(
      join(work, "metadata.json"),
      JSON.stringify({
        name: "rf",
        versions: ["9"],
        inputs: [{ name: "features", datatype: "FP32", shape: [-1, features] }],
        outputs: [{ name: output, datatype: "FP32", shape: [-1, -1] }],
      }),
    );
    writeFileSync(
      join(work, "labels.json"),
      JSON.stringify({ name: "rf", labels: { probabilities: ["malignant", "benign"] } }),
    );
  };

  test("fills gaps from the other sources", async () => {
    writeSources(30, "probabilities");
    const {
      models: [first],
    } = await generate(["metadata.json", "labels.json"]);
    expect(first).toMatchObject({
      name: "random-forest",
      version: "9",
      labels: { probabilities: ["malignant", "benign"] },
      outputs: [{ shape: ["batch", 2] }],
      opset: { "": 17 },
    });
  });

  test("reports every difference between sources", async () => {
    writeSources(31, "scores");
    await expect(generate(["metadata.json"])).rejects.toThrowErrorMatchingInlineSnapshot(`
      [ModelError: the sources of model 'random-forest' disagree:
        input 'features' is float32[?, 30] in 'random-forest.onnx' and float32[?, 31] in 'metadata.json'
        'metadata.json' has an output 'scores' that 'random-forest.onnx' does not have
        'random-forest.onnx' has an output 'probabilities' that 'metadata.json' does not have
      Correct the wrong source, or remove it from 'sources'.]
    `);
  });
});
