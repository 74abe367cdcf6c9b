import { context, propagation, SpanKind, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { createServer } from "shapeline/server";
import { deployed, models, rows } from "./deployed-fraud.js";

const given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async function start(): Promise<string> {
  const server = await createServer({ data: await deployed(), models });
  onTestFinished(() => server.close());
  return server.listen({ port: 0 });
}

const request = { inputs: [{ name: "pixels", shape: [1, 64], datatype: "FP32", data: rows[0]?.pixels }] };
const infer = (url: string, headers: Record<string, string>): Promise<Response> =>
  fetch(`${url}/v2/models/fraud/infer`, { method: "POST", headers, body: JSON.stringify(request) });

test("without an SDK, the client's traceparent comes back", async () => {
  const url = await start();
  expect((await infer(url, { traceparent: given })).headers.get("traceparent")).toBe(given);
  expect((await infer(url, { traceparent: "made up" })).headers.get("traceparent")).toBeNull();
});

test("with an SDK, client, server and steps are one trace", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  afterAll(() => provider.shutdown());
  const url = await start();
  const client = trace.getTracer("client").startSpan("ask", { kind: SpanKind.CLIENT });
  const headers: Record<string, string> = {};
  propagation.inject(trace.setSpan(context.active(), client), headers);
  const response = await infer(url, headers);
  expect(response.status).toBe(200);
  client.end();
  await expect.poll(() => exporter.getFinishedSpans().some(({ name }) => name === "challenger c2")).toBe(true);
  const spans = exporter.getFinishedSpans();
  const named = (name: string): ReadableSpan | undefined => spans.find((span) => span.name === name);
  const { traceId, spanId } = client.spanContext();
  expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]));
  const server = named("POST /v2/models/*");
  expect(server?.parentSpanContext?.spanId).toBe(spanId);
  expect(server?.attributes).toMatchObject({ "http.route": "/v2/models/*", "http.response.status_code": 200 });
  expect(response.headers.get("traceparent")).toContain(server?.spanContext().spanId);
  for (const name of ["read rows", "step 0 model", "step 1 shadow", "log", "challenger c1"])
    expect(named(name)?.parentSpanContext?.spanId, name).toBe(server?.spanContext().spanId);
  expect(named("step 0 model")?.attributes).toEqual({ "shapeline.pipeline": "fraud", "shapeline.rows": 1 });
});
