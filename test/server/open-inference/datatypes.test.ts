import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dtypes, type DType } from "shapeline";
import { createServer, type ShapelineServer } from "shapeline/server";
import { float16ToNumber, numberToFloat16 } from "../../../src/tensors/float16.js";
import { elementArrays } from "../../../src/tensors/dtypes.js";
import { datatypeOf } from "../../../src/util/open-inference-datatypes.js";
import { extremes, nonFinite } from "../../client/all-datatypes.js";
import { onnxFile } from "../../engine/onnx-writer.js";

// One model for each datatype that returns its input: what goes in must come out, as JSON and as bytes.

let server: ShapelineServer;
let url: string;
beforeAll(async () => {
  const models = mkdtempSync(join(tmpdir(), "shapeline-datatypes-"));
  for (const dtype of dtypes) {
    const port = (name: string) => ({ name, dtype, shape: ["batch", "n"] });
    const nodes = [{ op: "Identity", inputs: ["x"], outputs: ["y"] }];
    writeFileSync(join(models, `${dtype}.onnx`), onnxFile({ inputs: [port("x")], outputs: [port("y")], nodes }));
  }
  server = await createServer({ data: mkdtempSync(join(tmpdir(), "shapeline-oip-")), models, durability: "off" });
  url = await server.listen({ port: 0 });
});
afterAll(() => server.close());

const post = (dtype: DType, body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${url}/v2/models/${dtype}/infer`, { method: "POST", body, headers });

/** An element as JSON text: digits for wide integers, texts for what JSON lacks. */
function jsonOf(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Object.is(value, -0)) return "-0.0";
  return typeof value === "number" && !Number.isFinite(value) ? `"${value}"` : JSON.stringify(value);
}

const input = (dtype: DType, data: string, shape = "[2,3]") =>
  `{"inputs":[{"name":"x","datatype":"${datatypeOf(dtype)}","shape":${shape},"data":${data}}]}`;

/** The elements as the protocol's bytes. */
function bytesOf(dtype: DType, values: readonly unknown[]): Buffer<ArrayBuffer> {
  if (dtype === "string")
    return Buffer.concat(
      (values as string[]).map((text) => {
        const bytes = Buffer.from(text);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return Buffer.concat([length, bytes]);
      }),
    );
  const elements = new elementArrays[dtype](values.length);
  for (const [i, value] of values.entries())
    (elements as unknown as unknown[])[i] = dtype === "float16" ? numberToFloat16(value as number) : value;
  return Buffer.from(elements.buffer as ArrayBuffer);
}

function binaryRequest(dtype: DType, values: readonly unknown[]) {
  const bytes = bytesOf(dtype, values);
  const json = JSON.stringify({
    inputs: [{ name: "x", datatype: datatypeOf(dtype), shape: [2, 3], parameters: { binary_data_size: bytes.length } }],
    outputs: [{ name: "y", parameters: { binary_data: true } }],
  });
  const headers = { "inference-header-content-length": String(Buffer.byteLength(json)) };
  return { body: Buffer.concat([Buffer.from(json), bytes]), headers };
}

describe.each(dtypes)("%s", (dtype) => {
  const rows = extremes[dtype];
  const flat = rows.flat();
  const stored = dtype === "float16" ? flat.map((x) => float16ToNumber(numberToFloat16(x as number))) : flat;

  test("keeps every value as JSON, flat and nested", async () => {
    const list = (values: readonly unknown[]) => `[${values.map(jsonOf).join(",")}]`;
    const expected = `{"name":"y","datatype":"${datatypeOf(dtype)}","shape":[2,3],"data":${list(stored)}}`;
    for (const data of [list(flat), `[${rows.map(list).join(",")}]`]) {
      const response = await post(dtype, input(dtype, data));
      const text = await response.text();
      expect(text.slice(text.indexOf('{"name":"y"'), -2)).toBe(expected);
    }
  });

  test("keeps every value as bytes", async () => {
    const { body, headers } = binaryRequest(dtype, flat);
    const response = await post(dtype, body, headers);
    const bytes = Buffer.from(await response.arrayBuffer());
    const json = Number(response.headers.get("inference-header-content-length"));
    expect(JSON.parse(bytes.toString("utf8", 0, json))).toMatchObject({
      model_name: dtype,
      outputs: [{ name: "y", shape: [2, 3], parameters: { binary_data_size: bytes.length - json } }],
    });
    expect(bytes.subarray(json).equals(bytesOf(dtype, flat))).toBe(true);
  });

  test("refuses bytes that are not as many as the shape says", async () => {
    const { body, headers } = binaryRequest(dtype, flat.slice(1));
    expect((await post(dtype, body, headers)).status).toBe(400);
  });
});

describe.each(["float16", "float32", "float64"] as const)("%s", (dtype) => {
  const texts = '["NaN","Infinity","-Infinity",1,2,3]';
  test.each([
    ["as texts", texts],
    ["bare, as Python writes them", "[NaN, Infinity,-Infinity,1,2,3]"],
  ])("takes numbers that JSON lacks %s, and answers them as texts", async (_, data) => {
    const response = await post(dtype, input(dtype, data));
    expect(await response.json()).toMatchObject({
      outputs: [{ data: nonFinite.flat().map((x, i) => (i < 3 ? String(x) : x)) }],
    });
  });

  test("refuses a number that is too large", async () => {
    for (const number of ["1e999", "-1e999"]) {
      const response = await post(dtype, input(dtype, `[1,2,3,4,5,${number}]`));
      expect([response.status, await response.json()]).toEqual([
        400,
        { error: `input 'x': a number is too large for ${dtype}` },
      ]);
    }
  });
});

test.each<[DType, string, string]>([
  ["float32", "[1,2,3,4,5,null]", "input 'x', element [5]: expected a number (float32), got null"],
  ["float32", "[1e39,2,3,4,5,6]", "input 'x', element [0]: 1e+39 is too large for float32"],
  ["float32", "[[1,2,3],[4,5]]", "input 'x', element [1]: 'shape' [2, 3] says a list of 3, 'data' has a list of 2"],
  ["float32", '[[1,2,3],[4,5,"a"]]', "input 'x', element [1][2]: expected a number (float32), got the string \"a\""],
  ["float32", "[1,2,3,4,5,[6]]", "input 'x', element [5]: expected a number (float32), got a list of 1"],
  ["float32", "[1,2]", "input 'x': 'shape' [2, 3] is 6 elements, 'data' has 2"],
  ["int32", "[1,2,3,4,5,6.5]", "input 'x', element [5]: 6.5 is not a whole number (int32)"],
  ["uint8", "[1,2,3,4,5,256]", "input 'x', element [5]: 256 is out of range for uint8 (0 to 255)"],
  [
    "int64",
    "[1,2,3,4,5,9223372036854775808]",
    "input 'x', element [5]: 9223372036854775808 is out of range for int64 (-9223372036854775808 to 9223372036854775807)",
  ],
  [
    "int64",
    "[1,2,3,4,5,1e300]",
    "input 'x', element [5]: 1e+300 is not exact; write whole numbers beyond 2^53 as digits",
  ],
  ["bool", "[1,0,1,0,1,0]", "input 'x', element [0]: expected a boolean, got the number 1"],
  ["string", '["a","b","c","d","e",NaN]', "input 'x', element [5]: expected a string, got the number NaN"],
  [
    "string",
    '["a","b","c","d","e","\\u0000"]',
    "input 'x', element [5]: the text holds the character NUL at 0, which no model can receive; remove it",
  ],
])("%s refuses %s", async (dtype, data, error) => {
  const response = await post(dtype, input(dtype, data));
  expect([response.status, await response.json()]).toEqual([400, { error }]);
});

test("a text of bytes that is not UTF-8 is refused", async () => {
  const { body, headers } = binaryRequest("string", ["", "", "", "", "", "ab"]);
  body[body.length - 1] = 0xff;
  const response = await post("string", body, headers);
  expect([response.status, await response.json()]).toEqual([
    400,
    { error: "input 'x', element [5]: the text is not UTF-8; encode it as UTF-8" },
  ]);
});
