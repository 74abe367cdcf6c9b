import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scanOnnx } from "../../../../codegen/models/onnx/read.js";
import { readSignature } from "../../../../codegen/models/read-signature.js";
import {
  bytes,
  concat,
  FLOAT,
  initializer,
  input,
  integer,
  model,
  output,
  tensorType,
  varint,
  type Bytes,
} from "./onnx-bytes.js";
import { folder, put, readRefusal } from "../workspace.js";

const x = input("x", tensorType(FLOAT, ["N", 3]));
const y = output("y", tensorType(FLOAT, ["N", 1]));
const good = model(x, y);

describe("paths that are not files", () => {
  test("refuses a missing file", async () => {
    expect(await readRefusal(join(folder, "missing.onnx"))).toMatchInlineSnapshot(
      `"SL3000 cannot read model file '/missing.onnx': there is no such file. Check the path."`,
    );
  });

  test("refuses a folder", async () => {
    mkdirSync(join(folder, "dir.onnx"));
    expect(await readRefusal(join(folder, "dir.onnx"))).toMatchInlineSnapshot(
      `"SL3000 '/dir.onnx' is a folder, not a model file. Name the .onnx files inside it."`,
    );
  });

  test.skipIf(process.platform === "win32")("refuses a pipe without waiting for a writer", async () => {
    execFileSync("mkfifo", [join(folder, "pipe.onnx")]);
    expect(await readRefusal(join(folder, "pipe.onnx"))).toMatchInlineSnapshot(
      `"SL3000 '/pipe.onnx' is not a regular file. Name an .onnx file."`,
    );
  });
});

describe("files of other formats", () => {
  test.each<[string, string | Bytes, string]>([
    [
      "empty.onnx",
      "",
      "SL3010 '/empty.onnx' is not an ONNX model: at byte 0 the file ends; it is empty. Export it or download it again.",
    ],
    [
      "png.onnx",
      Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"),
      "SL3010 '/png.onnx' is not an ONNX model: at byte 0 it looks like a PNG image. Give the path of an .onnx file.",
    ],
    [
      "lfs.onnx",
      "version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
      "SL3010 '/lfs.onnx' is not an ONNX model: at byte 0 it looks like a Git LFS pointer; run `git lfs pull` to fetch the model. Give the path of an .onnx file.",
    ],
    [
      "torch.onnx",
      "PK\x03\x04data",
      "SL3010 '/torch.onnx' is not an ONNX model: at byte 0 it looks like a zip archive, as PyTorch and Keras write; export the model to ONNX. Give the path of an .onnx file.",
    ],
    [
      "notes.onnx",
      "hello world",
      "SL3010 '/notes.onnx' is not an ONNX model: at byte 2 its fields are not those of a model. Give the path of an .onnx file.",
    ],
    [
      "zeros.onnx",
      new Uint8Array(100),
      "SL3010 '/zeros.onnx' is not an ONNX model: at byte 0 its fields are not those of a model. Give the path of an .onnx file.",
    ],
    [
      "header.onnx",
      integer(1, 8),
      "SL3010 '/header.onnx' is not an ONNX model: at byte 2 it ends without a graph. Give the path of an .onnx file.",
    ],
    [
      "version.onnx",
      bytes(7, x, y),
      `SL3010 '/version.onnx' is not an ONNX model: at byte ${bytes(7, x, y).length} it ends without an IR version. Give the path of an .onnx file.`,
    ],
  ])("%s", async (name, content, text) => {
    expect(await readRefusal(put(name, content))).toBe(text);
  });
});

describe("damaged models", () => {
  const graph = (...content: Bytes[]): Bytes => concat(integer(1, 8), bytes(7, ...content));
  const deep = (levels: number): Bytes => (levels === 0 ? tensorType(FLOAT, []) : bytes(4, bytes(1, deep(levels - 1))));
  const again = "Export it or download it again.";
  test.each<[string, Bytes, string]>([
    [
      "cut.onnx",
      good.subarray(0, 40),
      `SL3011 model file '/cut.onnx' is cut off: at byte 12 a field claims 47 bytes but the file ends after 26. ${again}`,
    ],
    [
      "mid-number.onnx",
      concat(integer(1, 8), varint((7 << 3) | 2), Uint8Array.of(0x80)),
      `SL3011 model file '/mid-number.onnx' is cut off: at byte 3 the file ends inside a number. ${again}`,
    ],
    [
      "four-gb.onnx",
      concat(integer(1, 8), varint((7 << 3) | 2), varint(2 ** 32)),
      `SL3011 model file '/four-gb.onnx' is cut off: at byte 2 a field claims 4294967296 bytes but the file ends after 0. ${again}`,
    ],
    [
      "length-64.onnx",
      concat(integer(1, 8), varint((7 << 3) | 2), varint(-1)),
      `SL3012 model file '/length-64.onnx' is damaged: at byte 3 a length does not fit 53 bits. ${again}`,
    ],
    [
      "long-number.onnx",
      concat(integer(1, 8), Uint8Array.of(0x28), new Uint8Array(20).fill(0xff)),
      `SL3012 model file '/long-number.onnx' is damaged: at byte 3 a number is longer than 64 bits. ${again}`,
    ],
    [
      "inner.onnx",
      concat(graph(Uint8Array.of(0x5a, 0x20, 1)), new Uint8Array(40).fill(0x28)),
      `SL3012 model file '/inner.onnx' is damaged: at byte 4 a field claims 32 bytes but its message ends after 1. ${again}`,
    ],
    [
      "group.onnx",
      graph(Uint8Array.of(0x5b)),
      `SL3012 model file '/group.onnx' is damaged: at byte 4 field 11 has wire type 3, which ONNX does not use. ${again}`,
    ],
    [
      "field-zero.onnx",
      graph(Uint8Array.of(0x02, 0x00)),
      `SL3012 model file '/field-zero.onnx' is damaged: at byte 4 there is no valid field number. ${again}`,
    ],
    [
      "deep.onnx",
      graph(input("x", deep(40)), y),
      `SL3012 model file '/deep.onnx' is damaged: at byte 99 types are nested deeper than 16. ${again}`,
    ],
    [
      "dim.onnx",
      graph(input("x", bytes(1, integer(1, FLOAT), bytes(2, bytes(1, integer(1, 2n ** 60n))))), y),
      `SL3012 model file '/dim.onnx' is damaged: at byte 20 a dimension does not fit 53 bits. ${again}`,
    ],
    [
      "two-graphs.onnx",
      concat(graph(x, y), bytes(7, x, y)),
      `SL3012 model file '/two-graphs.onnx' is damaged: at byte ${graph(x, y).length} a second graph begins. ${again}`,
    ],
    [
      "name.onnx",
      graph(bytes(11, bytes(1, Uint8Array.of(0xff, 0xfe)))),
      `SL3012 model file '/name.onnx' is damaged: at byte 8 a port's name is not UTF-8. ${again}`,
    ],
    [
      "twins.onnx",
      graph(x, x, y),
      "SL3016 '/twins.onnx' cannot be used: two of its inputs are called 'x'. Give every input a name of its own.",
    ],
    [
      "nameless.onnx",
      graph(x, bytes(12)),
      "SL3016 '/nameless.onnx' cannot be used: its output 0 has no name. Give every output a name of its own.",
    ],
  ])("%s", async (name, content, text) => {
    expect(await readRefusal(put(name, content))).toBe(text);
  });

  test("skips a known field with another wire type, like every protobuf reader", async () => {
    const file = put(
      "wire.onnx",
      concat(integer(7, 1), bytes(1, "no version"), graph(integer(11, 3), integer(5, 3), x, y)),
    );
    expect((await readSignature(file)).inputs.map(({ name }) => name)).toEqual(["x"]);
  });

  test("refuses a million empty inputs instead of storing them", async () => {
    const file = put("many.onnx", graph(new Uint8Array(Buffer.alloc(2_000_000, Uint8Array.of(0x5a, 0x00)))));
    expect(await readRefusal(file)).toContain("its signature takes more than 24 MB of memory");
  });
});

test("skips 1 GB of weights with a few reads and without memory", () => {
  const size = 2 ** 30;
  const head = initializer("w", [size / 4], new Uint8Array());
  // The same initializer with `size` bytes of raw data, as a hole in a sparse file.
  const tensor = head.subarray(2, head.length - 2);
  const data = concat(varint((9 << 3) | 2), varint(size));
  const weights = concat(varint((5 << 3) | 2), varint(tensor.length + data.length + size), tensor, data);
  const tail = concat(x, input("w", tensorType(FLOAT, [size / 4])), y);
  const before = concat(integer(1, 8), varint((7 << 3) | 2), varint(weights.length + size + tail.length), weights);
  const file = put("large.onnx", before);
  truncateSync(file, before.length + size);
  const fd = openSync(file, "r+");
  writeSync(fd, tail, 0, tail.length, before.length + size);

  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const start = performance.now();
  const { inputs } = scanOnnx(fd, before.length + size + tail.length, file);
  const elapsed = performance.now() - start;
  const now = process.memoryUsage();
  const growth = now.heapUsed - heapUsed + now.arrayBuffers - arrayBuffers;
  console.info(`1 GB model: ${elapsed.toFixed(1)} ms, ${(growth / 2 ** 20).toFixed(1)} MB more memory`);
  expect(inputs.map(({ name, optional }) => [name, optional])).toEqual([
    ["x", undefined],
    ["w", "default"],
  ]);
  closeSync(fd);
  expect(growth).toBeLessThan(16 * 1024 * 1024);
});
