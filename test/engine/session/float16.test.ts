import { expect, test } from "vitest";
import { config, folder, run, shadow, writeModel } from "../make-config.js";
import { openTestEngine } from "../open-engine.js";
import type { Graph } from "../onnx-writer.js";

// .ci/run repeats these tests on other versions of Node: 24 and later have Float16Array, and ONNX Runtime answers with
// it.

const doubled: Graph = {
  inputs: [{ name: "x", dtype: "float16", shape: ["batch", 3] }],
  outputs: [{ name: "y", dtype: "float16", shape: ["batch", 3] }],
  nodes: [{ op: "Add", inputs: ["x", "x"], outputs: ["y"] }],
};

const rows = [{ x: [1, -2.5, 0.25] }, { x: [65504, NaN, -Infinity] }];
/** The bits of 2, -5, 0.5, Infinity, NaN, -Infinity. */
const bits = [0x4000, 0xc500, 0x3800, 0x7c00, 0x7e00, 0xfc00];

test("a float16 model on the event loop takes bits and answers with bits", async () => {
  const dir = folder();
  const engine = await openTestEngine(dir, config("p", [writeModel(dir, "m", doubled)], [run("m")]));
  const { batch } = await engine.infer(rows);
  expect(batch.outputs.get("y")).toEqual({ dtype: "float16", dims: [2, 3], data: Uint16Array.from(bits) });
});

test("a float16 model in a worker does the same", async () => {
  const dir = folder();
  const models = [writeModel(dir, "m", doubled), writeModel(dir, "c", doubled)];
  const engine = await openTestEngine(dir, config("p", models, [shadow("m", "c")]));
  const { deferred } = await engine.infer(rows);
  const [challenger] = await Promise.all(deferred.map((own) => engine.runChallenger(own)));
  expect(challenger?.outputs?.get("y")).toEqual({ dtype: "float16", dims: [2, 3], data: Uint16Array.from(bits) });
});

test.skipIf(!("Float16Array" in globalThis))(
  "a float16 model takes the Float16Array of Node 24 and later",
  async () => {
    const dir = folder();
    const engine = await openTestEngine(dir, config("p", [writeModel(dir, "m", doubled)], [run("m")]));
    const Float16 = Reflect.get(globalThis, "Float16Array") as { from(numbers: Iterable<number>): Uint16Array };
    const flat = Float16.from(rows.flatMap(({ x }) => x));
    const y = { dtype: "float16", dims: [2, 3], data: Uint16Array.from(bits) };
    for (const request of [
      rows.map(({ x }) => ({ x: Float16.from(x) })),
      [...rows.keys()].map((row) => ({ x: { data: flat.subarray(row * 3, row * 3 + 3), shape: [3] } })),
      { x: flat },
      { x: { data: flat, shape: [2, 3] } },
    ]) {
      const { batch } = await engine.infer(request);
      expect(batch.outputs.get("y")).toEqual(y);
    }
  },
);
