import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type { ServerContext } from "../context.js";
import type { Access } from "./access.js";
import { errorAnswer, faultMessage } from "./answer-errors.js";
import type { ForeignHosts } from "./hosts.js";
import { BodyMessage } from "./body-message.js";
import { requestId, type RequestLog } from "../operations/request-log.js";
import type { Tracing } from "../tracing/tracing.js";
import { inferOverHttp } from "../open-inference/infer-over-http.js";
import { modelsRoute } from "../open-inference/model-path.js";

/** What decides about a request before its body is read, and what notes it afterwards. */
export interface DirectInferenceParts {
  readonly access: Access;
  readonly hosts: ForeignHosts;
  readonly tracing: Tracing;
  readonly requestLog: RequestLog;
  readonly isClosing: () => boolean;
}

/** Names that mean themselves in a URL. */
const inferPath = /^\/v2\/models\/([\w.-]{1,200})\/infer$/;
const isLength = /^\d{1,15}$/;
const jsonError = ["content-type", "application/json; charset=utf-8"] as const;

/**
 * Answers the usual inference request without Fastify: its router, its request and reply, and its hooks take as long as
 * a small model. It only takes requests to which no hook would add anything; Fastify answers all others, also those
 * that are refused. The answers, metrics and log lines are the same, from the same functions.
 */
export class DirectInference {
  readonly #app: FastifyInstance;
  readonly #context: ServerContext;
  readonly #parts: DirectInferenceParts;
  readonly #isOpen: boolean;

  constructor(app: FastifyInstance, context: ServerContext, parts: DirectInferenceParts) {
    this.#app = app;
    this.#context = context;
    this.#parts = parts;
    const { cors, logSink } = context.settings;
    // Both concern every answer.
    this.#isOpen = cors.length === 0 && logSink === null;
  }

  /** Answers a request unless it is Fastify's. */
  takes(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#isOpen || request.method !== "POST") return false;
    const model = inferPath.exec(request.url ?? "")?.[1];
    if (model === undefined || !this.#isUsual(request)) return false;
    this.#read(request, response, model);
    return true;
  }

  #isUsual({ headers }: IncomingMessage): boolean {
    const { access, hosts, tracing, isClosing } = this.#parts;
    const length = headers["content-length"];
    return (
      length !== undefined &&
      isLength.test(length) &&
      Number(length) > 0 &&
      Number(length) <= this.#context.settings.maxBodyBytes &&
      headers["transfer-encoding"] === undefined &&
      headers["content-encoding"] === undefined &&
      headers["accept-version"] === undefined &&
      headers.origin === undefined &&
      headers.traceparent === undefined &&
      !isClosing() &&
      !tracing.isActive &&
      hosts.refusal(headers.host) === null &&
      access.refusal(headers.authorization ?? "", "infer", "") === null
    );
  }

  #read(request: IncomingMessage, response: ServerResponse, model: string): void {
    const startedAt = performance.now();
    const id = requestId(request);
    response.on("finish", () => this.#finished(id, model, response.statusCode, performance.now() - startedAt));
    const chunks: Buffer[] = [];
    let isRead = false;
    const end = (error?: Error): void => {
      if (isRead) return;
      isRead = true;
      if (error === undefined) void this.#answer(request, response, { id, model, body: wholeBody(request, chunks) });
      else this.#fail(request, response, id, Object.assign(error, { statusCode: 400 }), ["connection", "close"]);
    };
    request.on("error", end);
    if (request instanceof BodyMessage) {
      request.takeBody((chunk) => {
        if (chunk === null) end();
        else chunks.push(chunk);
      });
      return;
    }
    // Of an app's own server.
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", end);
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { id, model, body }: { readonly id: string; readonly model: string; readonly body: Buffer },
  ): Promise<void> {
    const { host, settings } = this.#context;
    try {
      const answer = await inferOverHttp(host.find(model), request, body, settings.timeoutMs);
      this.#send(response, 200, ["x-request-id", id, ...answer.headers], answer.body);
    } catch (error) {
      this.#fail(request, response, id, error);
    }
  }

  #fail(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    error: unknown,
    more: readonly string[] = [],
  ): void {
    const { status, headers, body } = errorAnswer(error, request.url ?? "", (fault) =>
      this.#app.log.error({ id, err: fault }, faultMessage),
    );
    this.#send(response, status, ["x-request-id", id, ...more, ...Object.entries(headers).flat(), ...jsonError], body);
  }

  #send(response: ServerResponse, status: number, headers: string[], body: string | Buffer): void {
    if (this.#parts.isClosing()) headers.push("connection", "close");
    const bytes = Buffer.byteLength(body);
    headers.push("content-length", String(bytes));
    response.writeHead(status, headers);
    if (typeof body === "string" && response.socket !== null) endAtOnce(response, response.socket, body, bytes);
    else response.end(body);
  }

  #finished(id: string, model: string, status: number, ms: number): void {
    const [method, route] = ["POST", modelsRoute];
    this.#parts.requestLog.answered({ id, method, route, status, ms }, false, () => model);
    this.#context.metrics?.httpAnswered(method, route, status, ms);
  }
}

/**
 * Ends an answer with one write of one text. `response.end(body)` writes an empty text after it, and then the system
 * gets a list of texts, which takes twice as long.
 */
function endAtOnce(response: ServerResponse, socket: Socket, body: string, bytes: number): void {
  // Of ASCII, both encodings have the same bytes, and this one is copied as it is.
  response.write(body, bytes === body.length ? "latin1" : "utf8");
  socket.uncork();
  response.end();
}

/**
 * Copies tensors, which may stay in memory for longer, out of the socket's larger buffer; JSON is decoded at once.
 *
 * @param chunks at least one, because only requests with a body are taken
 */
function wholeBody({ headers }: IncomingMessage, chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  const isJson = headers["inference-header-content-length"] === undefined;
  return isJson && chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}
