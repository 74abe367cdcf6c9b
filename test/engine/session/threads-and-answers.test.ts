import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { defineModel, pipeline } from "../../../src/index.js";
import { readSignature } from "../../../codegen/index.js";
import { openEngine, root } from "../../targets/local-engine.js";

const ort = createRequire(import.meta.url)("onnxruntime-node") as typeof Ort;
const models = join(root, "test/fixtures/models/quantized-lstm");
const file = join(models, "quantized-lstm.onnx");

const rows = 4;
const time = 5;
const features = 8;
const values = Float32Array.from({ length: rows * time * features }, (_, i) => Math.sin(i));

async function rawAnswers(intraOpNumThreads: number): Promise<readonly number[]> {
  const session = await ort.InferenceSession.create(readFileSync(file), { intraOpNumThreads });
  const { y } = await session.run({ x: new ort.Tensor("float32", values, [rows, time, features]) });
  return [...(y?.data as Float32Array)];
}

async function engineAnswers(intraOpNumThreads: number) {
  const { inputs, outputs, sha256 } = await readSignature(file);
  const portsOf = (ports: typeof inputs) => Object.fromEntries(ports.map(({ name, ...port }) => [name, port]));
  const lstm = defineModel({ name: "lstm", sha256, inputs: portsOf(inputs), outputs: portsOf(outputs) } as never);
  const target = openEngine({ models, durability: "off", session: { intraOpNumThreads } });
  const live = await pipeline("threads")
    .model(lstm as never)
    .deploy(target);
  const { models: found } = await live.status();
  const answers = await live.infer({ x: { data: values, shape: [rows, time, features] } } as never);
  return { notice: found[0]?.notice, answers: (answers as { readonly out: unknown }).out };
}

describe("an LSTM that is quantized dynamically", () => {
  it("answers other values with two threads than with one when the runtime gets several rows at once", async () => {
    const [one, two] = [await rawAnswers(1), await rawAnswers(2)];
    const difference = Math.max(...one.map((value, i) => Math.abs(value - (two[i] ?? NaN))));
    expect(difference).toBeGreaterThan(1e-4);
  });

  it("runs one row at a time in the engine, so that the number of threads changes no answer", async () => {
    const [one, two] = [await engineAnswers(1), await engineAnswers(2)];
    expect(one.notice).toMatch(/^model 'lstm' runs one row at a time: /);
    expect(two).toEqual(one);
  });
});
