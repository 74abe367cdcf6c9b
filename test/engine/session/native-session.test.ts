import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { type NativeModel, openNativeModel } from "../../../src/engine/session/native-session.js";
import { openSession } from "../../../src/engine/session/onnx-runtime.js";
import { refusal } from "../../refusal.js";
import { Random } from "../../support/mutants/random.mjs";
import { single } from "../odd-models.js";
import { onnxFile } from "../onnx-writer.js";

// The runtime's binding, which runs a model at once, answers as the runtime's public class does.

const identity = onnxFile(single("Identity"));
const row = (x: number, dims = [1, 1]) => ({ x: { dtype: "float32" as const, dims, data: Float32Array.of(x) } });

async function opened(bytes: Uint8Array, key: string): Promise<NativeModel> {
  const model = await openNativeModel("m", key, bytes, "m.onnx");
  if (model === null) throw new TypeError("this onnxruntime-node has no known binding");
  onTestFinished(() => model.release());
  return model;
}

test("answers with the bits of the runtime's own session", async () => {
  const path = fileURLToPath(new URL("../../../examples/breast-cancer/models/gradient-boosting.onnx", import.meta.url));
  const bytes = readFileSync(path);
  const native = await opened(bytes, "gradient-boosting");
  const session = await openSession("m", "gradient-boosting", bytes, path);
  onTestFinished(() => session.release());
  const random = new Random(7);
  for (const rows of [1, 2, 16, 100]) {
    const data = Float32Array.from({ length: rows * 30 }, () => random.unit() * 100);
    const feeds = { features: { dtype: "float32" as const, dims: [rows, 30], data } };
    const fetches = ["probabilities"];
    const expected = await session.run(feeds, fetches, (outputs) => outputs);
    expect(native.runNow(feeds, fetches)).toEqual(expected);
  }
});

test("a run that fails says so as the runtime's own session does", async () => {
  const native = await opened(identity, "failing");
  const session = await openSession("m", "failing", identity, "m.onnx");
  onTestFinished(() => session.release());
  const wrong = row(1, [1, 1, 1]);
  const message = await refusal(() => native.runNow(wrong, ["y"]));
  expect(message).toMatch(/^SL6002 model 'm' failed on these rows: /);
  expect(message).toBe(await refusal(session.run(wrong, ["y"], (outputs) => outputs)));
});

test("a file that is no model is refused as the runtime's own session refuses it", async () => {
  const bytes = Buffer.from("no model");
  const message = await refusal(openNativeModel("m", "none", bytes, "m.onnx"));
  expect(message).toMatch(/^SL3023 model 'm': /);
  expect(message).toBe(await refusal(openSession("m", "none", bytes, "m.onnx")));
});

test("a released reference leaves the others their model", async () => {
  const [first, second] = [await opened(identity, "shared"), await opened(identity, "shared")];
  first.release();
  first.release();
  expect(second.runNow(row(5), ["y"])[0]?.data).toEqual(Float32Array.of(5));
});

test("models that run elsewhere than on the CPU keep the runtime's own session", async () => {
  const options = { executionProviders: ["cuda", "cpu"] };
  expect(await openNativeModel("m", "cuda", identity, "m.onnx", options)).toBeNull();
});
