import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyServerOptions } from "fastify";
import { nameInPath } from "../http/name-in-path.js";
import type { ModelHost } from "../models/model-host.js";
import type { LogStream } from "./log-stream.js";

const prefix = randomBytes(6).toString("hex");
let count = 0;

/** The client's `x-request-id` if it is a plain word, or a new one. */
export function requestId(request: Pick<IncomingMessage, "headers">): string {
  const given = request.headers["x-request-id"];
  if (typeof given === "string" && /^[\w.:-]{1,128}$/.test(given)) return given;
  return `${prefix}-${(count++).toString(36)}`;
}

/** Fastify's logger, pino: JSON lines with a level, a time and a message, and never with data of a request. */
export function loggerOptions(level: string, stream: LogStream): FastifyServerOptions["logger"] {
  return {
    level,
    stream,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    // Messages of unexpected errors may quote values: JSON.parse does. The places in the code do not.
    serializers: { err: errorPlace },
  };
}

const notShown = "not logged: it may quote values of a request";

function errorPlace(error: unknown): { type: string; message: string; stack: string; code?: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: notShown, stack: "" };
  const { name, stack = "" } = error;
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return {
    type: name,
    message: notShown,
    stack: frames.join("\n"),
    ...("code" in error && typeof error.code === "string" && { code: error.code }),
  };
}

const levels = ["error", "warn", "info", "debug"] as const;

/** Fastify's type of loggers does not know pino's method. */
function isEnabled(log: FastifyBaseLogger, level: (typeof levels)[number]): boolean {
  return (log as FastifyBaseLogger & { isLevelEnabled(level: string): boolean }).isLevelEnabled(level);
}

/** What the line about a request says. */
export interface AnsweredRequest {
  readonly id: string;
  readonly method: string;
  /** The route's pattern, never the request's own path. */
  readonly route: string | undefined;
  readonly status: number;
  readonly ms: number;
}

/** One line a request, with the route's pattern in place of its path. Health probes are lines of level `debug`. */
export class RequestLog {
  readonly #log: FastifyBaseLogger;
  readonly #host: Pick<ModelHost, "serves">;
  readonly #enabled: ReadonlySet<string>;

  constructor(log: FastifyBaseLogger, host: Pick<ModelHost, "serves">) {
    this.#log = log;
    this.#host = host;
    this.#enabled = new Set(levels.filter((level) => isEnabled(log, level)));
  }

  /**
   * @param anyone whether the route asks for no role, as health probes do
   * @param pipeline the name in the path, if there is one
   */
  answered({ id, method, route, status, ms }: AnsweredRequest, anyone: boolean, pipeline: () => string | null): void {
    const level = status >= 500 ? (status === 500 ? "error" : "warn") : anyone ? "debug" : "info";
    if (!this.#enabled.has(level)) return;
    const name = pipeline();
    this.#log[level]({
      id,
      method,
      route,
      status,
      ms: Math.round(ms * 1000) / 1000,
      ...(name !== null && this.#host.serves(name) && { pipeline: name }),
    });
  }

  logRequests(app: FastifyInstance): void {
    app.addHook("onRequest", (request, reply, done) => {
      void reply.header("x-request-id", request.id);
      done();
    });
    app.addHook("onResponse", (request, reply, done) => {
      done();
      const { statusCode: status, elapsedTime: ms } = reply;
      const { url: route, config } = request.routeOptions;
      const { id, method } = request;
      this.answered({ id, method, route, status, ms }, config.role === null, () => nameInPath(request));
    });
  }
}
