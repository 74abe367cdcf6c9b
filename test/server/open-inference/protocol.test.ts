import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import Ajv from "ajv";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, generatedModel, pipeline } from "shapeline";
import { local } from "shapeline/local";
import { createServer, type ShapelineServer } from "shapeline/server";
import { request as httpRequest } from "node:http";
import { folder, writeModel } from "../../engine/make-config.js";
import type { Graph } from "../../engine/onnx-writer.js";

// A pipeline with validations, one with a split, two versions, and model files, over the Open Inference Protocol.

const f32 = (name: string) => ({ name, dtype: "float32" as const, shape: ["batch", 3] });
const sum = (times: number): Graph => ({
  inputs: [f32("x")],
  outputs: [f32("y")],
  nodes: Array.from({ length: times - 1 }, (_, i) => ({
    op: "Add",
    inputs: [i === 0 ? "x" : `s${i - 1}`, "x"],
    outputs: [i === times - 2 ? "y" : `s${i}`],
  })),
});

const models = folder();
const data = mkdtempSync(join(tmpdir(), "shapeline-oip-"));
const handleOf = (name: string, times: number) => {
  const { sha256 } = writeModel(models, name, sum(times));
  const tensor = { dtype: "float32", shape: ["batch", 3] } as const;
  return generatedModel<Handle>({ name, version: "1", sha256, inputs: { x: tensor }, outputs: { y: tensor } });
};
type Tensors<N extends string> = {
  readonly [K in N]: { readonly dtype: "float32"; readonly shape: readonly ["batch", 3] };
};
type Handle = import("shapeline").Model<string, Tensors<"x">, Tensors<"y">>;

let server: ShapelineServer;
let url: string;
beforeAll(async () => {
  const [double, triple] = [handleOf("double", 2), handleOf("triple", 3)];
  const target = local({ models, data });
  const checked = (model: Handle) =>
    pipeline("checked")
      .model(model)
      .validate("small", (x) => x.out.y[0] < 10)
      .validate("positive", (x) => x.out.y[0] > 0);
  await target.deploy(await build(checked(triple)));
  await target.deploy(await build(checked(double)));
  await target.deploy(
    await build(pipeline("split").keySplit("segment", { default: double, routes: { gold: triple } })),
  );
  await target.deploy(await build(pipeline("both").models([double, triple])));
  await target.close();
  server = await createServer({ data, models, maxBody: 200_000 });
  expect(server.problems).toEqual([]);
  url = await server.listen({ port: 0 });
});
afterAll(() => server.close());

const x = (data: readonly unknown[] = [1, 2, 3], shape: readonly unknown[] = [1, 3]) => ({
  name: "x",
  datatype: "FP32",
  shape,
  data,
});
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/v2/models/${path}`, {
    method: "POST",
    body: typeof body === "string" || Buffer.isBuffer(body) ? (body as string) : JSON.stringify(body),
    headers,
  });
async function answer(path: string, body: unknown, headers: Record<string, string> = {}): Promise<unknown[]> {
  const response = await post(path, body, headers);
  return [response.status, await response.json()];
}
async function described(path: string): Promise<unknown[]> {
  const response = await fetch(`${url}/v2/models/${path}`);
  return [response.status, await response.json()];
}
const y = (values: readonly number[], shape = [1, 3]) => ({ name: "y", datatype: "FP32", shape, data: values });

describe("metadata", () => {
  test("of a pipeline: its versions", async () => {
    const tensor = (name: string) => ({ name, datatype: "FP32", shape: [-1, 3] });
    const metadata = {
      name: "checked",
      versions: ["2", "1"],
      platform: "shapeline",
      inputs: [tensor("x")],
      outputs: [tensor("y")],
    };
    for (const path of ["checked", "checked/versions/1", "checked/versions/2"])
      expect(await described(path)).toEqual([200, metadata]);
  });

  test("of a model file", async () => {
    const [status, metadata] = await described("double");
    expect([status, metadata]).toMatchObject([
      200,
      { name: "double", platform: "onnx", versions: [expect.any(String)] },
    ]);
  });

  test("of a tuple: the outputs of each model", async () => {
    expect(await described("both")).toMatchObject([
      200,
      { outputs: [{ name: "out_double.y" }, { name: "out_triple.y" }] },
    ]);
  });

  test("readiness of a model and of a version", async () => {
    for (const path of ["checked/ready", "checked/versions/1/ready"])
      expect(await described(path)).toEqual([200, { name: "checked", ready: true }]);
  });

  test.each([
    ["nothing", "no pipeline or model 'nothing' is served; served: 'both', 'checked', 'split', 'double' and 'triple'"],
    [
      "nothing/ready",
      "no pipeline or model 'nothing' is served; served: 'both', 'checked', 'split', 'double' and 'triple'",
    ],
    ["checked/versions/7", "pipeline 'checked' has no version '7'; its versions are '1' and '2'"],
  ])("of what is not there: %s", async (path, error) => {
    expect(await described(path)).toEqual([404, { error }]);
  });
});

describe("inference", () => {
  test("answers the pipeline's outputs, the version, and the request's id", async () => {
    expect(await answer("checked/infer", { id: "a-1", inputs: [x([1, 2, 3, 4, 5, 6], [2, 3])] })).toEqual([
      200,
      { model_name: "checked", model_version: "2", id: "a-1", outputs: [y([2, 4, 6, 8, 10, 12], [2, 3])] },
    ]);
  });

  test("runs an earlier version that the path names, and logs its rows", async () => {
    expect(await answer("checked/versions/1/infer", { inputs: [x()] })).toEqual([
      200,
      { model_name: "checked", model_version: "1", outputs: [y([3, 6, 9])] },
    ]);
  });

  test("answers validations that are asked for by name, or all of them", async () => {
    const rows = x([1, 2, 3, 4, 5, 6, -7, 8, 9], [3, 3]);
    const asked = { inputs: [rows], outputs: [{ name: "anomaly.small" }, { name: "anomaly.count" }] };
    const flag = (name: string, data: boolean[]) => ({ name, datatype: "BOOL", shape: [3], data });
    const count = { name: "anomaly.count", datatype: "INT32", shape: [3], data: [0, 0, 1] };
    expect(await answer("checked/infer", asked)).toMatchObject([
      200,
      { outputs: [flag("anomaly.small", [false, false, false]), count] },
    ]);
    expect(await answer("checked/infer", { inputs: [rows], parameters: { anomaly: true } })).toMatchObject([
      200,
      {
        outputs: [
          { name: "y" },
          flag("anomaly.small", [false, false, false]),
          flag("anomaly.positive", [false, false, true]),
          count,
        ],
      },
    ]);
  });

  test("answers only the outputs that are asked for, in their order", async () => {
    const outputs = [{ name: "out_triple.y" }];
    expect(await answer("both/infer", { inputs: [x()], outputs })).toMatchObject([
      200,
      { outputs: [{ ...y([3, 6, 9]), name: "out_triple.y" }] },
    ]);
    expect(await answer("both/infer", { inputs: [x()] })).toMatchObject([
      200,
      { outputs: [{ name: "out_double.y" }, { name: "out_triple.y" }] },
    ]);
  });

  test.each([
    [{}, [2, 4, 6]],
    [{ segment: "gold" }, [3, 6, 9]],
    [{ segment: "gold", binary_data_output: false, timeout: 5_000_000, anomaly: false, priority: 1 }, [3, 6, 9]],
  ])("takes the parameters %j for splits, except the protocol's", async (parameters, values) => {
    expect(await answer("split/infer", { inputs: [x()], parameters })).toMatchObject([200, { outputs: [y(values)] }]);
  });

  test("ignores parameters of others where no split could read them", async () => {
    expect(await answer("double/infer", { inputs: [x()], parameters: { trace: "a" } })).toMatchObject([200, {}]);
  });

  test("ends at the request's own time, which is in microseconds", async () => {
    const [status, body] = await answer("checked/infer", { inputs: [x()], parameters: { timeout: 0.001 } });
    expect([status, body]).toMatchObject([504, { error: expect.stringContaining("no answer within") as unknown }]);
  });
});

test.each<[string, unknown, string]>([
  ["a body that is not JSON", "{", "the body is not JSON: it breaks at position 1; send"],
  ["an empty body", "", "the body is not JSON; send"],
  ["a list", [], "the body is a list of 0; send"],
  ["no inputs", {}, "'inputs' is undefined; give a list of tensors"],
  ["an id that is no string", { id: 7, inputs: [x()] }, "'id' is the number 7; give a string"],
  [
    "an input that is none",
    { inputs: [{ ...x(), name: "z" }] },
    "the request: input 'x' of pipeline 'double' is missing; found 'z'",
  ],
  [
    "one input too many",
    { inputs: [x(), { ...x(), name: "z" }] },
    "the request: pipeline 'double' has no input 'z'; its inputs are 'x'",
  ],
  ["an input twice", { inputs: [x(), x()] }, "the request has the input 'x' twice; give each input once"],
  ["another datatype", { inputs: [{ ...x(), datatype: "INT64" }] }, "input 'x' is float32, got int64"],
  [
    "an unknown datatype",
    { inputs: [{ ...x(), datatype: "FP23" }] },
    "input 'x': its datatype is the string \"FP23\"; give one of FP16,",
  ],
  ["another rank", { inputs: [x([1, 2, 3], [3])] }, "input 'x': the shape [3] does not fit; give [rows, 3]"],
  ["another size", { inputs: [x([1, 2], [1, 2])] }, "input 'x': the shape [1, 2] does not fit; give [rows, 3]"],
  ["no rows", { inputs: [x([], [0, 3])] }, "the batch is empty: give at least one row"],
  [
    "a size of 2^62",
    { inputs: [x([1], [2 ** 62, 3])] },
    "input 'x': 'shape' holds the number 4611686018427388000; give",
  ],
  [
    "a product that overflows",
    { inputs: [x([1], [2 ** 52, 2 ** 52])] },
    "input 'x': 'shape' [4503599627370496, 4503599627370496] is more than 2^53 elements, 'data' has 1",
  ],
  [
    "nested lists that are not there",
    { inputs: [x([[1]], [2 ** 30, 3])] },
    "input 'x': 'shape' [1073741824, 3] says a list of 1073741824, 'data' has a list of 1",
  ],
  [
    "too many dimensions",
    { inputs: [x([1], Array<number>(33).fill(1))] },
    "input 'x': a shape may have at most 32 dimensions, and this one has 33",
  ],
  ["a shape that is none", { inputs: [x([1, 2, 3], ["1", 3])] }, "input 'x': 'shape' holds the string \"1\"; give"],
  ["no data", { inputs: [{ ...x(), data: undefined }] }, "input 'x': 'data' is undefined; give a list"],
  [
    "bytes that are not there",
    { inputs: [{ ...x(), data: undefined, parameters: { binary_data_size: 12 } }] },
    "input 'x': 'binary_data_size' is 12, and 0 bytes are left in the body",
  ],
  [
    "an unknown output",
    { inputs: [x()], outputs: [{ name: "z" }] },
    "'double' has no output 'z' (did you mean 'y'?); its outputs are 'y' and 'anomaly.count'",
  ],
  [
    "a classification",
    { inputs: [x()], outputs: [{ name: "y", parameters: { classification: 3 } }] },
    "output 'y': this server has no 'classification'; leave it out",
  ],
  [
    "parameters of parameters",
    { inputs: [x()], parameters: { a: { b: 1 } } },
    "the parameter 'a' of the request must be a string, a number or a boolean, got an object",
  ],
  [
    "an anomaly that is no boolean",
    { inputs: [x()], parameters: { anomaly: "yes" } },
    "the parameter 'anomaly' is true or false, got the string \"yes\"",
  ],
])("%s is answered with 400 and the reason", async (_, body, error) => {
  expect(await answer("double/infer", body)).toEqual([400, { error: expect.stringContaining(error) as unknown }]);
});

test("a parameter that no split reads is refused in a pipeline with splits", async () => {
  expect(await answer("split/infer", { inputs: [x()], parameters: { sgment: "gold" } })).toEqual([
    400,
    {
      error:
        "no split of pipeline 'split' reads the metadata 'sgment'; its splits read 'segment' (did you mean 'segment'?)",
    },
  ]);
});

test.each([
  ["DELETE", "double/infer", 405],
  ["GET", "double/infer", 405],
  ["POST", "double", 405],
])("%s %s is no request of the protocol", async (method, path, status) => {
  const response = await fetch(`${url}/v2/models/${path}`, { method });
  expect([response.status, await response.json()]).toEqual([status, { error: expect.any(String) as unknown }]);
});

describe("bodies", () => {
  const large = JSON.stringify({ inputs: [x(Array<number>(9000).fill(1), [3000, 3])] });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
  ] as const)("packed with %s are unpacked, under any content type", async (encoding, pack) => {
    for (const type of ["application/json", "application/octet-stream", "text/plain", "none", ""]) {
      const headers = { "content-encoding": encoding, "content-type": type };
      const response = await post("double/infer", pack(large), headers);
      expect(response.status).toBe(200);
    }
  });

  test("without a content type are taken", async () => {
    const status = await new Promise((resolve, reject) => {
      const sent = httpRequest(`${url}/v2/models/double/infer`, { method: "POST" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on("error", reject);
      sent.end(JSON.stringify({ inputs: [x()] }));
    });
    expect(status).toBe(200);
  });

  test.each([
    ["gzip", gunzipSync],
    ["deflate", inflateSync],
  ] as const)("are packed with %s where the client asks for it and the answer is long", async (encoding, unpack) => {
    const raw = (body: string) =>
      new Promise<{ encoding: string | undefined; bytes: Buffer }>((resolve, reject) => {
        const headers = { "accept-encoding": encoding };
        const sent = httpRequest(`${url}/v2/models/double/infer`, { method: "POST", headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () =>
            resolve({ encoding: response.headers["content-encoding"], bytes: Buffer.concat(chunks) }),
          );
        });
        sent.on("error", reject);
        sent.end(body);
      });
    const long = await raw(large);
    expect(long.encoding).toBe(encoding);
    expect(JSON.parse(unpack(long.bytes).toString())).toMatchObject({ outputs: [{ shape: [3000, 3] }] });
    expect((await raw(JSON.stringify({ inputs: [x()] }))).encoding).toBeUndefined();
  });

  test.each<[string, Buffer, Record<string, string>, number, string]>([
    ["too large", Buffer.alloc(200_001, " "), {}, 413, "Request body is too large"],
    [
      "too large when unpacked",
      gzipSync(Buffer.alloc(200_001, " ")),
      { "content-encoding": "gzip" },
      413,
      "the body unpacks to more than 200000 bytes; send fewer rows at a time, or raise the server's maxBody (--max-body)",
    ],
    [
      "cut",
      gzipSync(large).subarray(0, 50),
      { "content-encoding": "gzip" },
      400,
      "the body is no whole gzip data: unexpected end of file",
    ],
    [
      "packed otherwise",
      Buffer.from(large),
      { "content-encoding": "br" },
      415,
      "the content encoding 'br' is not supported; use gzip or deflate",
    ],
    [
      "shorter than their header says",
      Buffer.from("{}"),
      { "inference-header-content-length": "3" },
      400,
      "the header Inference-Header-Content-Length is 3, and the body has 2 bytes",
    ],
    [
      "under a header that is no number",
      Buffer.from("{}"),
      { "inference-header-content-length": "-1" },
      400,
      "the header Inference-Header-Content-Length is no number of bytes",
    ],
    [
      "longer than their inputs say",
      Buffer.concat([Buffer.from(JSON.stringify({ inputs: [x()] })), Buffer.alloc(3)]),
      { "inference-header-content-length": String(JSON.stringify({ inputs: [x()] }).length) },
      400,
      "the body has 3 bytes after its JSON, and the inputs' 'binary_data_size' says 0; check the header Inference-Header-Content-Length",
    ],
  ])("that are %s are refused", async (_, body, headers, status, error) => {
    expect(await answer("double/infer", body, headers)).toEqual([status, { error }]);
  });
});

test("only the outputs that are asked for as bytes come as bytes", async () => {
  const outputs = [
    { name: "out_double.y", parameters: { binary_data: true } },
    { name: "out_triple.y", parameters: { binary_data: false } },
  ];
  const request = { inputs: [x()], outputs, parameters: { binary_data_output: true } };
  const response = await post("both/infer", request);
  const bytes = Buffer.from(await response.arrayBuffer());
  const length = Number(response.headers.get("inference-header-content-length"));
  expect(JSON.parse(bytes.toString("utf8", 0, length))).toMatchObject({
    outputs: [{ parameters: { binary_data_size: 12 } }, { data: [3, 6, 9] }],
  });
  expect([2, 4, 6].map((_, i) => bytes.readFloatLE(length + 4 * i))).toEqual([2, 4, 6]);
});

describe("/openapi.json", () => {
  interface Document {
    readonly openapi: string;
    readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, object>> };
  }
  const read = async (): Promise<Document> => (await (await fetch(`${url}/openapi.json`)).json()) as Document;

  test("lists the routes, and those of each model and pipeline", async () => {
    const { openapi, paths } = await read();
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        "/v2",
        "/v2/health/ready",
        "/v2/models/checked",
        "/v2/models/checked/infer",
        "/v2/models/checked/versions/{version}/infer",
        "/v2/models/double/infer",
        "/api/v1/pipelines/checked/infer",
        "/api/v1/pipelines/{name}/logs",
      ]),
    );
  });

  test("refers to schemas that are there", async () => {
    const document = await read();
    const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(names.filter((name) => !((name ?? "") in document.components.schemas))).toEqual([]);
  });

  test("has each pipeline's schemas, which real requests and answers fit", async () => {
    const { components } = await read();
    const ajv = new Ajv({ unknownFormats: "ignore" });
    const records = [{ x: [1, 2, 3] }];
    expect(ajv.validate(components.schemas["checked.request"] ?? false, records)).toBe(true);
    expect(ajv.validate(components.schemas["checked.request"] ?? false, [{ x: [1, 2] }])).toBe(false);
    const response = await fetch(`${url}/api/v1/pipelines/checked/infer`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ records }),
    });
    const answered = (await response.json()) as { readonly records: unknown };
    expect(ajv.validate(components.schemas["checked.result"] ?? false, answered.records)).toBe(true);
  });
});
