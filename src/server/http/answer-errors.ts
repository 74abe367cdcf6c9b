import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ShapelineError } from "../../../dsl/errors.js";
import { type WrittenError, writeError } from "../../api/errors.js";
import { writeJson } from "../../api/write-json.js";
import { escapeUnsafe } from "../../util/escape-text.js";
import { httpProblem } from "./errors.js";

/**
 * Answers errors in the forms of their interfaces: `{ "error": "…" }` in the Open Inference Protocol, and
 * `{ "error": { code, message, details } }` in our own.
 */
export function answerErrors(app: FastifyInstance): void {
  const methods = new Map<string, string[]>();
  app.addHook("onRoute", ({ url, method }) => void methods.set(url, [...(methods.get(url) ?? []), method].flat()));
  const answerUnrouted = (request: FastifyRequest, reply: FastifyReply): unknown => {
    const allowed = methodsOf(methods, request.url.replace(/[?#].*$/s, ""));
    if (allowed.length > 0) {
      void reply.code(405).header("allow", allowed.join(", "));
      const message = `${request.method} is not allowed here; allowed: ${allowed.join(", ")}`;
      return send(reply, request.url, { code: "http", message });
    }
    void reply.code(404);
    const message = `there is no '${request.method} ${escapeUnsafe(request.url)}' here`;
    return send(reply, request.url, { code: "http", message });
  };
  app.setErrorHandler(async (error, request, reply) => {
    // Such as a body without a type, of a method that no route has.
    if (request.is404) return answerUnrouted(request, reply);
    const { status, headers, body } = errorAnswer(error, request.url, (fault) =>
      request.log.error({ id: request.id, err: fault }, faultMessage),
    );
    return reply.code(status).headers(headers).type("application/json").send(body);
  });
  app.setNotFoundHandler(answerUnrouted);
}

/** The line about an error that no answer explains. */
export const faultMessage = "a fault of the server";

/** What an error is answered with. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/** @param onFault called with an error that is a fault of ours: its answer says nothing about it */
export function errorAnswer(error: unknown, url: string, onFault: (error: unknown) => void): ErrorAnswer {
  const problem = httpProblem(error);
  if (problem === null) onFault(error);
  const { status, message, headers } = problem ?? {
    status: 500,
    message: "the server failed on this request; its log says more",
    headers: {},
  };
  const written = error instanceof ShapelineError ? writeError(error) : { code: "http", message };
  return { status, headers, body: errorBody(url, written) };
}

/** The methods of the routes whose pattern a path has. */
function methodsOf(methods: ReadonlyMap<string, readonly string[]>, path: string): string[] {
  const parts = path.split("/");
  const found = new Set<string>();
  for (const [pattern, own] of methods) {
    const wanted = pattern.split("/");
    const isOpen = wanted.at(-1) === "*";
    const fits =
      (isOpen ? parts.length >= wanted.length : parts.length === wanted.length) &&
      wanted.every((part, i) => part === "*" || part === parts[i] || (part.startsWith(":") && parts[i] !== ""));
    if (!fits) continue;
    // The paths of models share one pattern.
    const last = parts.at(-1);
    for (const method of own) if (!isOpen || (method === "POST") === (last === "infer")) found.add(method);
  }
  return [...found].sort();
}

function send(reply: FastifyReply, url: string, error: WrittenError): unknown {
  return reply.type("application/json").send(errorBody(url, error));
}

function errorBody(url: string, error: WrittenError): string {
  return writeJson({ error: url.startsWith("/api/") ? error : error.message });
}
