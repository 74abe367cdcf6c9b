import { describe, expect, test } from "vitest";
import { readSignature } from "../../../../codegen/models/read-signature.js";
import { put, putJson, readRefusal } from "../workspace.js";

describe("signature files in JSON", () => {
  const tensor = { name: "x", dtype: "float32", shape: ["batch", 29] };

  test("are read without changes", async () => {
    const file = putJson("own.json", {
      name: "Fraud v2",
      version: "3",
      sha256: "ab".repeat(32),
      inputs: [tensor],
      outputs: [{ name: "y", dtype: "int64", shape: null }],
      labels: { y: ["no", "yes"] },
      doc: "d",
    });
    expect(await readSignature(file)).toEqual({
      name: "fraud-v2",
      version: "3",
      sha256: "ab".repeat(32),
      inputs: [tensor],
      outputs: [{ name: "y", dtype: "int64", shape: null }],
      labels: { y: ["no", "yes"] },
      doc: "d",
      file,
      opset: {},
      irVersion: 0,
      producer: "",
      metadata: {},
      rows: { by: "symbol", symbol: "batch" },
    });
    expect((await readSignature(putJson("bare.json", { name: "m" }))).sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test("say whether the model is batched, along which axis and in runs of how many rows", async () => {
    const ports = (shape: unknown) => ({
      inputs: [{ name: "x", dtype: "float32", shape }],
      outputs: [{ name: "y", dtype: "float32", shape }],
    });
    const read = async (name: string, more: object) => {
      const { inputs, batchSize, rows } = await readSignature(putJson(name, { name: "m", ...more }));
      return { shape: inputs[0]?.shape, batchSize, by: rows?.by };
    };
    expect([
      await read("decided.json", ports([4, 3])),
      await read("whole.json", { ...ports([4, 3]), rows: "whole" }),
      await read("batched.json", { ...ports([3, "batch"]), rows: "batched", batchSize: 4 }),
    ]).toEqual([
      { shape: ["batch", 3], batchSize: 4, by: "size" },
      { shape: [4, 3], batchSize: undefined, by: "source" },
      { shape: [3, "batch"], batchSize: 4, by: "source" },
    ]);
  });

  test("report every problem of an invalid signature", async () => {
    expect([
      await readRefusal(putJson("b1.json", { name: "m", inputs: [{ ...tensor, dtype: "float" }], extra: 1 })),
      await readRefusal(putJson("b2.json", { name: "m", inputs: [tensor, tensor] })),
      await readRefusal(put("b3.json", "{ name")),
      await readRefusal(putJson("b4.json", null)),
    ]).toMatchInlineSnapshot(`
      [
        "SL3054 '/b1.json' does not describe a model: inputs[0].dtype: invalid option: expected one of "float16"|"float32"|"float64"|"int8"|"int16"|"int32"|"int64"|"uint8"|"uint16"|"uint32"|"uint64"|"bool"|"string", found "float"; (whole): unknown key 'extra'",
        "SL3016 '/b2.json' cannot be used: two of its inputs are called 'x'. Give every input a name of its own.",
        "SL3054 '/b3.json' does not describe a model: it is not JSON: Expected property name or '}' in JSON",
        "SL3054 '/b4.json' does not describe a model: (whole): expected object, found null",
      ]
    `);
  });
});
