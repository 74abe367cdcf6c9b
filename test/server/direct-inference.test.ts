import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { pipeline } from "shapeline";
import { local } from "shapeline/local";
import { createServer, type ShapelineServer } from "shapeline/server";
import { gradientBoosting } from "../../examples/breast-cancer/models.gen.js";
import { DirectInference } from "../../src/server/http/direct-inference.js";
import { folder } from "../engine/make-config.js";
import { Random } from "../support/mutants/random.mjs";
import { goodBody, mutatedRequest, tokens } from "./hostile/mutated-request.js";

// Inference requests that go around Fastify get the same answers, log lines and metrics as those that do not. A path
// with an empty query is Fastify's.

const models = fileURLToPath(new URL("../../examples/breast-cancer/models", import.meta.url));
const data = folder();
const mostBytes = 200_000;
const path = "/v2/models/cancer/infer";
const token = Object.entries(tokens).map(([role, value]) => ({ role: role as keyof typeof tokens, token: value }));

let server: ShapelineServer;
let port: number;
beforeAll(async () => {
  const target = local({ models, data });
  await target.deploy(
    pipeline("cancer")
      .model(gradientBoosting)
      .validate("sure", (x) => x.out.probabilities[0] < 0.9),
  );
  await target.close();
  server = await createServer({ data, models, token, maxBody: mostBytes, logLevel: "info", durability: "relaxed" });
  expect(server.problems).toEqual([]);
  port = Number(new URL(await server.listen({ port: 0 })).port);
}, 60_000);
afterAll(() => server.close());

/** Sends bytes, and returns all that comes back until the server closes the connection. */
async function exchange(bytes: Uint8Array, to = port): Promise<string> {
  const socket = connect(to, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
  socket.on("error", () => undefined);
  socket.write(bytes);
  await once(socket, "close");
  return answer;
}

/** An answer without what differs between two answers to the same request. */
const comparable = (answer: string): string =>
  answer.replace(/^Date: .*$/m, "Date").replace(/^x-request-id: [\da-f]{12}-\w+\r$/m, "x-request-id: new");

/** The request for Fastify. */
const around = (bytes: Uint8Array): Buffer =>
  Buffer.from(Buffer.from(bytes).toString("latin1").replace("/infer HTTP/1.1", "/infer? HTTP/1.1"), "latin1");

const takesSpy = (): { readonly taken: () => unknown[] } => {
  const spy = vi.spyOn(DirectInference.prototype, "takes");
  onTestFinished(() => spy.mockRestore());
  return { taken: () => spy.mock.results.map(({ value }) => value as unknown) };
};

/** A request with the headers of `tritonclient` and others. */
function request(body: string | Uint8Array, headers: Readonly<Record<string, string | number>> = {}): Buffer {
  const content = Buffer.from(body);
  const all = {
    host: "127.0.0.1",
    connection: "close",
    authorization: `Bearer ${tokens.infer}`,
    "content-length": content.length,
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`), content]);
}

const row = (JSON.parse(goodBody) as { inputs: [{ data: number[] }] }).inputs[0].data;
const rows = (count: number) => ({
  inputs: [
    { name: "features", shape: [count, 30], datatype: "FP32", data: Array.from({ length: count }, () => row).flat() },
  ],
});
const rowBytes = Buffer.from(Float32Array.from(row).buffer);
const binaryJson = JSON.stringify({
  id: "b",
  inputs: [{ name: "features", shape: [1, 30], datatype: "FP32", parameters: { binary_data_size: rowBytes.length } }],
  parameters: { binary_data_output: true, anomaly: true },
});
const binary = Buffer.concat([Buffer.from(binaryJson), rowBytes]);
const binaryLength = { "inference-header-content-length": binaryJson.length };

/** Requests, and whether they go around Fastify. */
const requests: Readonly<Record<string, readonly [bytes: Buffer, direct: boolean]>> = {
  "one row": [request(goodBody), true],
  "with a content type": [request(goodBody, { "content-type": "application/json" }), true],
  "with a content type that is none": [request(goodBody, { "content-type": ";;;" }), true],
  "with a text of two bytes a character": [request(JSON.stringify({ ...rows(1), id: "größer → 😀" })), true],
  "with an id": [request(goodBody, { "x-request-id": "order-17" }), true],
  "with an id that is no plain word": [request(goodBody, { "x-request-id": "not a word" }), true],
  "many rows, packed": [request(JSON.stringify(rows(40)), { "accept-encoding": "gzip" }), true],
  binary: [request(binary, binaryLength), true],
  "binary with a length that is wrong": [request(binary, { "inference-header-content-length": 9999 }), true],
  "with validations": [request(JSON.stringify({ ...rows(2), parameters: { anomaly: true } })), true],
  "a time that is too short": [request(JSON.stringify({ ...rows(1), parameters: { timeout: 1e-6 } })), true],
  "not JSON": [request("{"), true],
  "a wrong shape": [request(goodBody.replace("[1,30]", "[1,31]")), true],
  "an unknown output": [request(goodBody.replace('"probabilities"', '"nothing"')), true],
  "no body": [request(""), false],
  "too large": [request(Buffer.alloc(mostBytes + 1)), false],
  "an encoding": [request(deflateSync(goodBody), { "content-encoding": "deflate" }), false],
  "a trace": [request(goodBody, { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }), false],
  "of a page": [request(goodBody, { origin: "http://elsewhere.example" }), false],
  "a lesser role": [request(goodBody, { authorization: `Bearer ${tokens.read}` }), false],
  "no token": [request(goodBody, { authorization: "" }), false],
};

test.each(Object.entries(requests))("%s: the answer is the same to the byte", async (_, [bytes, direct]) => {
  const { taken } = takesSpy();
  const answers = [await exchange(bytes), await exchange(around(bytes))].map(comparable);
  expect(answers[0]).toMatch(/^HTTP\/1\.1 \d{3} /);
  expect(answers[0]).toBe(answers[1]);
  expect(taken()).toEqual([direct, false]);
});

test("requests of one connection are answered in their order, also where they arrive together or in parts", async () => {
  const { taken } = takesSpy();
  const sent = ["first", "second", "third"].map((id, i) =>
    request(JSON.stringify({ ...rows(i + 1), id }), { connection: i === 2 ? "close" : "keep-alive" }),
  );
  const socket = connect(port, "127.0.0.1").setNoDelay();
  let answers = "";
  socket.setEncoding("latin1").on("data", (text: string) => (answers += text));
  const all = Buffer.concat(sent);
  const cut = (sent[0]?.length ?? 0) + (sent[1]?.length ?? 0) - 20;
  socket.write(all.subarray(0, cut));
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.write(all.subarray(cut));
  await once(socket, "close");
  expect([...answers.matchAll(/"id":"(\w+)".*?"shape":\[(\d)/g)].map(([, id, count]) => [id, count])).toEqual([
    ["first", "1"],
    ["second", "2"],
    ["third", "3"],
  ]);
  expect(taken()).toEqual([true, true, true]);
});

test("an app that mounts the server answers the same, whole bodies and parts of them", async () => {
  const { taken } = takesSpy();
  const app = createHttpServer((message, response) => server.handle(message, response)).listen(0, "127.0.0.1");
  onTestFinished(() => void app.close());
  await once(app, "listening");
  const { port: appPort } = app.address() as AddressInfo;
  // The second body does not fit in one packet.
  for (const body of [goodBody, JSON.stringify(rows(400))]) {
    const answers = [await exchange(request(body), appPort), await exchange(request(body))].map(comparable);
    expect(answers[0]).toMatch(/^HTTP\/1\.1 200 /);
    expect(answers[0]).toBe(answers[1]);
  }
  expect(taken()).toEqual([true, true, true, true]);
});

test("mutated requests get the same answers to the byte", { timeout: 60_000 }, async () => {
  const { taken } = takesSpy();
  const random = new Random(20);
  const statuses = new Set<string>();
  for (let sent = 0; sent < 150;) {
    const { parts, pauseMs, then, complete } = mutatedRequest(random);
    const bytes = Buffer.concat(parts);
    const isInference = /^POST \S+\/infer HTTP/.test(bytes.toString("latin1", 0, 200));
    if (!isInference || pauseMs > 0 || then !== "wait" || !complete) continue;
    // The answer to a larger body may be lost with the connection, which is closed before all has arrived.
    if (bytes.length > mostBytes) continue;
    sent++;
    const answers = [await exchange(bytes), await exchange(around(bytes))].map(comparable);
    // Not compared by `expect`, which takes minutes to describe how long texts differ.
    if (answers[0] !== answers[1]) expect(answers.map((answer) => answer.slice(0, 2000))).toEqual([sent, "the same"]);
    statuses.add(answers[0]?.slice(9, 12) ?? "");
  }
  expect([...statuses]).toEqual(expect.arrayContaining(["200", "400", "401"]));
  expect(taken().filter((value) => value === true).length).toBeGreaterThan(75);
});

/** What the server wrote and counted for requests. */
async function observed(
  send: () => Promise<unknown>,
  settled: (lines: () => unknown[]) => Promise<unknown> = (lines) => expect.poll(lines).not.toEqual([]),
) {
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  const metrics = async (): Promise<Record<string, number>> => {
    const headers = { authorization: `Bearer ${tokens.read}` };
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
    const lines = text.split("\n").filter((line) => /^shapeline_(http_)?request\w*(_count|_total)\{/.test(line));
    return Object.fromEntries(
      lines
        .filter((line) => !line.includes("/metrics"))
        .map((line) => [line.replace(/ \S+$/, ""), Number(line.slice(line.lastIndexOf(" ") + 1))]),
    );
  };
  try {
    const before = await metrics();
    await send();
    const lines = () =>
      written
        .join("")
        .split("\n")
        .filter((line) => line.includes('"POST"'))
        .map((line) => ({ ...(JSON.parse(line) as object), id: "", time: "", ms: 0 }));
    await settled(lines);
    const after = await metrics();
    const counted = Object.entries(after).map(([series, count]) => [series, count - (before[series] ?? 0)] as const);
    return { lines: lines(), counted: counted.filter(([, count]) => count > 0) };
  } finally {
    spy.mockRestore();
  }
}

test.each([
  ["an answer", request(goodBody)],
  ["a refusal", request(goodBody.replace("[1,30]", "[1,31]"))],
  ["a request that ran out of time", request(JSON.stringify({ ...rows(1), parameters: { timeout: 1e-6 } }))],
])("%s is logged and counted alike", async (_, bytes) => {
  const { taken } = takesSpy();
  const direct = await observed(() => exchange(bytes));
  expect(taken()).toContain(true);
  expect(direct).toEqual(await observed(() => exchange(around(bytes))));
  expect(direct.lines).toEqual([
    expect.objectContaining({ method: "POST", route: "/v2/models/*", pipeline: "cancer" }),
  ]);
  expect(direct.counted.length).toBeGreaterThan(0);
});

test("a client that leaves within its body gets no answer, and the server goes on", async () => {
  const cut = async (bytes: Buffer): Promise<void> => {
    const socket = connect(port, "127.0.0.1");
    socket.write(bytes.subarray(0, bytes.length - 10));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resetAndDestroy();
    await once(socket, "close");
  };
  const later = () => new Promise<void>((resolve) => setTimeout(resolve, 200));
  const { taken } = takesSpy();
  const direct = await observed(() => cut(request(goodBody)), later);
  expect(taken()).toContain(true);
  expect(direct).toEqual(await observed(() => cut(around(request(goodBody))), later));
  expect(await exchange(request(goodBody))).toMatch(/^HTTP\/1\.1 200 /);
});

test("bodies that come in pieces, and requests on one connection, are answered in order", async () => {
  const { taken } = takesSpy();
  const keep = request(goodBody.replace('"id":"1"', '"id":"first"'), { connection: "keep-alive" });
  const last = request(goodBody.replace('"id":"1"', '"id":"second"'));
  const all = Buffer.concat([keep, last]);
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
  for (let at = 0; at < all.length; at += 97) {
    socket.write(all.subarray(at, at + 97));
    await new Promise(setImmediate);
  }
  await once(socket, "close");
  expect([...answer.matchAll(/"id":"(\w+)"/g)].map(([, id]) => id)).toEqual(["first", "second"]);
  expect(taken()).toEqual([true, true]);
});

test("a server that closes asks clients to go elsewhere", async () => {
  const closing = await createServer({ data: folder(), models });
  const to = Number(new URL(await closing.listen({ port: 0 })).port);
  const bytes = Buffer.from(
    request(goodBody, { connection: "keep-alive" }).toString("latin1").replace("cancer", "gradient-boosting"),
    "latin1",
  );
  expect(await exchange(Buffer.from(bytes.toString("latin1").replace("keep-alive", "close"), "latin1"), to)).toMatch(
    /^HTTP\/1\.1 200 /,
  );
  const { taken } = takesSpy();
  const closed = closing.close({ drainMs: 300 });
  const answer = await exchange(bytes, to);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer).toMatch(/^connection: close\r$/im);
  expect(taken()).toEqual([false]);
  await closed;
});

test("a model file is answered directly as well, and the row is the one in the file", async () => {
  const records = JSON.parse(readFileSync(join(models, "..", "rows.df.json"), "utf8")) as { features: number[] }[];
  const body = JSON.stringify({
    inputs: [{ name: "features", shape: [1, 30], datatype: "FP32", data: records[0]?.features }],
  });
  const bytes = Buffer.from(request(body).toString("latin1").replace("cancer", "gradient-boosting"), "latin1");
  const { taken } = takesSpy();
  const answers = [await exchange(bytes), await exchange(around(bytes))].map(comparable);
  expect(answers[0]).toContain('"model_name":"gradient-boosting"');
  expect(answers[0]).toBe(answers[1]);
  expect(taken()).toEqual([true, false]);
});
