import { performance } from "node:perf_hooks";
import type * as OpenTelemetry from "@opentelemetry/api";
import type { FastifyInstance } from "fastify";
import type { Config } from "../../config/schema.js";
import type { Inference } from "../../engine/engine.js";
import type { InferenceObserver } from "../../targets/local/inference-observer.js";
import { ownPackage } from "../../util/own-package.js";
import { optionalPackage } from "../../util/process/require-package.js";
import { inferenceSteps } from "../metrics/inference-steps.js";

declare module "fastify" {
  interface FastifyRequest {
    /** The context of the request's span; null if nothing is recorded. */
    traceContext: OpenTelemetry.Context | null;
  }
}

const tracerName = "shapeline";
const isTraceparent = /^00-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/**
 * Spans of OpenTelemetry: one for each request, and below it one for each inference step, for the log and for each
 * challenger. Nothing is recorded until the app, or a file given to `node --import`, registers an SDK; the client's
 * `traceparent` is sent back then, too.
 */
export class Tracing implements InferenceObserver {
  readonly #api: typeof OpenTelemetry | null;
  readonly #tracer: OpenTelemetry.Tracer | null;

  constructor() {
    this.#api = optionalPackage("@opentelemetry/api") as typeof OpenTelemetry | null;
    this.#tracer = this.#api?.trace.getTracer(tracerName, ownPackage().version) ?? null;
  }

  /** Whether an SDK is registered: without one, no span is recorded. */
  get isActive(): boolean {
    if (this.#api === null) return false;
    // Until then, the provider is a proxy without a tracer behind it.
    const provider: Partial<OpenTelemetry.ProxyTracerProvider> = this.#api.trace.getTracerProvider();
    return provider.getDelegateTracer === undefined || provider.getDelegateTracer(tracerName) !== undefined;
  }

  traceRequests(app: FastifyInstance): void {
    const [api, tracer] = [this.#api, this.#tracer];
    app.decorateRequest("traceContext", null);
    app.addHook("onRequest", (request, reply, done) => {
      const { headers, method } = request;
      const given = headers.traceparent;
      if (typeof given === "string" && isTraceparent.test(given)) void reply.header("traceparent", given);
      if (api === null || tracer === null) return done();
      const route = request.routeOptions.url ?? "unknown route";
      const parent = api.propagation.extract(api.ROOT_CONTEXT, headers);
      const attributes = { "http.request.method": method, "http.route": route };
      const span = tracer.startSpan(`${method} ${route}`, { kind: api.SpanKind.SERVER, attributes }, parent);
      if (!span.isRecording()) return done();
      request.traceContext = api.trace.setSpan(parent, span);
      const carrier: Record<string, string> = {};
      api.propagation.inject(request.traceContext, carrier);
      void reply.headers(carrier);
      done();
    });
    if (api === null) return;
    // After the body: its events do not belong to the context of an earlier hook.
    app.addHook("preHandler", (request, _, done) => {
      if (request.traceContext === null) done();
      else api.context.with(request.traceContext, done);
    });
    app.addHook("onResponse", (request, { statusCode }, done) => {
      const span = request.traceContext === null ? undefined : api.trace.getSpan(request.traceContext);
      span?.setAttribute("http.response.status_code", statusCode);
      if (statusCode >= 500) span?.setStatus({ code: api.SpanStatusCode.ERROR });
      span?.end();
      done();
    });
  }

  answered(config: Config, { batch, elapsedNs }: Inference, ms: number): void {
    if (!this.#isRecording()) return;
    let from = machineTime() - ms;
    inferenceSteps(config).forEach(({ step, kind }, i) => {
      const to = from + (elapsedNs[i] ?? 0) / 1e6;
      this.#record(step === "read" ? "read rows" : `step ${step} ${kind}`, from, to, {
        "shapeline.pipeline": config.name,
        "shapeline.rows": batch.rows,
      });
      from = to;
    });
  }

  failed(pipeline: string, error: unknown): void {
    if (!this.#isRecording()) return;
    // The message may quote values of the request.
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    this.#api?.trace.getActiveSpan()?.setAttributes({ "shapeline.pipeline": pipeline, "error.type": code });
  }

  logged(pipeline: string, ms: number): void {
    this.#recordLast("log", ms, { "shapeline.pipeline": pipeline });
  }

  challengerEnded(pipeline: string, challenger: string, ms: number): void {
    this.#recordLast(`challenger ${challenger}`, ms, { "shapeline.pipeline": pipeline });
  }

  /** Also after the request's own span has ended: challengers run after the answer. */
  #isRecording(): boolean {
    const flags = this.#api?.trace.getActiveSpan()?.spanContext().traceFlags ?? 0;
    return (flags & 1) === 1;
  }

  #recordLast(name: string, ms: number, attributes: OpenTelemetry.Attributes): void {
    if (!this.#isRecording()) return;
    const now = machineTime();
    this.#record(name, now - ms, now, attributes);
  }

  #record(name: string, from: number, to: number, attributes: OpenTelemetry.Attributes): void {
    this.#tracer?.startSpan(name, { startTime: from, attributes }).end(to);
  }
}

/** Milliseconds since 1970 UTC, to the microsecond. */
function machineTime(): number {
  return performance.timeOrigin + performance.now();
}
