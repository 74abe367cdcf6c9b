import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyServerOptions } from "fastify";
import { TargetError } from "../../dsl/errors.js";
import { requirePackage } from "../util/process/require-package.js";
import type { ServerContext } from "./context.js";
import { requireRoles } from "./http/access.js";
import { allowOrigins } from "./http/cors.js";
import type { InferenceObserver } from "../targets/local/inference-observer.js";
import { answerErrors } from "./http/answer-errors.js";
import { ModelHost } from "./models/model-host.js";
import { loadPrometheusClient } from "./metrics/prometheus-client.js";
import { metricsRoutes } from "./metrics/routes.js";
import { ServerMetrics } from "./metrics/server-metrics.js";
import { healthRoutes } from "./open-inference/health.js";
import { modelRoutes } from "./open-inference/model-routes.js";
import { observeWith } from "./operations/observe-with.js";
import { parseServerOptions, type ServerOptions, type ServerSettings } from "./options.js";

export type { Role, ServerOptions } from "./options.js";

/** Where a server listens. */
export interface ListenOptions {
  /** Default: 8080. 0: a free port. */
  readonly port?: number;
  /** Default: 127.0.0.1. An address that others can reach needs tokens. */
  readonly host?: string;
}

/** The embedded engine behind HTTP. */
export interface ShapelineServer {
  /** What is not served and why, a sentence each. */
  readonly problems: readonly string[];
  /**
   * Starts to listen.
   *
   * @returns the URL
   * @throws TargetError SL6030 when the address is in use or not allowed
   */
  listen(options?: ListenOptions): Promise<string>;
  /** Answers a request of a `node:http` server, or of Express: `app.use((req, res) => server.handle(req, res))`. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Reads the data folder and the model files again. */
  reload(): Promise<void>;
  /** Stops taking requests, finishes those that run, and closes the data folder. */
  close(): Promise<void>;
}

/**
 * Creates a server for the pipelines of a data folder and the files of a model folder: Open Inference Protocol v2 under
 * `/v2`. Load `fastify` beside this package.
 *
 * @param options those of `local()`, and tokens, CORS, TLS and limits
 * @throws TargetError SL6011 for an invalid option, SL6000 if fastify is not installed, StorageError SL7xxx
 * @example
 * const server = await createServer({ data: ".shapeline", models: "./models" });
 * console.log(await server.listen({ port: 8080 }));
 */
export async function createServer(options: ServerOptions = {}): Promise<ShapelineServer> {
  const settings = parseServerOptions(options);
  const app = fastifyApp(settings);
  const observers: InferenceObserver[] = [];
  const host = new ModelHost(settings, observeWith(observers));
  const metrics = createMetrics(host);
  if (metrics !== null) observers.push(metrics);
  let state: "loading" | "ready" | "closing" = "loading";
  const context: ServerContext = { settings, host, metrics, isReady: () => state === "ready" };
  answerErrors(app);
  allowOrigins(app, settings.cors);
  requireRoles(app, settings);
  for (const register of [healthRoutes, modelRoutes, metricsRoutes]) register(app, context);
  let problems: readonly string[];
  try {
    problems = await host.refresh();
    await app.ready();
  } catch (error) {
    await host.close();
    throw error;
  }
  state = "ready";
  return {
    get problems() {
      return problems;
    },
    listen: (where = {}) => listen(app, settings, where),
    handle: (request, response) => app.routing(request, response),
    async reload() {
      problems = await host.refresh();
    },
    async close() {
      state = "closing";
      await app.close();
      await host.close();
    },
  };
}

function createMetrics(host: ModelHost): ServerMetrics | null {
  const client = loadPrometheusClient();
  return client === null ? null : new ServerMetrics(client, () => host.deployments());
}

function fastifyApp({ tls, maxBodyBytes, timeoutMs }: ServerSettings): FastifyInstance {
  const { default: create } = loadFastify();
  const options: FastifyServerOptions = {
    bodyLimit: maxBodyBytes,
    // Slow senders: the whole request must arrive within this time.
    requestTimeout: 2 * timeoutMs,
    forceCloseConnections: "idle",
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
  };
  return create({ ...options, ...(tls !== null && { https: tls }) });
}

function loadFastify(): { readonly default: (options: FastifyServerOptions) => FastifyInstance } {
  try {
    return requirePackage("fastify") as { readonly default: (options: FastifyServerOptions) => FastifyInstance };
  } catch (cause) {
    throw new TargetError(
      "SL6000",
      "the server needs the package 'fastify'; install it with `npm install fastify`",
      {},
      { cause },
    );
  }
}

const loopback = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

async function listen(
  app: FastifyInstance,
  { tokens }: ServerSettings,
  { port = 8080, host = "127.0.0.1" }: ListenOptions,
): Promise<string> {
  if (tokens.length === 0 && !loopback.test(host))
    throw new TargetError(
      "SL6030",
      `the server does not listen on '${host}' without a token, because others can reach that address; give a token, or listen on 127.0.0.1`,
      { host },
    );
  try {
    return await app.listen({ port, host });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason =
      code === "EADDRINUSE"
        ? "another process listens there; choose another port"
        : code === "EACCES"
          ? "no permission; choose a port above 1023"
          : code === "EADDRNOTAVAIL"
            ? "this machine does not have that address"
            : String(cause);
    throw new TargetError(
      "SL6030",
      `the server cannot listen on ${host}:${port}: ${reason}`,
      { host, port },
      { cause },
    );
  }
}
