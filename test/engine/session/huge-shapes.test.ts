import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generateModels } from "../../../codegen/models/generate.js";
import type { Port } from "../../../dsl/tensor.js";
import { refusal } from "../../refusal.js";
import { config, folder, run, writeFixedModel, writeModel } from "../make-config.js";
import { openTestEngine } from "../open-engine.js";
import { onnxFile } from "../onnx-writer.js";

const port = (name: string, ...shape: readonly (number | string | null)[]): Port => ({ name, dtype: "float32", shape });
const identity = (...shape: readonly (number | string | null)[]) => ({
  inputs: [port("x", ...shape)],
  outputs: [port("y", ...shape)],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
});

describe("a model file that declares a huge shape", () => {
  const found = "which this has";
  test.each([
    [[2 ** 31], "2,147,483,648"],
    [["batch", 1e9, 4], "4,000,000,000"],
    [["batch", 2 ** 53 - 1, 2 ** 53 - 1], found],
    [["batch", 65_536, 65_536, "n"], "4,294,967,296"],
  ])("%j is refused by generate", async (shape, count) => {
    const dir = folder();
    writeFileSync(join(dir, "m.onnx"), onnxFile(identity(...shape)));
    const has = count === found ? "" : `, and this one has ${count}`;
    expect(await refusal(generateModels({ models: ["m.onnx"], cwd: dir }))).toBe(
      `SL3013 model 'm' (m.onnx) has an input 'x' that is too large: the fixed sizes of a model's port, multiplied, may have at most 2,147,483,647 elements${has}; export the model with open sizes, or correct its shapes by 'shapes' in the settings`,
    );
  });

  test.each([[[1e9]], [["batch", 1e9]], [["batch", 2 ** 53 - 1]], [["batch", "n", 1e9, "m"]]])(
    "%j is deployed without making up rows",
    async (shape) => {
      const dir = folder();
      const engine = await openTestEngine(dir, config("p", [writeModel(dir, "m", identity(...shape))], [run("m")]));
      expect([...engine.notices]).toEqual([]);
    },
  );

  test("a file whose runs have a huge number of rows is refused at deploy", async () => {
    const dir = folder();
    const model = writeFixedModel(dir, "m", 1e9, identity(1e9, 4));
    expect(await refusal(openTestEngine(dir, config("p", [model], [run("m")])))).toBe(
      "SL3025 model 'm' cannot run: the inputs of a model in a run of its fixed number of rows may have at most 268,435,456 elements, and this one has 4,000,000,000; export the model with fewer rows in a run, or with any number of them",
    );
  });
});
