import type { FastifyInstance } from "fastify";
import type { ServerSettings } from "../options.js";
import { HttpError } from "./errors.js";

const day = 86_400;

/**
 * Lets pages of the listed origins call the server. Answers preflight requests before tokens are asked for: browsers
 * send those without one.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const all = origins.includes("*");
  app.addHook("onRequest", async (request, reply) => {
    const { origin } = request.headers;
    if (!all) void reply.header("vary", "Origin");
    if (origin === undefined || !(all || origins.includes(origin))) return;
    void reply.header("access-control-allow-origin", all ? "*" : origin);
    void reply.header(
      "access-control-expose-headers",
      "Inference-Header-Content-Length, Retry-After, Shapeline-Version, traceparent",
    );
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) return;
    await reply
      .header("access-control-allow-methods", "GET, POST, PUT, DELETE")
      .header(
        "access-control-allow-headers",
        // `Format` says that a row is Arrow, in the platform's interface.
        "Authorization, Content-Type, Format, Inference-Header-Content-Length, traceparent, tracestate",
      )
      .header("access-control-max-age", String(day))
      .code(204)
      .send();
  });
}

/**
 * Refuses what pages of other origins send to a server without tokens: any web page could otherwise make its reader's
 * browser infer, deploy or undeploy here.
 */
export function refuseForeignPages(
  app: FastifyInstance,
  { tokens, users, cors }: Pick<ServerSettings, "tokens" | "users" | "cors">,
): void {
  if (tokens.length > 0 || users.length > 0 || cors.includes("*")) return;
  app.addHook("onRequest", (request, _, done) => {
    const { origin } = request.headers;
    if (request.method === "GET" || origin === undefined) return done();
    if (cors.includes(origin) || origin === `${request.protocol}://${request.host}`) return done();
    done(
      new HttpError(
        403,
        `the server does not take requests of pages of '${origin}'; allow them with the option 'cors' (--cors)`,
      ),
    );
  });
}
