import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSignature } from "../../../../codegen/models/read-signature.js";
import type { ModelSignature } from "../../../../codegen/models/signature.js";
import { ShapelineError } from "../../../../dsl/errors.js";
import { formatTensor } from "../../../../src/config/format-tensor.js";
import { generateModels } from "../../../../codegen/models/generate.js";
import { refusal } from "../../../refusal.js";
import { FLOAT, input as onnxInput, model as onnxModel, output, tensorType } from "../onnx/onnx-bytes.js";
import { makeProject, put, readRefusal, signatureText } from "../workspace.js";

// Written with Triton's own protobuf definitions by test/corpus/make_triton.py.
const fixtures = fileURLToPath(new URL("../../../fixtures/models/triton/", import.meta.url));
const read = async (...path: string[]): Promise<ModelSignature> => await readSignature(join(fixtures, ...path));
const portTexts = ({ inputs, outputs }: ModelSignature): string[] =>
  [...inputs, ...outputs].map((port) => `${port.name}: ${formatTensor(port)}`);

describe.each(readdirSync(fixtures))("the model %s", (model) => {
  const configs = readdirSync(join(fixtures, model)).filter((file) => file.endsWith(".pbtxt"));

  test("has the same signature in every text format of protobuf", async () => {
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

  test("has the same signature in metadata from HTTP and from gRPC", async () => {
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
    expect(portTexts(config)).toEqual(portTexts(http));
  });
});

test("reads escaped names", async () => {
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

test("reads shapes, dtypes, versions and labels", async () => {
  expect(
    await Promise.all(
      ["densenet", "types", "ensemble"].map(async (model) => portTexts(await read(model, "config.pbtxt"))),
    ),
  ).toMatchInlineSnapshot(`
    [
      [
        "data_0: float32[batch, 3, 224, ?]",
        "fc6_1: float32[batch, 3]",
      ],
      [
        "in_type_bool: bool[?, 2]",
        "in_type_uint8: uint8[?, 2]",
        "in_type_uint16: uint16[?, 2]",
        "in_type_uint32: uint32[?, 2]",
        "in_type_uint64: uint64[?, 2]",
        "in_type_int8: int8[?, 2]",
        "in_type_int16: int16[?, 2]",
        "in_type_int32: int32[?, 2]",
        "in_type_int64: int64[?, 2]",
        "in_type_fp16: float16[?, 2]",
        "in_type_fp32: float32[?, 2]",
        "in_type_fp64: float64[?, 2]",
        "in_type_string: string[?, 2]",
        "in_type_bf16: BF16[?, 2]",
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

const config = `# a comment
name: "dense" "net"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "image" data_type: TYPE_FP16 format: FORMAT_NCHW dims: [ 3, 224, -1 ] }, { name: 'ids', data_type: TYPE_STRING; dims: 1 } ]
output { name: "prob" data_type: TYPE_FP32 dims: [ 2 ] label_filename: "labels.txt" }
instance_group < kind: KIND_CPU count: 2 >
parameters { key: "a{b" value: { string_value: "\\"x\\" # no comment" } }
`;

test("adds the batch before the dims and reads labels from the config's folder", async () => {
  const file = put("netty/config.pbtxt", config);
  put("netty/labels.txt", "cat\r\ndog\n");
  expect(await signatureText(file)).toBe(
    "densenet: image float16[batch, 3, 224, ?], ids string[batch, 1] -> prob float32[batch, 2]",
  );
  expect((await readSignature(file)).labels).toEqual({ prob: ["cat", "dog"] });
  put(
    "netty/config.pbtxt",
    config
      .replace(/name: "dense".*\n/, "")
      .replace("max_batch_size: 8", "")
      .replace("labels.txt", "../labels.txt"),
  );
  expect(await signatureText(file)).toBe("netty: image float16[3, 224, ?], ids string[1] -> prob float32[2]");
  expect((await readSignature(file)).labels).toBeUndefined();
});

test("reads every kind of escape in strings", async () => {
  const name = String.raw`"\x67r\XC3\xb6\303\237e" '\u00fc\U0001F600\?\'\101'`;
  expect(
    await signatureText(put("escapes.pbtxt", `name: "m" input { name: ${name} data_type: TYPE_BOOL dims: 1 }`)),
  ).toBe("m: größeü\u{1f600}?'A bool[1] -> ");
  expect(
    await signatureText(
      put("escapes.pbtxt", String.raw`name: "m" input { name: "\Uffffffff\xff" data_type: TYPE_BOOL dims: 1 }`),
    ),
  ).toBe("m: \ufffd\ufffd bool[1] -> ");
});

test("reports the line of a syntax error", async () => {
  expect([
    await readRefusal(put("a.pbtxt", "name: \n\n}")),
    await readRefusal(put("b.pbtxt", 'input { name: "x"')),
    await readRefusal(put("c.pbtxt", "input: [ { } { } ]")),
    await readRefusal(put("d.pbtxt", '\nname "x"')),
    await readRefusal(put("e.pbtxt", 'name: "x\n"')),
    await readRefusal(put("f.pbtxt", "a { ".repeat(100))),
    await readRefusal(put("g.pbtxt", 'input { name: "x" dims: many }')),
  ]).toMatchInlineSnapshot(`
    [
      "SL3054 '/a.pbtxt' does not describe a model: line 3: expected a value",
      "SL3054 '/b.pbtxt' does not describe a model: line 1: expected a field name or '}'",
      "SL3054 '/c.pbtxt' does not describe a model: line 1: expected ',' or ']'",
      "SL3054 '/d.pbtxt' does not describe a model: line 2: expected ':' or '{'",
      "SL3054 '/e.pbtxt' does not describe a model: line 1: unexpected character "\\""",
      "SL3054 '/f.pbtxt' does not describe a model: line 1: messages are nested deeper than 64",
      "SL3054 '/g.pbtxt' does not describe a model: 'dims' holds 'many', which is not a size",
    ]
  `);
});

test("random text gives a signature or an error with a code", async () => {
  const parts = fc.constantFrom(
    "input",
    "output",
    "{",
    "}",
    "<",
    ">",
    "[",
    "]",
    ":",
    ",",
    ";",
    "dims",
    "1",
    "-1",
    "name",
    '"x"',
    "'",
    '"',
    "\\",
    "\n",
    "#",
    "data_type",
    "TYPE_FP32",
    " ",
    "\u0000",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(parts, { maxLength: 30 }), async (words) => {
      await readSignature(put("fuzz.pbtxt", `${words.join(" ")} `)).catch((error: unknown) =>
        expect(error).toBeInstanceOf(ShapelineError),
      );
    }),
    { numRuns: 200 },
  );
});

describe("beside a model file", () => {
  const generate = async (input: string) => {
    const cwd = makeProject();
    const onnx = onnxModel(onnxInput("x", tensorType(FLOAT, ["N", 3])), output("y", tensorType(FLOAT, ["N", 1])));
    writeFileSync(join(cwd, "models", "net.onnx"), onnx);
    writeFileSync(
      join(cwd, "config.pbtxt"),
      `max_batch_size: 4 input { name: "x" data_type: TYPE_FP32 ${input} } output { name: "y" data_type: TYPE_FP32 dims: 1 }`,
    );
    const { models } = await generateModels({
      models: ["models/net.onnx"],
      cwd,
      check: true,
      overrides: { net: { sources: ["config.pbtxt"] } },
    });
    return models[0]?.inputs[0]?.shape;
  };

  test("its reshape is the shape of the file, and a ragged input has none", async () => {
    expect([
      await generate("dims: 3"),
      await generate("dims: [ 1, 3, 1 ] reshape { shape: [ 3 ] }"),
      await generate("dims: -1 allow_ragged_batch: true"),
    ]).toEqual([
      ["batch", 3],
      ["batch", 3],
      ["batch", 3],
    ]);
    expect(await refusal(generate("dims: [ 3 ] reshape { shape: [ 1, 3 ] }"))).toContain(
      "input 'x' is float32[N, 3] in 'models/net.onnx' and float32[batch, 1, 3] in 'config.pbtxt'",
    );
  });

  test("alone, shapes are what clients of the server send", async () => {
    const file = put(
      "reshaped/config.pbtxt",
      'max_batch_size: 4 input { name: "x" data_type: TYPE_FP32 dims: [ 1, 3 ] reshape { shape: [ 3 ] } } output { name: "y" data_type: TYPE_FP32 dims: 1 reshape { shape: [ ] } }',
    );
    expect(await signatureText(file)).toBe("reshaped: x float32[batch, 1, 3] -> y float32[batch, 1]");
  });
});
