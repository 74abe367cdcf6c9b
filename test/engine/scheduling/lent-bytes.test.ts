import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { defaultSession } from "../../../src/engine/session/session-options.js";
import { WorkerHandle } from "../../../src/engine/scheduling/worker-handle.js";
import { type WorkerModel, WorkerPool } from "../../../src/engine/scheduling/worker-pool.js";
import { local } from "../../../src/targets/local/index.js";
import { float32 } from "../recorded-models.js";
import { config, folder, run, writeModel } from "../make-config.js";
import { single } from "../odd-models.js";

const dir = folder();
const { sha256 } = writeModel(dir, "m", single("Identity"));

/** A pool of one worker, and a model whose bytes it may borrow. */
function lending(): { pool: WorkerPool; model: WorkerModel; content: Uint8Array; workers: WorkerHandle[] } {
  const workers: WorkerHandle[] = [];
  const pool = new WorkerPool(1, () => {
    const worker = new WorkerHandle("test", 1);
    workers.push(worker);
    return worker;
  });
  onTestFinished(() => workers.forEach((worker) => worker.retire("the test has ended")));
  const content = readFileSync(join(dir, "m.onnx"));
  const read = () => Uint8Array.from(content);
  const model = {
    name: "m",
    key: sha256,
    bytes: read(),
    options: defaultSession.options,
    path: "m.onnx",
    reread: () => Promise.resolve(read()),
  };
  pool.retain(model);
  return { pool, model, content, workers };
}

test("a worker borrows a model's bytes while it opens the model, without a copy, and gives them back", async () => {
  const { pool, model, content } = lending();
  const opening = pool.open(model);
  const { buffer } = model.bytes;
  await opening.done;
  expect(buffer.byteLength).toBe(0);
  expect(Buffer.compare(model.bytes, content)).toBe(0);
});

test("bytes that were lost with a worker are read again", async () => {
  const { pool, model, content } = lending();
  structuredClone(model.bytes, { transfer: [model.bytes.buffer as ArrayBuffer] });
  expect(model.bytes).toHaveLength(0);
  await pool.open(model).done;
  expect(Buffer.compare(model.bytes, content)).toBe(0);
});

test("a large model runs on the event loop and on threads after its file was deleted", async () => {
  const at = folder();
  const weights = new Float32Array(2 ** 18).fill(1);
  const champion = writeModel(at, "large", {
    inputs: [float32("x", "batch", 1)],
    outputs: [float32("y", "batch", 1)],
    weights: [{ name: "w", dims: [2 ** 18], values: weights }],
    nodes: [
      { op: "ReduceMean", inputs: ["w"], outputs: ["m"], attributes: { keepdims: 0 } },
      { op: "Mul", inputs: ["x", "m"], outputs: ["y"] },
    ],
  });
  const target = local({ models: at, data: folder(), durability: "off" });
  onTestFinished(() => target.close());
  const live = await target.deploy(config("p", [champion], [run("large")]));
  rmSync(join(at, "large.onnx"));
  expect((await live.infer([{ x: [3] }]))[0]?.out).toEqual({ y: [3] });
  const many = await live.infer({ x: new Float32Array(100_000).fill(2) });
  expect(many.out["y"]).toHaveLength(100_000);
});
