import type { FastifyReply, FastifyRequest } from "fastify";
import { HttpError } from "../http/errors.js";
import type { RegisterRoutes, ServerContext } from "../context.js";
import { takeBytes } from "./body.js";
import { inferOverHttp } from "./infer-over-http.js";
import { modelMetadata, modelReadiness } from "./metadata.js";
import { modelPath, modelsRoute } from "./model-path.js";

/** Metadata, readiness and inference of models and pipelines. */
export const modelRoutes: RegisterRoutes = (app, context) => {
  void app.register(async (scope) => {
    takeBytes(scope, context.settings);
    scope.get<Params>(modelsRoute, { config: { role: "read" } }, (request, reply) => describe(context, request, reply));
    scope.post<Params>(modelsRoute, { config: { role: "infer" } }, (request, reply) => infer(context, request, reply));
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
  const answer = await inferOverHttp(served, request.raw, body, settings.timeoutMs);
  for (let i = 0; i < answer.headers.length; i += 2) void reply.header(answer.headers[i] ?? "", answer.headers[i + 1]);
  return reply.send(answer.body);
}
