import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readSignature } from "../../../../codegen/models/read-signature.js";
import type { ModelSignature } from "../../../../codegen/models/signature.js";
import { formatTensor } from "../../../../src/config/format-tensor.js";

// Printed by Triton's own protobuf definitions: test/corpus/make_triton.py.
const fixtures = fileURLToPath(new URL("../../../fixtures/models/triton/", import.meta.url));
const read = async (...path: string[]): Promise<ModelSignature> => await readSignature(join(fixtures, ...path));
const shown = ({ inputs, outputs }: ModelSignature): string[] =>
  [...inputs, ...outputs].map((port) => `${port.name}: ${formatTensor(port)}`);

describe.each(readdirSync(fixtures))("the model %s", (model) => {
  const configs = readdirSync(join(fixtures, model)).filter((file) => file.endsWith(".pbtxt"));

  test("has one signature however protobuf prints its config", async () => {
    const [first, ...others] = await Promise.all(configs.map(async (file) => await read(model, file)));
    expect(configs).toHaveLength(5);
    for (const { name, inputs, outputs, producer, labels } of others) {
      expect({ name, inputs, outputs, producer, labels }).toEqual({
        name: model,
        inputs: first?.inputs,
        outputs: first?.outputs,
        producer: first?.producer,
        labels: first?.labels,
      });
    }
  });

  test("has the signature that the server answers, over HTTP and over gRPC", async () => {
    const [config, http, grpc] = await Promise.all([
      read(model, "config.pbtxt"),
      read(model, "metadata.json"),
      read(model, "grpc.metadata.json"),
    ]);
    const { inputs, outputs, name, producer } = http;
    expect([grpc.inputs, grpc.outputs, grpc.name, grpc.producer, grpc.version]).toEqual([
      inputs,
      outputs,
      name,
      producer,
      http.version,
    ]);
    expect([name, producer]).toEqual([config.name, config.producer]);
    // A config's TYPE_STRING and TYPE_BF16 are the protocol's BYTES and BF16.
    expect(shown(config)).toEqual(shown(http));
  });
});

test("names come through every way of writing them", async () => {
  const { inputs } = await read("odd", "escaped.pbtxt");
  expect(inputs.map(({ name }) => name)).toEqual([
    "plain",
    "größe",
    "长度",
    "\u{1f600}",
    'a"b',
    "a'b",
    "back\\slash",
    "tab\tnewline\nreturn\r",
    "bell\x07\b\f\v",
    "nul\0one\x01",
    "7\x017",
    "octal\x1f8",
    "x\x7fab",
    "# no comment",
    "{}<>[]:,;",
    " blanks ",
  ]);
});

test("what the four are", async () => {
  expect(
    await Promise.all(["densenet", "types", "ensemble"].map(async (model) => shown(await read(model, "config.pbtxt")))),
  ).toMatchInlineSnapshot(`
    [
      [
        "data_0: float32[batch, 3, 224, ?]",
        "fc6_1: float32[batch, 3]",
      ],
      [
        "in_type_bool: bool[batch, 2]",
        "in_type_uint8: uint8[batch, 2]",
        "in_type_uint16: uint16[batch, 2]",
        "in_type_uint32: uint32[batch, 2]",
        "in_type_uint64: uint64[batch, 2]",
        "in_type_int8: int8[batch, 2]",
        "in_type_int16: int16[batch, 2]",
        "in_type_int32: int32[batch, 2]",
        "in_type_int64: int64[batch, 2]",
        "in_type_fp16: float16[batch, 2]",
        "in_type_fp32: float32[batch, 2]",
        "in_type_fp64: float64[batch, 2]",
        "in_type_string: string[batch, 2]",
        "in_type_bf16: BF16[batch, 2]",
        "out_type_bool: bool[2]",
        "out_type_uint8: uint8[2]",
        "out_type_uint16: uint16[2]",
        "out_type_uint32: uint32[2]",
        "out_type_uint64: uint64[2]",
        "out_type_int8: int8[2]",
        "out_type_int16: int16[2]",
        "out_type_int32: int32[2]",
        "out_type_int64: int64[2]",
        "out_type_fp16: float16[2]",
        "out_type_fp32: float32[2]",
        "out_type_fp64: float64[2]",
        "out_type_string: string[2]",
        "out_type_bf16: BF16[2]",
      ],
      [
        "raw: uint8[batch, ?]",
        "score: float16[batch, 1]",
      ],
    ]
  `);
  expect((await read("densenet", "metadata.json")).version).toBe("3");
  expect((await read("densenet", "short.pbtxt")).labels).toEqual({ fc6_1: ["cat", "dog", "bird"] });
});
