import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readSignature, readSource } from "../../../../codegen/models/read-signature.js";
import { unsupportedPorts, usablePorts } from "../../../../codegen/models/signature.js";
import {
  BFLOAT16,
  bytes,
  concat,
  FLOAT,
  initializer,
  input,
  INT64,
  integer,
  mapType,
  model,
  node,
  optionalType,
  output,
  sequenceType,
  tensorType,
} from "./onnx-bytes.js";
import { plainPorts, runtimePorts } from "./runtime-ports.js";
import { put } from "../workspace.js";

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

describe("dimensions", () => {
  test("keep the names of the file until the rows are decided", async () => {
    const file = put(
      "named.onnx",
      model(input("x", tensorType(FLOAT, ["N", "batch", "batch2"])), output("y", tensorType(FLOAT, ["N", "M"]))),
    );
    const source = await readSource(file);
    expect([source.inputs[0]?.shape, source.outputs[0]?.shape]).toEqual([
      ["N", "batch", "batch2"],
      ["N", "M"],
    ]);
    const { inputs, outputs } = await readSignature(file);
    expect([inputs[0]?.shape, outputs[0]?.shape]).toEqual([
      ["batch", "batch3", "batch2"],
      ["batch", "M"],
    ]);
  });

  test("without a name, negative and absent dimensions are unknown; zero is a size", async () => {
    const file = put(
      "unknown.onnx",
      model(
        input("x", tensorType(FLOAT, ["unk__8", "", "unk__9", -1, null, 0, "unk__x", "?", "None", "Addoutput_dim_0"])),
        output("y", tensorType(FLOAT, [])),
      ),
    );
    const { inputs, outputs } = await readSignature(file);
    expect([inputs[0]?.shape, outputs[0]?.shape]).toEqual([
      [null, null, null, null, null, 0, "unk__x", null, null, null],
      [],
    ]);
  });

  test("a formula or a very long name is unknown", async () => {
    const dims = ["(floor(height/2 - 1/2) + 1)", "p2o.DynamicDimension.3", "a".repeat(65), "batch-size", "a.b:c"];
    const file = put("formula.onnx", model(input("x", tensorType(FLOAT, dims)), output("y", tensorType(FLOAT, [3]))));
    expect((await readSignature(file)).inputs[0]?.shape).toEqual([null, null, null, "batch-size", "a.b:c"]);
  });

  test("a missing shape is an unknown rank", async () => {
    const file = put("rank.onnx", model(input("x", tensorType(FLOAT, null)), output("y", tensorType(FLOAT, null))));
    expect((await readSignature(file)).inputs).toEqual([{ name: "x", dtype: "float32", shape: null }]);
  });
});

test("keeps port names unchanged, including a byte order mark", async () => {
  const file = put(
    "bom.onnx",
    model(input("\ufeffx", tensorType(FLOAT, ["N"])), output("__proto__", tensorType(FLOAT, ["N"]))),
  );
  const { inputs, outputs } = await readSignature(file);
  expect([...inputs, ...outputs].map(({ name }) => name)).toEqual(["\ufeffx", "__proto__"]);
});

describe("weights in the list of inputs", () => {
  const bytesOf = model(
    node("Add", ["x", "w"], ["s"]),
    node("Add", ["s", "sparse"], ["y"]),
    initializer("w", [2], floats(1, 2)),
    // SparseTensorProto { values = 1 }, with the name after the data.
    bytes(15, bytes(1, integer(1, 2), integer(2, FLOAT), bytes(9, floats(3, 4)), bytes(8, "sparse"))),
    input("x", tensorType(FLOAT, ["N", 2])),
    input("w", tensorType(FLOAT, [2])),
    input("sparse", tensorType(FLOAT, [2])),
    output("y", tensorType(FLOAT, ["N", 2])),
  );

  test("omits inputs that are also dense or sparse initializers", async () => {
    const { inputs } = await readSignature(put("weights.onnx", bytesOf));
    expect(inputs.map(({ name }) => name)).toEqual(["x"]);
  });

  test("omits the same dense initializer as ONNX Runtime", async () => {
    const dense = model(
      node("Add", ["x", "w"], ["y"]),
      initializer("w", [2], floats(1, 2)),
      input("x", tensorType(FLOAT, ["N", 2])),
      input("w", tensorType(FLOAT, [2])),
      output("y", tensorType(FLOAT, ["N", 2])),
    );
    const { inputs, outputs } = await readSource(put("dense.onnx", dense));
    expect({ inputs: plainPorts(inputs), outputs: plainPorts(outputs) }).toEqual(await runtimePorts(dense));
  });
});

describe("unsupported types", () => {
  const float = tensorType(FLOAT, [null]);
  test.each([
    [
      "a ZipMap's output",
      sequenceType(mapType(INT64, float)),
      "seq(map(int64,tensor(float))): a sequence of maps from int64 to tensors of float32: expose the tensor that feeds the ZipMap (with skl2onnx, options={'zipmap': False})",
    ],
    [
      "a sequence of tensors",
      sequenceType(float),
      "seq(tensor(float)): a sequence of tensors of float32: export the model with one tensor instead",
    ],
    [
      "a map with string keys",
      mapType(8, float),
      "map(string,tensor(float)): a map from string to tensors of float32: expose the tensor that feeds it",
    ],
    [
      "an optional",
      optionalType(float),
      "optional(tensor(float)): an optional tensor of float32: export the model with the plain value instead",
    ],
    [
      "an optional sequence",
      optionalType(sequenceType(float)),
      "optional(seq(tensor(float))): an optional sequence of tensors of float32: export the model with the plain value instead",
    ],
    [
      "a sparse tensor",
      tensorType(FLOAT, [null, 3], 8),
      "sparse_tensor(float): a sparse tensor of float32: export the model with a dense tensor",
    ],
    [
      "bfloat16",
      tensorType(BFLOAT16, [null, 3]),
      "tensor(bfloat16): a tensor of bfloat16: cast it inside the model to a supported type, such as float32",
    ],
    [
      "complex64",
      tensorType(14, [null]),
      "tensor(complex64): a tensor of complex64: cast it inside the model to a supported type, such as float32",
    ],
    [
      "an unknown element type",
      tensorType(99, [null]),
      "tensor(element type 99): a tensor of element type 99: cast it inside the model to a supported type, such as float32",
    ],
    [
      "no type",
      new Uint8Array(),
      "untyped: a value without a type: run onnx.shape_inference on the model and save it again",
    ],
  ])("%s", async (_, type, text) => {
    const file = put(
      "odd.onnx",
      model(input("x", tensorType(FLOAT, ["N", 3])), output("odd", type), output("y", tensorType(FLOAT, ["N", 1]))),
    );
    const { outputs } = await readSignature(file);
    expect(usablePorts(outputs)).toEqual([{ name: "y", dtype: "float32", shape: ["batch", 1] }]);
    expect(unsupportedPorts(outputs).map(({ dtype, unsupported }) => `${dtype}: ${unsupported}`)).toEqual([text]);
  });

  test("a real ZipMap is not a tensor in ONNX Runtime either", async () => {
    const zipMap = concat(
      integer(1, 8),
      bytes(8, integer(2, 13)),
      bytes(8, bytes(1, "ai.onnx.ml"), integer(2, 1)),
      bytes(
        7,
        bytes(2, "g"),
        node("Identity", ["x"], ["p"]),
        // AttributeProto { name, ints, type = INTS }
        node(
          "ZipMap",
          ["p"],
          ["z"],
          bytes(7, "ai.onnx.ml"),
          bytes(5, bytes(1, "classlabels_int64s"), integer(8, 0), integer(8, 1), integer(20, 7)),
        ),
        input("x", tensorType(FLOAT, ["N", 2])),
        output("z", sequenceType(mapType(INT64, tensorType(FLOAT, [])))),
        output("p", tensorType(FLOAT, ["N", 2])),
      ),
    );
    const { inputs, outputs } = await readSource(put("zipmap.onnx", zipMap));
    expect({ inputs: plainPorts(inputs), outputs: plainPorts(outputs) }).toEqual(await runtimePorts(zipMap));
    expect(outputs[0]?.dtype).toBe("seq(map(int64,tensor(float)))");
  });
});

test("reads every supported dtype", async () => {
  const elements = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
  const all = model(
    ...elements.map((element) => node("Identity", [`i${element}`], [`o${element}`])),
    ...elements.map((element) => input(`i${element}`, tensorType(element, ["N"]))),
    ...elements.map((element) => output(`o${element}`, tensorType(element, ["N"]))),
  );
  const { inputs } = await readSource(put("dtypes.onnx", all));
  expect(inputs.map(({ dtype }) => dtype)).toEqual([
    "float32",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "int32",
    "int64",
    "string",
    "bool",
    "float16",
    "float64",
    "uint32",
    "uint64",
  ]);
  expect(plainPorts(inputs)).toEqual((await runtimePorts(all)).inputs);
});

test("reads documentation, metadata, digest and file", async () => {
  const content = concat(
    bytes(2, "exporter"),
    bytes(3, "1.2"),
    bytes(6, "what it does"),
    integer(1, 9),
    bytes(14, bytes(1, "__proto__"), bytes(2, "a")),
    bytes(14, bytes(1, "author"), bytes(2, "me")),
    bytes(8, bytes(1, "ai.onnx"), integer(2, 21)),
    bytes(7, input("x", tensorType(FLOAT, ["N"])), output("y", tensorType(FLOAT, ["N"]))),
  );
  const file = put("House Price.v2.onnx", content);
  const { inputs: _, outputs: __, metadata, ...rest } = await readSignature(file);
  expect(rest).toEqual({
    name: "house-price-v2",
    sha256: createHash("sha256").update(content).digest("hex"),
    file,
    opset: { "": 21 },
    irVersion: 9,
    producer: "exporter 1.2",
    doc: "what it does",
    rows: { by: "symbol", symbol: "N" },
  });
  expect(Object.entries(metadata)).toEqual([
    ["__proto__", "a"],
    ["author", "me"],
  ]);
});
