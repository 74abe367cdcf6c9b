import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

// A small server that speaks the Open Inference protocol by the book, JSON and binary. It shares no code with the
// client, so that an error in one does not hide in the other.

export type Element = number | bigint | boolean | string;

export interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly Element[];
}

export interface Metadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export type Parameters = Readonly<Record<string, string | number | boolean>>;

/** A model: what it declares, and its answer to a request. */
export interface ServerModel {
  readonly inputs: readonly Metadata[];
  readonly outputs: readonly Metadata[];
  readonly run: (inputs: readonly Tensor[], parameters: Parameters) => Promise<readonly Tensor[]> | readonly Tensor[];
}

/** A request as it arrived. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  /** The JSON of the body, with long whole numbers as bigints. */
  readonly json: InferJson;
}

interface InferJson {
  readonly id?: string;
  readonly parameters?: Parameters;
  readonly inputs?: readonly (Metadata & { readonly data?: readonly Element[]; readonly parameters?: Parameters })[];
  readonly outputs?: readonly { readonly name: string; readonly parameters?: Parameters }[];
}

export interface ProtocolServer {
  readonly url: string;
  readonly received: Received[];
}

/** Answers in place of the server, for tests of failures; true if it did. */
export type Intercept = (request: Received, response: ServerResponse) => boolean;

/** Starts a server of models on a free port of the loopback address; it closes at the end of the test. */
export async function startServer(
  models: Readonly<Record<string, ServerModel>>,
  intercept: Intercept = () => false,
): Promise<ProtocolServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, models, received, intercept).catch((error: unknown) =>
      sendJson(response, 400, { error: error instanceof Error ? error.message : String(error) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  models: Readonly<Record<string, ServerModel>>,
  received: Received[],
  intercept: Intercept,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const jsonLength = Number(message.headers["inference-header-content-length"] ?? body.length);
  const json = body.length === 0 ? {} : (parseLossless(body.subarray(0, jsonLength).toString()) as InferJson);
  const path = decodeURIComponent(message.url ?? "");
  const request: Received = { method: message.method ?? "", path, headers: message.headers, body, json };
  received.push(request);
  if (intercept(request, response)) return;
  const [, name = "", action] = /^\/v2\/models\/([^/]+)(?:\/versions\/1)?(\/infer)?$/.exec(path) ?? [];
  const model = models[name];
  if (model === undefined) return sendJson(response, 404, { error: `unknown model '${name}'` });
  if (action === undefined) {
    const { inputs, outputs } = model;
    return sendJson(response, 200, { name, versions: ["1"], platform: "onnx", inputs, outputs });
  }
  const inputs = readTensors(json, body.subarray(jsonLength));
  const outputs = await model.run(inputs, json.parameters ?? {});
  sendOutputs(response, name, json, outputs);
}

/** Whole numbers of 16 digits and more become bigints. */
function parseLossless(text: string): unknown {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g, (token) =>
    token.startsWith('"') ? token : `"${token}n"`,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && /^-?\d{16,}n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  );
}

function readTensors(json: InferJson, bytes: Buffer): Tensor[] {
  let at = 0;
  return (json.inputs ?? []).map(({ name, datatype, shape, data, parameters }) => {
    const size = parameters?.["binary_data_size"];
    if (size === undefined) {
      if (datatype === "FP16") throw new TypeError("FP16 needs the binary tensor extension");
      return { name, datatype, shape, data: data ?? [] };
    }
    at += Number(size);
    return { name, datatype, shape, data: readElements(datatype, bytes.subarray(at - Number(size), at)) };
  });
}

interface Codec {
  readonly size: number;
  readonly read: (bytes: Buffer, at: number) => Element;
  readonly write: (bytes: Buffer, value: never, at: number) => void;
}

/** float16 as its bits. */
const codecs: Readonly<Record<string, Codec>> = {
  BOOL: { size: 1, read: (b, at) => b.readUInt8(at) === 1, write: (b, v: boolean, at) => b.writeUInt8(v ? 1 : 0, at) },
  UINT8: { size: 1, read: (b, at) => b.readUInt8(at), write: (b, v: number, at) => b.writeUInt8(v, at) },
  UINT16: { size: 2, read: (b, at) => b.readUInt16LE(at), write: (b, v: number, at) => b.writeUInt16LE(v, at) },
  UINT32: { size: 4, read: (b, at) => b.readUInt32LE(at), write: (b, v: number, at) => b.writeUInt32LE(v, at) },
  UINT64: {
    size: 8,
    read: (b, at) => b.readBigUInt64LE(at),
    write: (b, v: number, at) => b.writeBigUInt64LE(BigInt(v), at),
  },
  INT8: { size: 1, read: (b, at) => b.readInt8(at), write: (b, v: number, at) => b.writeInt8(v, at) },
  INT16: { size: 2, read: (b, at) => b.readInt16LE(at), write: (b, v: number, at) => b.writeInt16LE(v, at) },
  INT32: { size: 4, read: (b, at) => b.readInt32LE(at), write: (b, v: number, at) => b.writeInt32LE(v, at) },
  INT64: {
    size: 8,
    read: (b, at) => b.readBigInt64LE(at),
    write: (b, v: number, at) => b.writeBigInt64LE(BigInt(v), at),
  },
  FP16: { size: 2, read: (b, at) => b.readUInt16LE(at), write: (b, v: number, at) => b.writeUInt16LE(v, at) },
  FP32: { size: 4, read: (b, at) => b.readFloatLE(at), write: (b, v: number, at) => b.writeFloatLE(v, at) },
  FP64: { size: 8, read: (b, at) => b.readDoubleLE(at), write: (b, v: number, at) => b.writeDoubleLE(v, at) },
};

function readElements(datatype: string, bytes: Buffer): Element[] {
  const values: Element[] = [];
  if (datatype === "BYTES") {
    for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32LE(at))
      values.push(bytes.subarray(at + 4, at + 4 + bytes.readUInt32LE(at)).toString());
    return values;
  }
  const { size, read } = codecs[datatype] as Codec;
  for (let at = 0; at < bytes.length; at += size) values.push(read(bytes, at));
  return values;
}

function writeElements(datatype: string, data: readonly Element[]): Buffer {
  if (datatype === "BYTES")
    return Buffer.concat(
      data.map((text) => {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(Buffer.byteLength(text as string));
        return Buffer.concat([length, Buffer.from(text as string)]);
      }),
    );
  const { size, write } = codecs[datatype] as Codec;
  const bytes = Buffer.alloc(size * data.length);
  for (const [i, value] of data.entries()) write(bytes, value as never, i * size);
  return bytes;
}

function sendOutputs(response: ServerResponse, model: string, json: InferJson, all: readonly Tensor[]): void {
  const asked = json.outputs?.map(({ name }) => {
    const tensor = all.find((output) => output.name === name);
    if (tensor === undefined) throw new TypeError(`unexpected inference output '${name}' for model '${model}'`);
    return tensor;
  });
  const binary: Buffer[] = [];
  const outputs = (asked ?? all).map(({ name, datatype, shape, data }) => {
    const parameters = json.outputs?.find((output) => output.name === name)?.parameters;
    const isBinary = parameters?.["binary_data"] ?? json.parameters?.["binary_data_output"] ?? false;
    const start = `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(",")}]`;
    if (isBinary === true) {
      const bytes = writeElements(datatype, data);
      binary.push(bytes);
      return `${start},"parameters":{"binary_data_size":${bytes.length}}}`;
    }
    // As Triton: NaN and infinities are bare words.
    const elements = data.map((value) =>
      typeof value === "string" ? JSON.stringify(value) : Object.is(value, -0) ? "-0" : String(value),
    );
    return `${start},"data":[${elements.join(",")}]}`;
  });
  const id = json.id === undefined ? "" : `"id":${JSON.stringify(json.id)},`;
  const head = Buffer.from(`{"model_name":"${model}","model_version":"1",${id}"outputs":[${outputs.join(",")}]}`);
  if (binary.length === 0) {
    response.writeHead(200, { "content-type": "application/json" }).end(head);
    return;
  }
  response
    .writeHead(200, {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(head.length),
    })
    .end(Buffer.concat([head, ...binary]));
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
