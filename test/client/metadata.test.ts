import { expect, test } from "vitest";
import { defineModel, pipeline, type DType, type Model } from "shapeline";
import { openInference, type ConnectOptions } from "shapeline/client";
import { refusal } from "../refusal.js";
import { identity } from "./all-datatypes.js";
import { type Metadata, type ServerModel, startServer } from "./protocol-server.js";

const sha256 = "0".repeat(64);
const ccfraud = defineModel({
  name: "ccfraud",
  sha256,
  inputs: { dense_input: { dtype: "float32", shape: ["batch", 29] } },
  outputs: { score: { dtype: "float32", shape: ["batch", 1] } },
  renamed: { outputs: { score: "dense_1" } },
});

const tensor = (name: string, datatype: string, ...shape: number[]): Metadata => ({ name, datatype, shape });
const input = tensor("dense_input", "FP32", -1, 29);
const output = tensor("dense_1", "FP32", -1, 1);

/** Connects a handle to a server whose model has this metadata; the error, or "connected". */
async function connecting(
  inputs: readonly Metadata[],
  outputs: readonly Metadata[],
  handle: Model = ccfraud,
  options: ConnectOptions = {},
): Promise<string> {
  const model: ServerModel = { inputs, outputs, run: () => [] };
  const { url } = await startServer({ [options.model ?? handle.name]: model });
  const work = openInference({ url }).connect(handle, options);
  return work.then(
    () => "connected",
    () => refusal(work, [url, "URL"]),
  );
}

test("the ports of the file are those of the server, whatever they are called in the handle", async () => {
  expect(await connecting([input], [output])).toBe("connected");
  expect(await connecting([input], [output], ccfraud, { model: "fraud-v2", version: "1" })).toBe("connected");
});

const advice = "generate the handle from the model that is served";
test.each<[what: string, inputs: Metadata[], outputs: Metadata[], flaw: string]>([
  [
    "another size",
    [tensor("dense_input", "FP32", -1, 30)],
    [output],
    "input 'dense_input': expected FP32[-1, 29], found FP32[-1, 30]",
  ],
  [
    "another datatype",
    [tensor("dense_input", "FP64", -1, 29)],
    [output],
    "input 'dense_input': expected FP32[-1, 29], found FP64[-1, 29]",
  ],
  [
    "a fixed number of rows",
    [tensor("dense_input", "FP32", 1, 29)],
    [tensor("dense_1", "FP32", 1, 1)],
    "input 'dense_input': expected FP32[-1, 29], found FP32[1, 29]; output 'dense_1' (called 'score' here): expected FP32[-1, 1], found FP32[1, 1]",
  ],
  [
    "another rank",
    [input],
    [tensor("dense_1", "FP32", -1)],
    "output 'dense_1' (called 'score' here): expected FP32[-1, 1], found FP32[-1]",
  ],
  [
    "other names",
    [tensor("input_1", "FP32", -1, 29)],
    [output],
    "input 'dense_input': expected FP32[-1, 29], found 'input_1'; the server also needs input 'input_1', FP32[-1, 29], which the model has not",
  ],
  [
    "one more input",
    [input, tensor("mask", "BOOL", -1)],
    [output],
    "the server also needs input 'mask', BOOL[-1], which the model has not",
  ],
  ["no such output", [input], [], "output 'dense_1' (called 'score' here): expected FP32[-1, 1], found no output"],
])("%s is named, with the expected and the found port", async (_, inputs, outputs, flaw) => {
  expect(await connecting(inputs, outputs)).toBe(
    `SL6056 model 'ccfraud' on URL differs from the model: ${flaw}; ${advice}`,
  );
});

test("an open size of the server takes a fixed one, and more outputs are left out", async () => {
  expect(
    await connecting(
      [tensor("dense_input", "FP32", -1, -1)],
      [tensor("dense_1", "FP32", -1, -1), tensor("more", "FP32", -1)],
    ),
  ).toBe("connected");
});

test("an input that the handle leaves open must be open on the server", async () => {
  const open = identity("float32", "open");
  expect(await connecting([tensor("x", "FP32", -1, 8)], [tensor("x", "FP32", -1, 8)], open)).toBe(
    `SL6056 model 'open' on URL differs from the model: input 'x': expected FP32[-1, -1], found FP32[-1, 8]; ${advice}`,
  );
});

test("rows may be stacked along any axis, and in runs of a fixed size", async () => {
  const state = defineModel({
    name: "vad",
    sha256,
    inputs: { state: { dtype: "float32", shape: [2, "batch", 128] }, sr: { dtype: "int64", shape: [] } },
    outputs: { stateN: { dtype: "float32", shape: [2, "batch", 128] } },
    batchSize: 4,
  });
  const ports = (rows: number) =>
    connecting(
      [tensor("state", "FP32", 2, rows, 128), tensor("sr", "INT64")],
      [tensor("stateN", "FP32", 2, rows, 128)],
      state,
    );
  expect(await ports(4)).toBe("connected");
  expect(await ports(-1)).toBe("connected");
  expect(await ports(8)).toMatch(/input 'state': expected FP32\[2, 4, 128\], found FP32\[2, 8, 128\]/);
});

test("constants of the handle are compared with the server's inputs, and sent", async () => {
  const vad = defineModel({
    name: "vad",
    sha256,
    inputs: { x: { dtype: "float32", shape: ["batch", 2] } },
    outputs: { y: { dtype: "float32", shape: ["batch", 2] } },
    constants: { sr: { dtype: "int64", shape: [], data: ["9007199254740993"] } },
  });
  const model: ServerModel = {
    inputs: [tensor("x", "FP32", -1, 2), tensor("sr", "INT64")],
    outputs: [tensor("y", "FP32", -1, 2)],
    run: ([x]) => [{ ...tensor("y", "FP32", 1, 2), data: x?.data ?? [] }],
  };
  const { url, received } = await startServer({ vad: model });
  const live = await openInference({ url }).connect(vad);
  await live.infer([{ x: [1, 2] }]);
  expect(received.at(-1)?.json.inputs).toContainEqual({
    name: "sr",
    datatype: "INT64",
    shape: [],
    data: [9007199254740993n],
  });
  expect(await connecting([tensor("x", "FP32", -1, 2)], [tensor("y", "FP32", -1, 2)], vad)).toMatch(
    /input 'sr': expected INT64\[\], found 'x'/,
  );
});

test("a pipeline is compared by its own inputs and outputs", async () => {
  const made = pipeline("fraud").model(ccfraud);
  const connect = async (outputs: readonly Metadata[]) => {
    const { url } = await startServer({ fraud: { inputs: [input], outputs, run: () => [] } });
    const work = openInference({ url }).connect(made);
    return work.then(
      () => "connected",
      () => refusal(work, [url, "URL"]),
    );
  };
  expect(await connect([tensor("score", "FP32", -1, 1)])).toBe("connected");
  expect(await connect([output])).toBe(
    "SL6056 pipeline 'fraud' on URL differs from the pipeline: output 'score': expected FP32[-1, 1], found 'dense_1'; deploy the pipeline again",
  );
});

test.each<[what: string, inputs: unknown, outputs: unknown]>([
  ["no lists", undefined, undefined],
  ["empty lists", [], []],
  ["lists of something else", [{ name: "x" }], []],
])("metadata with %s is named as missing", async (_, inputs, outputs) => {
  expect(await connecting(inputs as Metadata[], outputs as Metadata[])).toMatch(
    /^SL6057 model 'ccfraud' on URL: the server returns no metadata of the model's .*checkMetadata: false/,
  );
});

test("sizes may be texts, as in the JSON of gRPC", async () => {
  const text = (port: Metadata) => ({ ...port, shape: port.shape.map(String) }) as unknown as Metadata;
  expect(await connecting([text(input)], [text(output)])).toBe("connected");
});

test("datatypes that no pipeline has are shown as they are", async () => {
  const dtype: DType = "float32";
  expect(
    await connecting([tensor("x", "BF16", -1, -1)], [tensor("x", "FP32", -1, -1)], identity(dtype, "half")),
  ).toMatch(/input 'x': expected FP32\[-1, -1\], found BF16\[-1, -1\]/);
});
