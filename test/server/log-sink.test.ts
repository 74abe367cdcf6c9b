import { createServer as createHttpServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createServer, type ServerOptions } from "shapeline/server";
import { bounds } from "../../src/util/bounds.js";
import { slow } from "../slow.js";
import { deployed, models, rows } from "./deployed-fraud.js";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A sink that answers after `delayMs`, and what it has received. */
async function sink(delayMs = 0): Promise<{ url: string; events: Received[] }> {
  const events: Received[] = [];
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      events.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      setTimeout(() => response.writeHead(202).end(), delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, events };
}

async function start(options: ServerOptions) {
  const server = await createServer({ data: await deployed(), models, ...options });
  onTestFinished(() => server.close());
  return { server, url: await server.listen({ port: 0 }) };
}

const request = JSON.stringify({
  id: "order-17",
  inputs: [{ name: "pixels", shape: [1, 64], datatype: "FP32", data: rows[0]?.pixels }],
});
const infer = (url: string): Promise<Response> =>
  fetch(`${url}/v2/models/fraud/infer`, { method: "POST", headers: { "ce-id": "event-17" }, body: request });

test("gets requests and answers in the form of KServe's inference logger", async () => {
  const { url: logSink, events } = await sink();
  const { server, url } = await start({ logSink });
  const answer = await (await infer(url)).text();
  await expect.poll(() => events.length).toBe(2);
  const [asked, answered] = ["request", "response"].map((kind) =>
    events.find(({ headers }) => headers["ce-type"] === `org.kubeflow.serving.inference.${kind}`),
  );
  expect([asked?.body, answered?.body]).toEqual([request, answer]);
  expect(answered?.headers).toMatchObject({
    "ce-specversion": "1.0",
    "ce-id": "event-17",
    "ce-source": `${url}/`,
    "ce-inferenceservicename": "fraud",
    "ce-namespace": "default",
    "ce-component": "predictor",
    "ce-endpoint": "default",
    "content-type": "application/json; charset=utf-8",
  });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('shapeline_log_sink_events_total{outcome="sent"} 2');
  await server.close();
});

test("gets nothing of a refused request", async () => {
  const { url: logSink, events } = await sink();
  const { server, url } = await start({ logSink });
  expect((await fetch(`${url}/v2/models/fraud/infer`, { method: "POST", body: "{" })).status).toBe(400);
  await server.close();
  expect(events).toEqual([]);
});

test("gets nothing of a pipeline whose log leaves columns out", async () => {
  const { url: logSink, events } = await sink();
  const { server, url } = await start({ logSink: { url: logSink, mode: "request" }, log: { redact: ["in.pixels"] } });
  await infer(url);
  await expect
    .poll(async () => (await fetch(`${url}/metrics`)).text())
    .toContain('shapeline_log_sink_events_total{outcome="withheld"} 1');
  await server.close();
  expect(events).toEqual([]);
});

test.runIf(slow)(
  "delays no answer when it is slow; what its queue cannot hold is dropped and counted",
  { timeout: 30_000, tags: ["slow"] },
  async () => {
    const { url: logSink } = await sink(60_000);
    const { url } = await start({ logSink, durability: "relaxed" });
    const count = bounds.logSinkEvents.limit / 2 + 20;
    for (let sent = 0; sent < count; sent += 40)
      expect((await Promise.all(Array.from({ length: 40 }, () => infer(url)))).every(({ ok }) => ok)).toBe(true);
    await expect
      .poll(async () => (await fetch(`${url}/metrics`)).text())
      .toMatch(/shapeline_log_sink_events_total\{outcome="dropped"\} [1-9]/);
  },
);
