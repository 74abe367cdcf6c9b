import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generateModels } from "../../../codegen/models/generate.js";
import type { Port } from "../../../dsl/tensor.js";
import { refusal } from "../../refusal.js";
import { config, folder, run, writeModel } from "../make-config.js";
import { openTestEngine } from "../open-engine.js";
import { onnxFile } from "../onnx-writer.js";

const port = (name: string, ...shape: readonly (number | string | null)[]): Port => ({ name, dtype: "float32", shape });
const identity = (...shape: readonly (number | string | null)[]) => ({
  inputs: [port("x", ...shape)],
  outputs: [port("y", ...shape)],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
});

describe("a model file that declares a huge shape", () => {
  const inexact = "a product that is no safe integer";
  test.each([
    [[2 ** 28 + 1], "268,435,457"],
    [["batch", 1e9, 4], "4,000,000,000"],
    [["batch", 2 ** 53 - 1, 2 ** 53 - 1], inexact],
    [["batch", 2 ** 20, 2 ** 10, "n"], "1,073,741,824"],
  ])("%j is refused by generate", async (shape, count) => {
    const dir = folder();
    writeFileSync(join(dir, "m.onnx"), onnxFile(identity(...shape)));
    const has = count === inexact ? "" : `, and this one has ${count}`;
    expect(await refusal(generateModels({ models: ["m.onnx"], cwd: dir }))).toBe(
      `SL3013 model 'm' (m.onnx) has an input 'x' that is too large: a tensor of one run with the sizes that a config fixes may have at most 268,435,456 elements${has}; export the model with a smaller or an open size`,
    );
  });

  test.each([[["batch", 2 ** 28]], [["batch", "n", 2 ** 26, "m"]]])(
    "%j is deployed without making up rows of many times its size",
    async (shape) => {
      const dir = folder();
      const engine = await openTestEngine(dir, config("p", [writeModel(dir, "m", identity(...shape))], [run("m")]));
      expect([...engine.notices.values()]).toEqual([
        "model 'm' runs rows together without a proof that they do not change each other: it cannot be tried: its rows are too large",
      ]);
    },
  );
});
