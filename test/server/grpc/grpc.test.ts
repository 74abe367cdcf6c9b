import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { credentials, status } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { defineModel, pipeline, tensor, type DType } from "shapeline";
import { readSignature } from "shapeline/codegen";
import { local } from "shapeline/local";
import { createServer, type ServerOptions, type ShapelineServer } from "shapeline/server";
import { datatypes } from "../../../src/server/open-inference/datatypes.js";
import { contentsFields } from "../../../src/server/grpc/read-infer-request.js";
import { extremes, nonFinite } from "../../client/all-datatypes.js";
import { folder } from "../../engine/make-config.js";
import { onnxFile } from "../../engine/onnx-writer.js";
import { boosting, models, rows } from "../../targets/breast-cancer.js";
import { certificate } from "../certificate.js";
import { grpcClient, type InferResponse } from "./client.js";

async function serve(options: ServerOptions = {}): Promise<{ server: ShapelineServer; address: string; url: string }> {
  const server = await createServer({ data: folder(), models: "none", ...options });
  onTestFinished(() => server.close());
  const url = await server.listen({ port: 0, grpcPort: 0 });
  return { server, address: server.grpcAddress ?? "", url };
}

const cancer = pipeline("cancer")
  .model(boosting)
  .validate("sure", (x) => x.out.probabilities[0] < 0.9);

/** A server with the pipeline `cancer` and the files that it and others use. */
async function serveCancer(options: ServerOptions = {}) {
  const data = folder();
  const target = local({ models, data });
  await target.deploy(cancer);
  await target.close();
  return serve({ data, models, ...options });
}

const features = rows.slice(0, 2).flatMap((row) => row.features);
const input = { name: "features", datatype: "FP32", shape: [2, 30], contents: { fp32_contents: features } };
const request = { model_name: "cancer", id: "7", inputs: [input] };
const raw = (list: readonly number[]) => Buffer.from(Float32Array.from(list).buffer);

/** The answer of HTTP to the same rows. */
async function overHttp(url: string, parameters: object = {}) {
  const body = JSON.stringify({
    parameters,
    inputs: [{ name: "features", datatype: "FP32", shape: [2, 30], data: features }],
  });
  const response = await fetch(`${url}/v2/models/cancer/infer`, { method: "POST", body });
  return ((await response.json()) as { outputs: { name: string; datatype: string; data: unknown[] }[] }).outputs;
}

describe("a pipeline over gRPC", () => {
  test("gives the answers that HTTP gives, with the id of the request", async () => {
    const { address, url } = await serveCancer();
    const { call } = grpcClient(address);
    const { answer } = await call<InferResponse>("ModelInfer", request);
    const [expected] = await overHttp(url);
    expect(answer).toMatchObject({ model_name: "cancer", id: "7", raw_output_contents: [] });
    expect(answer?.outputs).toMatchObject([{ name: "probabilities", datatype: "FP32", shape: ["2", "2"] }]);
    expect(answer?.outputs[0]?.contents?.["fp32_contents"]).toEqual(expected?.data);
  });

  test("answers raw contents with raw contents, of all outputs or those that are asked for", async () => {
    const { address, url } = await serveCancer();
    const { call } = grpcClient(address);
    const message = {
      ...request,
      inputs: [{ ...input, contents: null }],
      raw_input_contents: [raw(features)],
      outputs: [{ name: "anomaly.sure" }, { name: "probabilities" }],
    };
    const { answer } = await call<InferResponse>("ModelInfer", message);
    expect(answer?.outputs.map(({ name, datatype }) => [name, datatype])).toEqual([
      ["anomaly.sure", "BOOL"],
      ["probabilities", "FP32"],
    ]);
    const all = await overHttp(url, { anomaly: true });
    const expected = all.find(({ name }) => name === "anomaly.sure")?.data.map((failed) => (failed === true ? 1 : 0));
    expect([...(answer?.raw_output_contents[0] ?? [])]).toEqual(expected);
    expect(answer?.raw_output_contents[1]).toHaveLength(2 * 2 * 4);
  });

  test("is described, alive and ready", async () => {
    const { address, server, url } = await serveCancer();
    const { call } = grpcClient(address);
    const metadata = (await (await fetch(`${url}/v2/models/cancer`)).json()) as object;
    expect((await call("ServerLive", {})).answer).toEqual({ live: true });
    expect((await call("ServerReady", {})).answer).toEqual({ ready: true });
    expect((await call("ServerMetadata", {})).answer).toMatchObject({ name: "shapeline" });
    expect((await call("ModelReady", { name: "cancer" })).answer).toEqual({ ready: true });
    expect((await call("ModelMetadata", { name: "cancer" })).answer).toMatchObject({
      ...metadata,
      inputs: [{ name: "features", datatype: "FP32", shape: ["-1", "30"] }],
      outputs: [{ name: "probabilities", datatype: "FP32", shape: ["-1", "2"] }],
    });
    const closing = server.close({ drainMs: 200 });
    expect((await call("ServerReady", {})).answer).toEqual({ ready: false });
    await closing;
    expect((await call("ServerLive", {})).code).toBe(status.UNAVAILABLE);
  });
});

describe("each datatype", () => {
  const modelsOf = () => {
    const at = folder();
    for (const dtype of Object.keys(datatypes) as DType[]) {
      const port = (name: string) => [{ name, dtype, shape: ["N", "n"] }] as const;
      const nodes = [{ op: "Identity", inputs: ["x"], outputs: ["y"] }];
      writeFileSync(join(at, `${dtype}.onnx`), onnxFile({ inputs: port("x"), outputs: port("y"), nodes }));
    }
    return at;
  };

  test("returns its extreme values exactly, in contents and raw", async () => {
    const { address } = await serve({ models: modelsOf() });
    const { call } = grpcClient(address);
    for (const [dtype, list] of Object.entries(extremes) as [DType, (typeof extremes)[DType]][]) {
      const field = contentsFields[dtype];
      if (field === null) continue;
      const elements = [...list, ...(dtype.startsWith("float") ? nonFinite : [])].flat();
      const sent = elements.map((value) =>
        typeof value === "bigint" ? String(value) : typeof value === "string" ? Buffer.from(value) : value,
      );
      const x = { name: "x", datatype: datatypes[dtype], shape: [elements.length / 3, 3] };
      const inContents = { model_name: dtype, inputs: [{ ...x, contents: { [field]: sent } }] };
      const { answer, details } = await call<InferResponse>("ModelInfer", inContents);
      expect(details).toBeUndefined();
      expect(answer?.outputs[0]?.contents?.[field], dtype).toEqual(sent);
      // What raw contents hold is told by an answer to them, and an output of contents must agree.
      const bytes = rawBytes(dtype, elements);
      const inBytes = { model_name: dtype, inputs: [x], raw_input_contents: [bytes] };
      const answered = await call<InferResponse>("ModelInfer", inBytes);
      expect(answered.answer?.raw_output_contents, dtype).toEqual([bytes]);
    }
  });

  test("float16 is raw only", async () => {
    const { address } = await serve({ models: modelsOf() });
    const { call } = grpcClient(address);
    const x = { name: "x", datatype: "FP16", shape: [1, 2] };
    const bytes = Buffer.from(Uint16Array.of(0x7bff, 0x7e00).buffer);
    const message = { model_name: "float16", inputs: [x], raw_input_contents: [bytes] };
    expect((await call<InferResponse>("ModelInfer", message)).answer?.raw_output_contents).toEqual([bytes]);
    const inContents = { model_name: "float16", inputs: [{ ...x, contents: { fp32_contents: [1, 2] } }] };
    expect(await call("ModelInfer", inContents)).toEqual({
      code: status.INVALID_ARGUMENT,
      details: "input 'x': FP16 has no contents; send it in raw_input_contents",
    });
  });
});

const arrays = {
  bool: Uint8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

function rawBytes(dtype: DType, elements: readonly unknown[]): Buffer {
  if (dtype === "string") {
    const texts = elements.map((text) => Buffer.from(String(text)));
    return Buffer.concat(texts.flatMap((text) => [Buffer.from(Uint32Array.of(text.length).buffer), text]));
  }
  const array = arrays[dtype as keyof typeof arrays] as unknown as { from: (list: readonly unknown[]) => Uint8Array };
  return Buffer.from(array.from(elements).buffer);
}

test("what is wrong with a request is said", async () => {
  const { address } = await serveCancer();
  const { call } = grpcClient(address);
  const wrong: readonly (readonly [change: object, code: number, text: string])[] = [
    [{ model_name: "canser" }, status.NOT_FOUND, "no pipeline or model 'canser' is served"],
    [{ model_version: "99" }, status.NOT_FOUND, "99"],
    [{ inputs: [{ ...input, name: "feature" }] }, status.INVALID_ARGUMENT, "'features'"],
    [{ inputs: [{ ...input, datatype: "FP64" }] }, status.INVALID_ARGUMENT, "fp32_contents"],
    [{ inputs: [{ ...input, datatype: "" }] }, status.INVALID_ARGUMENT, "datatype"],
    [{ inputs: [{ ...input, shape: [3, 30] }] }, status.INVALID_ARGUMENT, "[3, 30]"],
    [{ inputs: [{ ...input, shape: ["4611686018427387904", 30] }] }, status.INVALID_ARGUMENT, "shape"],
    [{ inputs: [{ ...input, shape: [-1, 30] }] }, status.INVALID_ARGUMENT, "-1"],
    [{ inputs: [{ ...input, contents: null }], raw_input_contents: [raw(features).subarray(1)] }, 3, "bytes"],
    [{ raw_input_contents: [raw(features)] }, status.INVALID_ARGUMENT, "both"],
    [{ raw_input_contents: [raw(features), raw([])] }, status.INVALID_ARGUMENT, "2 entries"],
    [{ outputs: [{ name: "probability" }] }, status.INVALID_ARGUMENT, "'probabilities'"],
    [{ inputs: [{ ...input, parameters: { shared_memory_region: { string_param: "r" } } }] }, 3, "shared"],
    [{ parameters: { anomaly: {} } }, status.INVALID_ARGUMENT, "'anomaly'"],
    [{ parameters: { k: { int64_param: "9007199254740993" } } }, status.INVALID_ARGUMENT, "2^53"],
  ];
  for (const [change, code, text] of wrong)
    expect(await call("ModelInfer", { ...request, ...change })).toEqual({
      code,
      details: expect.stringContaining(text) as unknown,
    });
});

test("a message above the limit is refused before it is read", async () => {
  const { address } = await serveCancer({ maxBody: 1000 });
  const { call } = grpcClient(address);
  const long = { ...request, inputs: [{ ...input, shape: [20, 30], contents: { fp32_contents: Array(600).fill(1) } }] };
  expect((await call("ModelInfer", long)).code).toBe(status.RESOURCE_EXHAUSTED);
  expect((await call("ModelInfer", request)).code).toBeUndefined();
});

describe("tokens", () => {
  const [reading, inferring] = ["reads-0123456789", "infers-0123456789"];
  const token = [
    { token: reading, role: "read" },
    { token: inferring, role: "infer" },
  ] as const;

  test("are asked for in the metadata 'authorization', except by health probes", async () => {
    const { address } = await serveCancer({ token });
    const { call } = grpcClient(address);
    expect((await call("ServerReady", {})).answer).toEqual({ ready: true });
    expect(await call("ModelInfer", request)).toEqual({
      code: status.UNAUTHENTICATED,
      details: "this server needs a token: send the header 'Authorization: Bearer <token>'",
    });
    expect((await call("ServerMetadata", {}, { token: "other-0123456789" })).code).toBe(status.UNAUTHENTICATED);
    expect(await call("ModelInfer", request, { token: reading })).toEqual({
      code: status.PERMISSION_DENIED,
      details: "this token has the role 'read'; 'ModelInfer' needs the role 'infer'",
    });
    expect((await call("ModelMetadata", { name: "cancer" }, { token: reading })).code).toBeUndefined();
    expect((await call("ModelInfer", request, { token: inferring })).code).toBeUndefined();
  });

  test("are needed for addresses that others can reach", async () => {
    const server = await createServer({ data: folder(), models: "none" });
    onTestFinished(() => server.close());
    await expect(server.listen({ host: "0.0.0.0", port: 0, grpcPort: 0 })).rejects.toMatchObject({ code: "SL6030" });
    expect(server.grpcAddress).toBeNull();
  });
});

test("speaks TLS with the certificate of the last reload", async () => {
  const [first, second] = [certificate(), certificate()];
  const { server, address } = await serve({ tls: first });
  const ready = async ({ cert }: { readonly cert: string }) =>
    (
      await grpcClient(address.replace("127.0.0.1", "localhost"), credentials.createSsl(Buffer.from(cert))).call(
        "ServerReady",
        {},
        { deadline: Date.now() + 2000 },
      )
    ).answer;
  expect([await ready(first), await ready(second)]).toEqual([{ ready: true }, undefined]);
  await server.reload({ tls: second });
  expect([await ready(first), await ready(second)]).toEqual([undefined, { ready: true }]);
});

test("speaks TLS with the server's certificate", async () => {
  const tls = certificate();
  const { address } = await serveCancer({ tls });
  const secure = grpcClient(address.replace("127.0.0.1", "localhost"), credentials.createSsl(Buffer.from(tls.cert)));
  expect((await secure.call("ServerLive", {})).answer).toEqual({ live: true });
  expect((await grpcClient(address).call("ServerLive", {})).code).toBe(status.UNAVAILABLE);
});

describe("a run that takes long", () => {
  test("ends when the client cancels or its deadline has passed: rows that wait are not run", async () => {
    const at = folder();
    writeFileSync(join(at, "slow.onnx"), slowModel());
    const target = local({ models: at, data: join(at, "data") });
    await target.deploy(pipeline("late").model(await slowHandle(at)));
    await target.close();
    const { address, server } = await serve({ models: at, data: join(at, "data") });
    const { start, call } = grpcClient(address);
    const contents = { fp32_contents: rows[0]?.features };
    const late = { model_name: "late", inputs: [{ name: "features", datatype: "FP32", shape: [1, 30], contents }] };
    const first = start("ModelInfer", late);
    const others = Array.from({ length: 12 }, () => start("ModelInfer", late));
    const tooLate = call("ModelInfer", late, { deadline: Date.now() + 20 });
    expect((await tooLate).code).toBe(status.DEADLINE_EXCEEDED);
    for (const { cancel } of others) cancel();
    const codes = await Promise.all(others.map(async ({ outcome }) => (await outcome).code));
    // On a busy machine some were answered before the client could cancel them.
    const answered = codes.filter((code) => code === undefined).length;
    expect(codes.filter((code) => code === status.CANCELLED)).toHaveLength(others.length - answered);
    expect(answered).toBeLessThan(others.length - 2);
    expect((await first.outcome).code).toBeUndefined();
    // The server's own limit, which a client can lower.
    const parameters = { timeout: { int64_param: 1000 } };
    expect((await call("ModelInfer", { ...late, parameters })).code).toBe(status.DEADLINE_EXCEEDED);
    await server.close();
    const after = local({ models: at, data: join(at, "data") });
    const logged = await (await after.pipeline("late")).logs({ limit: 100 });
    await after.close();
    // What was answered, and at most those that ran when their clients went.
    expect(logged.length).toBeLessThanOrEqual(1 + answered + 2);
  });
});

/** Takes about a tenth of a second for a row: a matrix product, and two hundred sines of each of its numbers. */
function slowModel(): Buffer {
  const layers = Array.from({ length: 200 }, (_, i) => ({ op: "Sin", inputs: [`h${i}`], outputs: [`h${i + 1}`] }));
  return onnxFile({
    inputs: [{ name: "features", dtype: "float32", shape: ["batch", 30] }],
    outputs: [{ name: "mean", dtype: "float32", shape: ["batch", 1] }],
    nodes: [
      { op: "MatMul", inputs: ["features", "w"], outputs: ["h0"] },
      ...layers,
      { op: "ReduceMean", inputs: ["h200"], outputs: ["mean"], attributes: { axes: [1], keepdims: 1 } },
    ],
    weights: [{ name: "w", dims: [30, 16_384], values: new Float32Array(30 * 16_384).fill(0.001) }],
  });
}

async function slowHandle(at: string) {
  const { sha256 } = await readSignature(join(at, "slow.onnx"));
  return defineModel({
    name: "slow",
    sha256,
    inputs: { features: tensor("float32", ["batch", 30]) },
    outputs: { mean: tensor("float32", ["batch", 1]) },
  });
}
