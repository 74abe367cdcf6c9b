import { expect, it } from "vitest";
import { build, defineModel, pipeline, tensor, type Config, type Dim } from "shapeline";
import { fromDefinition, toDefinition, toPipeline } from "shapeline/wallaroo";
import { refusal } from "../refusal.js";

const model = (shapes: Readonly<Record<string, readonly Dim[]>>, output: readonly Dim[], batchSize?: number) =>
  defineModel({
    name: "vad",
    sha256: "a".repeat(64),
    inputs: Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tensor("float32", shape)])),
    outputs: { y: tensor("float32", output) },
    batchSize,
  });

it.each([
  [
    "a whole model",
    model({ x: ["N", 3] }, [5]),
    "SL4107 models[0].rows: the platform stacks rows in dimension 0 of every port, and 'vad' runs once for each row: export the file with a batch dimension, or deploy to another target",
  ],
  [
    "rows along another dimension",
    model({ state: [2, "batch", 128] }, ["batch", 1]),
    "SL4107 models[0].inputs[0]: the platform stacks rows in dimension 0 of every port, and 'state' of 'vad' stacks them in dimension 1: export the file with the batch first, or deploy to another target",
  ],
  [
    "a shared input",
    model({ x: ["batch", 3], sr: [] }, ["batch", 1]),
    "SL4107 models[0].inputs[1]: the platform stacks rows in dimension 0 of every port, and 'sr' of 'vad' has one value for all rows: make it a constant of the file, or deploy to another target",
  ],
  [
    "a fixed number of rows",
    model({ x: ["batch", 3] }, ["batch", 1], 4),
    "SL4107 models[0].batchSize: the platform runs as many rows as a request has, and the file of 'vad' takes 4 at a time: export it with an open batch dimension, or deploy to another target",
  ],
])("the platform has no %s", async (_, made, problem) => {
  const config = await build(pipeline("p").model(made));
  expect(await refusal(() => toDefinition(config, { dialect: "polars" }))).toBe(
    `SL4100 pipeline 'p' has one part that the platform cannot express:\n  ${problem}`,
  );
});

it("are read back with the batch size and the constants of models that are known", () => {
  const vad = defineModel({
    name: "vad",
    version: "3",
    sha256: "a".repeat(64),
    inputs: { x: tensor("float32", ["batch", 3]) },
    outputs: { y: tensor("float32", ["batch", 1]) },
    batchSize: 4,
    constants: { sr: { dtype: "int64", shape: [], data: ["16000"] } },
  });
  const definition = {
    id: "p",
    steps: [{ ModelInference: { models: [{ name: "vad", version: "3", sha: vad.sha256 }] } }],
  };
  const { config, problems, inferred } = fromDefinition(definition, { models: [vad] });
  expect([problems, inferred]).toEqual([[], []]);
  expect(config?.models).toMatchObject([{ batchSize: 4, constants: { sr: { data: ["16000"] } } }]);
  // The pipeline of the builder keeps them: it is the config that `build()` makes of the handle.
  expect(toPipeline(config as Config).modelList).toMatchObject([{ batchSize: 4, constants: { sr: { shape: [] } } }]);
  const wrong = { name: "vad", sha256: vad.sha256, inputs: [], outputs: [], batchSize: 0 };
  expect(fromDefinition(definition, { models: [wrong] }).problems).toMatchObject([
    { code: "SL3040", path: "models[0]", message: expect.stringContaining("batchSize, a whole number from 1") },
  ]);
});
