import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { LocalDeploymentImpl } from "../../targets/local/local-deployment.js";
import { nameInPath } from "../http/name-in-path.js";
import { bounds } from "../../util/bounds.js";
import type { LogSinkSettings } from "../options.js";

/** What became of an event. */
export type SinkOutcome = "sent" | "failed" | "dropped" | "withheld";

interface CloudEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Events sent at the same time, and milliseconds for each. */
const senders = 4;
const sendMs = 5000;
/** How long closing waits for the events that are queued. */
const flushMs = 5000;

/**
 * Sends requests and answers to a URL as CloudEvents, in the binary mode and with the attributes of KServe's inference
 * logger. Answers never wait for it: what does not fit into its queue is dropped, and counted.
 */
export class LogSink {
  readonly #settings: LogSinkSettings;
  readonly #count: (outcome: SinkOutcome) => void;
  readonly #queue: CloudEvent[] = [];
  /** Bytes of the events that are queued or being sent. */
  #bytes = 0;
  #sending = 0;
  #onIdle = (): void => undefined;
  readonly #stopped = new AbortController();

  constructor(settings: LogSinkSettings, count: (outcome: SinkOutcome) => void) {
    this.#settings = settings;
    this.#count = count;
  }

  /** @param deployment finds the handle of a pipeline by name; null for a model without a pipeline */
  logInferences(app: FastifyInstance, deployment: (name: string) => LocalDeploymentImpl | null): void {
    const { mode } = this.#settings;
    app.addHook("onSend", async (request, reply, payload) => {
      if (request.routeOptions.config.role !== "infer" || reply.statusCode !== 200) return;
      const name = nameInPath(request);
      if (name === null) return;
      const bodies = {
        request: mode === "response" ? null : asBytes(request.body),
        response: mode === "request" ? null : asBytes(payload),
      };
      // After the answer is on its way.
      setImmediate(() => {
        void this.#logInference(request, reply.getHeaders(), name, deployment(name), bodies);
      });
    });
  }

  async #logInference(
    { headers, protocol, host }: FastifyRequest,
    answered: NodeJS.Dict<number | string | string[]>,
    name: string,
    live: LocalDeploymentImpl | null,
    bodies: Readonly<Record<"request" | "response", Buffer | null>>,
  ): Promise<void> {
    const withheld = live !== null && (await withholdsColumns(live));
    const given = headers["ce-id"];
    const id = typeof given === "string" ? given : randomUUID();
    for (const kind of ["request", "response"] as const) {
      const body = bodies[kind];
      if (body === null) continue;
      if (withheld) {
        this.#count("withheld");
        continue;
      }
      const own: NodeJS.Dict<unknown> = kind === "request" ? headers : answered;
      const attributes = {
        "ce-specversion": "1.0",
        "ce-type": `org.kubeflow.serving.inference.${kind}`,
        "ce-source": `${protocol}://${host}/`,
        "ce-id": id,
        "ce-time": new Date().toISOString(),
        "ce-inferenceservicename": name,
        "ce-namespace": process.env["POD_NAMESPACE"] ?? "default",
        "ce-component": "predictor",
        "ce-endpoint": "default",
      };
      const event: Record<string, string> = {};
      for (const [attribute, value] of Object.entries(attributes)) event[attribute] = attributeText(value);
      for (const header of ["content-type", "content-encoding", "inference-header-content-length", "traceparent"]) {
        const value = own[header] ?? (header === "traceparent" ? headers.traceparent : undefined);
        if (typeof value === "string") event[header] = value;
      }
      event["content-type"] ??= "application/json";
      // The server has unpacked the body of a request.
      if (kind === "request") delete event["content-encoding"];
      this.#push({ headers: event, body });
    }
  }

  #push(event: CloudEvent): void {
    if (
      this.#stopped.signal.aborted ||
      this.#queue.length >= bounds.logSinkEvents.limit ||
      this.#bytes + event.body.length > bounds.logSinkBytes.limit
    ) {
      this.#count("dropped");
      return;
    }
    this.#bytes += event.body.length;
    this.#queue.push(event);
    if (this.#sending < senders) void this.#send();
  }

  async #send(): Promise<void> {
    this.#sending++;
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      this.#count(await this.#post(event));
      this.#bytes -= event.body.length;
    }
    if (--this.#sending === 0) this.#onIdle();
  }

  async #post({ headers, body }: CloudEvent): Promise<SinkOutcome> {
    try {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(sendMs)]);
      // A redirect could send rows to where nobody meant them to go.
      const init: RequestInit = { method: "POST", headers, body, signal, redirect: "error" };
      const response = await fetch(this.#settings.url, init);
      await response.body?.cancel();
      return response.ok ? "sent" : "failed";
    } catch {
      return "failed";
    }
  }

  /** Waits for the queued events, at most five seconds; then drops the rest. */
  async close(): Promise<void> {
    // Events of the last answers are queued in the next turn of the event loop.
    await new Promise(setImmediate);
    if (this.#sending > 0) {
      const timer = setTimeout(() => this.#stopped.abort(), flushMs);
      await new Promise<void>((resolve) => (this.#onIdle = resolve));
      clearTimeout(timer);
    }
    this.#stopped.abort();
  }
}

/** Null for bodies that are streams: they are too large to be kept. */
function asBytes(body: unknown): Buffer | null {
  if (typeof body === "string") return Buffer.from(body);
  if (Buffer.isBuffer(body)) return body;
  return body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : null;
}

/** What a pipeline keeps out of its log must not leave the machine either, and a body cannot be cut. */
async function withholdsColumns(live: LocalDeploymentImpl): Promise<boolean> {
  const status = await live.status().catch(() => null);
  // Undeployed since: nobody can say what its log left out.
  if (status === null) return true;
  return status.log !== null && (status.log.exclude.length > 0 || status.log.redact.length > 0);
}

/** The HTTP binding of CloudEvents encodes all but printable ASCII, and quotes and percent signs. */
function attributeText(value: string): string {
  return value.replaceAll(/[^\x21\x23\x24\x26-\x7e]/gu, (char) =>
    [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
