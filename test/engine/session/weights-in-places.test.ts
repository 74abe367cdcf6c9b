import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSignature } from "../../../codegen/models/read-signature.js";
import {
  bytes,
  concat,
  FLOAT,
  input,
  INT64,
  integer,
  model,
  node,
  output,
  tensorType,
  type Bytes,
} from "../../codegen/models/onnx/onnx-bytes.js";
import { refusal } from "../../refusal.js";
import { config, folder, modelAt, run } from "../make-config.js";
import { openTestEngine } from "../open-engine.js";
import { float32 } from "../recorded-models.js";

/** The weights 10 and 20 after four bytes that no tensor uses. */
const weights = Buffer.from(new Uint8Array(Float32Array.of(-1, 10, 20).buffer));
const ports = { inputs: [float32("x", "batch", 2)], outputs: [float32("y", "batch", 2)] };

const entry = (key: string, value: string): Bytes => bytes(13, bytes(1, key), bytes(2, value));
const external = integer(14, 1);
/** The content of a tensor of two numbers in a file. */
const tensor = (name: string, location = "w.bin", type = FLOAT): Bytes =>
  concat(integer(1, 2), integer(2, type), bytes(8, name), entry("location", location), entry("offset", "4"), external);

const attribute = (name: string, field: number, type: number, content: Bytes): Bytes =>
  bytes(5, bytes(1, name), integer(20, type), bytes(field, content));
const constant = (location?: string): Bytes =>
  node("Constant", [], ["w"], attribute("value", 5, 4, tensor("", location)));
const add = node("Add", ["x", "w"], ["y"]);
const x = input("x", tensorType(FLOAT, ["batch", 2]));
const y = output("y", tensorType(FLOAT, ["batch", 2]));
const operators = bytes(8, integer(2, 17));

/** Whether a graph's branch: `If(true)`. */
const truth = bytes(5, integer(2, 9), bytes(8, "yes"), bytes(9, Uint8Array.of(1)));
const branch = concat(bytes(2, "b"), bytes(12, bytes(1, "w"), bytes(2, tensorType(FLOAT, [2]))));
const choice = (body: Bytes): Bytes =>
  node("If", ["yes"], ["w"], attribute("then_branch", 6, 5, body), attribute("else_branch", 6, 5, body));
const inFunction = concat(
  integer(1, 9),
  operators,
  bytes(8, bytes(1, "own"), integer(2, 1)),
  bytes(7, bytes(2, "g"), node("Two", [], ["w"], bytes(7, "own")), add, x, y),
  bytes(
    25,
    bytes(1, "Two"),
    bytes(5, "w"),
    bytes(7, constant().subarray(2)),
    bytes(9, integer(2, 17)),
    bytes(10, "own"),
  ),
);

/** Models that add 10 and 20, with the weights in a file that each names at another place. */
const places: Readonly<Record<string, Bytes>> = {
  "an initializer": model(add, bytes(5, tensor("w")), x, y),
  "an attribute of a node": model(constant(), add, x, y),
  "an initializer of a branch": model(
    truth,
    choice(concat(branch, node("Identity", ["v"], ["w"]), bytes(5, tensor("v")))),
    add,
    x,
    y,
  ),
  "an attribute in a branch": model(truth, choice(concat(constant(), branch)), add, x, y),
  "an attribute in a function": inFunction,
};

/** The same for parts of a model that the runtime does not load. */
const unread: Readonly<Record<string, Bytes>> = {
  "training data": concat(places["an initializer"] ?? x, bytes(20, bytes(1, bytes(5, tensor("t", "t.bin"))))),
  "a list of tensors": model(
    constant(),
    node("Add", ["x", "w"], ["y"], attribute("l", 10, 9, tensor("", "t.bin"))),
    x,
    y,
  ),
  "a list of graphs": model(
    constant(),
    node("Add", ["x", "w"], ["y"], attribute("l", 11, 10, bytes(5, tensor("g", "t.bin")))),
    x,
    y,
  ),
  "a sparse attribute": model(
    constant(),
    node("Add", ["x", "w"], ["y"], attribute("l", 22, 11, bytes(1, tensor("", "t.bin")))),
    x,
    y,
  ),
  "sparse attributes": model(
    constant(),
    node("Add", ["x", "w"], ["y"], attribute("l", 23, 12, bytes(2, tensor("", "t.bin", INT64)))),
    x,
    y,
  ),
  "a default of a function": concat(
    inFunction,
    bytes(25, bytes(1, "U"), bytes(11, attribute("l", 5, 4, tensor("", "t.bin")).subarray(2))),
  ),
};

function project(file: Bytes): string {
  const dir = folder();
  writeFileSync(join(dir, "m.onnx"), file);
  writeFileSync(join(dir, "w.bin"), weights);
  writeFileSync(join(dir, "t.bin"), Buffer.alloc(20));
  return dir;
}

const digest = (...parts: readonly Bytes[]): string =>
  createHash("sha256")
    .update(concat(...parts))
    .digest("hex");

describe("weights in a file are found in", () => {
  test.each(Object.entries(places))("%s", async (_, file) => {
    const dir = project(file);
    const { sha256 } = await readSignature(join(dir, "m.onnx"));
    expect(sha256).toBe(digest(file, weights));
    const own = { ...modelAt("m", join(dir, "m.onnx"), ports.inputs, ports.outputs), sha256 };
    const engine = await openTestEngine(dir, config("p", [own], [run("m")]));
    expect((await engine.infer([{ x: [1, 2] }])).batch.outputs.get("y")?.data).toEqual(Float32Array.of(11, 22));
  });

  test.each(Object.entries(unread))("%s", async (_, file) => {
    const dir = project(file);
    const first = file.indexOf(0x77) < 0 ? [] : [weights];
    expect((await readSignature(join(dir, "m.onnx"))).sha256).toBe(digest(file, ...first, Buffer.alloc(20)));
  });
});

describe("refused at generate and at deploy", () => {
  const hostile: Readonly<Record<string, readonly [Bytes, string]>> = {
    "a tensor that is outside without a file": [
      model(add, bytes(5, integer(1, 2), integer(2, FLOAT), bytes(8, "w"), external), x, y),
      "SL3012 model file '<dir>/m.onnx' is damaged: at byte 33 a tensor does not say which file holds its data. Export it or download it again.",
    ],
    "a tensor that says twice where it is": [
      model(add, bytes(5, tensor("w"), entry("location", "other.bin")), x, y),
      "SL3012 model file '<dir>/m.onnx' is damaged: at byte 77 a tensor names two data files. Export it or download it again.",
    ],
    "a part that the file lacks": [
      model(
        add,
        bytes(
          5,
          integer(1, 3),
          integer(2, FLOAT),
          bytes(8, "w"),
          entry("location", "w.bin"),
          entry("offset", "4"),
          external,
        ),
        x,
        y,
      ),
      "SL3018 model file '<dir>/m.onnx' cannot be used: it keeps weights in 'w.bin', but the file has 12 bytes, and a tensor needs 12 bytes at byte 4. Copy the whole file there.",
    ],
    "an address in memory": [
      model(add, bytes(5, tensor("w", "*/_ORT_MEM_ADDR_/*")), x, y),
      "SL3018 model file '<dir>/m.onnx' cannot be used: it keeps weights in '*/_ORT_MEM_ADDR_/*', and there is no such file beside it. Copy '<dir>/*/_ORT_MEM_ADDR_/*' there, too.",
    ],
    "a folder": [
      model(add, bytes(5, tensor("w", "sub")), x, y),
      "SL3018 model file '<dir>/m.onnx' cannot be used: it keeps weights in 'sub', which is no regular file. Copy the file itself there.",
    ],
    "code that was compiled for a device": [
      model(node("EPContext", ["x"], ["y"]), x, y),
      "SL3018 model file '<dir>/m.onnx' cannot be used: it holds code that was compiled for a device (EPContext), which cannot be checked. Use the model that it was compiled from.",
    ],
    "another graph behind the first": [
      concat(model(add, x, y), bytes(7, bytes(5, tensor("w")))),
      `SL3012 model file '<dir>/m.onnx' is damaged: at byte ${model(add, x, y).length} a second graph begins. Export it or download it again.`,
    ],
    "a model in the runtime's own format": [
      concat(
        bytes(9, "ORTM").subarray(0, 0),
        Uint8Array.of(0x22, 6, 0x20, 0x20),
        Buffer.from("ORTM"),
        model(add, x, y),
      ),
      "SL3010 '<dir>/m.onnx' is not an ONNX model: at byte 0 it looks like an ONNX Runtime .ort model; pass the .onnx file it was made from. Give the path of an .onnx file.",
    ],
  };

  test.each(Object.entries(hostile))("%s", async (_, [file, expected]) => {
    const dir = project(file);
    mkdirSync(join(dir, "sub"));
    expect(await refusal(readSignature(join(dir, "m.onnx")), [dir, "<dir>"])).toBe(expected);
    for (const sha256 of [digest(file), digest(file, weights)]) {
      const own = { ...modelAt("m", join(dir, "m.onnx"), ports.inputs, ports.outputs), sha256 };
      expect(await refusal(openTestEngine(dir, config("p", [own], [run("m")])))).toMatch(/^SL3(010|012|018|021|022) /);
    }
  });
});
