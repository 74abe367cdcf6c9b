import type { FastifyInstance, RouteOptions } from "fastify";
import { ownPackage } from "../../util/own-package.js";
import type { JSONSchema } from "../../schema/json-schema.js";
import type { ServerContext } from "../context.js";
import type { Role } from "../options.js";
import { configSchemas } from "./config-schemas.js";
import { errors, inferencePaths, inferenceSchemas, ref } from "./inference-paths.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the OpenAPI document says of the route, such as `{ summary, requestBody }`; null: nothing. */
    readonly openapi?: Readonly<Record<string, unknown>> | null;
  }
}

interface KnownRoute {
  readonly method: string;
  readonly path: string;
  readonly role: Role | null | undefined;
  readonly openapi: Readonly<Record<string, unknown>>;
}

/**
 * Adds `/openapi.json`: all routes that are registered after it, and the served models and pipelines with the schemas
 * of their requests.
 */
export function describeRoutes(app: FastifyInstance, context: ServerContext): void {
  const routes: KnownRoute[] = [];
  app.addHook("onRoute", (route) => void routes.push(...knownRoutes(route)));
  app.get("/openapi.json", { config: { role: "read", openapi: { summary: "This document" } } }, (_, reply) =>
    reply.type("application/json").send(JSON.stringify(openApi(routes, context))),
  );
}

function knownRoutes({ method, url, config }: RouteOptions): KnownRoute[] {
  // A wildcard stands for paths that are listed otherwise.
  if (config?.openapi === null || url.includes("*")) return [];
  const methods = (typeof method === "string" ? [method] : method).filter((each) => each !== "HEAD");
  return methods.map((each) => ({
    method: each.toLowerCase(),
    path: url.replace(/:([A-Za-z]+)/g, "{$1}"),
    role: config?.role,
    openapi: config?.openapi ?? {},
  }));
}

/** The OpenAPI 3.1 document of what is served now. */
function openApi(routes: readonly KnownRoute[], { host, settings }: ServerContext): JSONSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, role, openapi } of routes) {
    const { query = [], ...described } = openapi as { readonly query?: readonly JSONSchema[] };
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
    (paths[path] ??= {})[method] = {
      ...(names.length + query.length > 0 && {
        parameters: [
          ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
          ...query,
        ],
      }),
      responses: { "200": { description: "The answer" }, ...errors },
      ...(role === null && { security: [] }),
      ...described,
    };
  }
  const schemas: Record<string, JSONSchema> = { ...inferenceSchemas, Error: error };
  for (const served of host.list()) {
    Object.assign(paths, inferencePaths(served));
    if (served.kind !== "pipeline") continue;
    const { request, result } = configSchemas(served.config);
    const name = served.name.replace(/[^\w.-]/g, "_");
    schemas[`${name}.request`] = request;
    schemas[`${name}.result`] = result;
    paths[`/api/v1/pipelines/${encodeURIComponent(served.name)}/infer`] = {
      post: recordsOperation(served.name, ref(`${name}.request`), ref(`${name}.result`)),
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Shapeline", version: ownPackage().version },
    paths,
    components: {
      schemas,
      ...(settings.tokens.length > 0 && { securitySchemes: { token: { type: "http", scheme: "bearer" } } }),
    },
    ...(settings.tokens.length > 0 && { security: [{ token: [] }] }),
  };
}

/** Inference with records, as `infer` takes and answers them. */
function recordsOperation(name: string, request: JSONSchema, result: JSONSchema): JSONSchema {
  const content = (schema: JSONSchema) => ({ content: { "application/json": { schema } } });
  const member = (records: JSONSchema, others: JSONSchema): JSONSchema => ({
    type: "object",
    required: ["records"],
    properties: { records, ...others },
  });
  const options = { timeoutMs: { type: "number", exclusiveMinimum: 0 }, metadata: ref("Parameters") };
  return {
    summary: `Inference with pipeline ${name}`,
    requestBody: { required: true, ...content(member(request, options)) },
    responses: {
      "200": { description: "The rows", ...content(member(result, { types: { type: "object" } })) },
      ...errors,
    },
  };
}

/** `/v2` answers a sentence, `/api/v1` its code and details too. */
const error: JSONSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      anyOf: [
        { type: "string" },
        {
          type: "object",
          required: ["code", "message"],
          properties: { code: { type: "string" }, message: { type: "string" }, details: { type: "object" } },
        },
      ],
    },
  },
};
