import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readSignature, readSource } from "../../../../codegen/models/read-signature.js";
import type { Port } from "../../../../codegen/models/signature.js";
import { recordings } from "../../../recordings.js";
import { plainPorts, runtimePorts } from "./runtime-ports.js";

const examples = ["examples/fraud/models", "examples/breast-cancer/models"].map((path) =>
  fileURLToPath(new URL(`../../../../${path}/`, import.meta.url)),
);

function onnxFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".onnx"))
    .map((name) => join(folder, name));
}

async function expectRuntimeAgrees(file: string): Promise<void> {
  const { inputs, outputs } = await readSource(file);
  expect({ inputs: plainPorts(inputs), outputs: plainPorts(outputs) }).toEqual(await runtimePorts(file));
}

describe("the models in examples/", () => {
  test.each(examples.flatMap(onnxFiles))("%s: has the ports that ONNX Runtime reports", expectRuntimeAgrees);

  test("reads exporter, operator sets and dtypes of a model with two operator domains", async () => {
    const [folder = ""] = examples;
    const { name, opset, irVersion, producer, inputs, outputs } = await readSignature(join(folder, "champ.onnx"));
    expect({ name, opset, irVersion, producer, inputs, outputs }).toEqual({
      name: "champ",
      opset: { "": 17, "ai.onnx.ml": 3 },
      irVersion: 8,
      producer: "shapeline-examples",
      inputs: [{ name: "embedding", dtype: "float32", shape: ["batch", 16] }],
      outputs: [{ name: "risk", dtype: "float32", shape: ["batch", 1] }],
    });
  });
});

describe.skipIf(recordings === null)("the recorded models", () => {
  const folder = recordings ?? "";
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  const rows = recordings === null ? [] : read("README.md").matchAll(/^\| (\S+\.onnx) \| (.+) \| (.+) \|$/gm);
  const table = [...rows].map(([, file = "", inputs = "", outputs = ""]) => ({ file, inputs, outputs }));

  test("the table lists all twelve", () => {
    expect(table.map(({ file }) => file).sort()).toEqual(readdirSync(join(folder, "models")).sort());
    expect(table).toHaveLength(12);
  });

  test.each(table)("$file: has the ports of the table and the recorded digest", async ({ file, inputs, outputs }) => {
    const signature = await readSignature(join(folder, "models", file));
    // The table keeps each file's own dimension names. Only the first dimension, the batch, is dynamic.
    const batch = (cell: string): string => cell.replaceAll(/\[[^,\]]+,/g, "[batch,");
    expect(signature.inputs.map(portText).join(", ")).toBe(batch(inputs));
    expect(signature.outputs.map(portText).join(", ")).toBe(batch(outputs));
    expect(read("SHA256SUMS")).toContain(`${signature.sha256}  models/${file}\n`);
  });

  test.each(table)("$file: has the ports that ONNX Runtime reports", async ({ file }) => {
    await expectRuntimeAgrees(join(folder, "models", file));
  });

  test("skips stray fields before the IR version", async () => {
    const file = join(folder, "models", "house_price_keras.onnx");
    expect(readFileSync(file).subarray(0, 8).toString()).toBe("00000001");
    const { name, producer } = await readSignature(file);
    expect({ name, producer }).toEqual({ name: "house-price-keras", producer: "keras2onnx 1.6.0" });
  });
});

function portText({ name, dtype, shape }: Port): string {
  return `${name} ${dtype}[${shape?.join(", ") ?? "..."}]`;
}
