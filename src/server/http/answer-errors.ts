import type { FastifyInstance, FastifyReply } from "fastify";
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
  app.setErrorHandler(async (error, request, reply) => {
    const problem = httpProblem(error);
    if (problem === null) request.log.error({ id: request.id, err: error }, "a fault of the server");
    const { status, message, headers } = problem ?? {
      status: 500,
      message: "the server failed on this request; its log says more",
      headers: {},
    };
    void reply.code(status).headers(headers);
    return send(reply, request.url, error instanceof ShapelineError ? writeError(error) : { code: "http", message });
  });
  app.setNotFoundHandler(async (request, reply) => {
    void reply.code(404);
    const message = `there is no '${request.method} ${escapeUnsafe(request.url)}' here`;
    return send(reply, request.url, { code: "http", message });
  });
}

function send(reply: FastifyReply, url: string, error: WrittenError): unknown {
  return reply.type("application/json").send(writeJson({ error: url.startsWith("/api/") ? error : error.message }));
}
