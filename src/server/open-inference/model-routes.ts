import type { FastifyReply, FastifyRequest } from "fastify";
import { HttpError } from "../http/errors.js";
import type { RegisterRoutes, ServerContext } from "../context.js";
import { connectionSignal } from "../http/connection-signal.js";
import { answerFrom } from "./answer-inference.js";
import { answerEncoding, packed, takeBytes } from "./body.js";
import { modelMetadata, modelReadiness } from "./metadata.js";
import { modelPath } from "./model-path.js";
import type { InferenceAnswer } from "./protocol.js";
import { readRequest } from "./read-json-request.js";
import { writeAnswer } from "./write-answer.js";

/** Metadata, readiness and inference of models and pipelines. */
export const modelRoutes: RegisterRoutes = (app, context) => {
  void app.register(async (scope) => {
    takeBytes(scope, context.settings);
    scope.get<Params>("/v2/models/*", { config: { role: "read" } }, (request, reply) =>
      describe(context, request, reply),
    );
    scope.post<Params>("/v2/models/*", { config: { role: "infer" } }, (request, reply) =>
      infer(context, request, reply),
    );
  });
};

interface Params {
  Params: { readonly "*": string };
}

async function describe(
  { host, isReady }: ServerContext,
  request: FastifyRequest<Params>,
  reply: FastifyReply,
): Promise<unknown> {
  const { model, version, action } = modelPath(request.params["*"]);
  if (action === "infer") throw new HttpError(405, "inference requests are sent with POST", { allow: "POST" });
  if (action === "metadata") return modelMetadata(host, model, version);
  const readiness = await modelReadiness({ host, isReady }, model, version);
  return reply.code(readiness.ready ? 200 : 503).send(readiness);
}

async function infer(
  { host, settings }: ServerContext,
  request: FastifyRequest<Params>,
  reply: FastifyReply,
): Promise<unknown> {
  const { model, version, action } = modelPath(request.params["*"]);
  if (action !== "infer") throw new HttpError(405, `send inference requests to ${request.url}/infer`, { allow: "GET" });
  const served = await host.findVersion(model, version);
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const { isBinary, ...wanted } = readRequest(body, jsonLength(request, body.length), served.config.missing);
  const signal = connectionSignal(request.raw.socket);
  const answer = await answerFrom(served, wanted, { timeoutMs: settings.timeoutMs, signal });
  return send(request, reply, answer, isBinary);
}

/** The bytes of the JSON before the tensors' bytes. */
function jsonLength({ headers }: FastifyRequest<Params>, bodyLength: number): number {
  const text = headers["inference-header-content-length"];
  if (text === undefined) return bodyLength;
  const length = typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (length <= bodyLength) return length;
  throw new HttpError(
    400,
    Number.isNaN(length)
      ? "the header Inference-Header-Content-Length is no number of bytes"
      : `the header Inference-Header-Content-Length is ${length}, and the body has ${bodyLength} bytes`,
  );
}

async function send(
  { headers }: FastifyRequest<Params>,
  reply: FastifyReply,
  answer: InferenceAnswer,
  isBinary: (output: string) => boolean,
): Promise<unknown> {
  const { body, jsonLength: json } = writeAnswer(answer, isBinary);
  if (json === null) void reply.header("content-type", "application/json");
  else
    void reply
      .header("content-type", "application/octet-stream")
      .header("inference-header-content-length", String(json));
  const encoding = answerEncoding(headers["accept-encoding"], body.length);
  if (encoding === null) return reply.send(body);
  void reply.header("content-encoding", encoding).header("vary", "Accept-Encoding");
  return reply.send(await packed(encoding, body));
}
