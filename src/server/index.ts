import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:tls";
import type { FastifyInstance, FastifyServerOptions } from "fastify";
import { TargetError } from "../../dsl/errors.js";
import { enginePackages, installCommand } from "../util/process/missing-packages.js";
import { requirePackage } from "../util/process/require-package.js";
import type { ServerContext } from "./context.js";
import { apiRoutes } from "./api/api-routes.js";
import { LongReads } from "./api/long-reads.js";
import { GrpcServer } from "./grpc/grpc-server.js";
import { Access, requireRoles } from "./http/access.js";
import { Users } from "./http/users.js";
import { ForeignHosts, isLoopback } from "./http/hosts.js";
import { allowOrigins, refuseForeignPages } from "./http/cors.js";
import type { InferenceObserver } from "../targets/local/inference-observer.js";
import { answerErrors } from "./http/answer-errors.js";
import { LocalCommands } from "./local-commands.js";
import { ModelHost } from "./models/model-host.js";
import { loadPrometheusClient } from "./metrics/prometheus-client.js";
import { metricsRoutes } from "./metrics/routes.js";
import { ServerMetrics } from "./metrics/server-metrics.js";
import { healthRoutes } from "./open-inference/health.js";
import { describeRoutes } from "./openapi/openapi-route.js";
import { BodyMessage } from "./http/body-message.js";
import { DirectInference } from "./http/direct-inference.js";
import { modelRoutes } from "./open-inference/model-routes.js";
import { closeConnectionsWhen, drain, silentConnections } from "./operations/drain.js";
import { answerUnreadable, bodyMs, httpLimits, limitConnections } from "./operations/http-limits.js";
import { LogSink } from "./operations/log-sink.js";
import { LogStream } from "./operations/log-stream.js";
import { loggerOptions, requestId, RequestLog } from "./operations/request-log.js";
import { observeWith } from "./operations/observe-with.js";
import { platformRoutes } from "./wallaroo/platform-routes.js";
import { Tracing } from "./tracing/tracing.js";
import { parseServerOptions, type ServerOptions, type ServerSettings } from "./options.js";

export type { LogLevel, Role, ServerOptions, UserOption } from "./options.js";

/** Where a server listens. */
export interface ListenOptions {
  /** Default: 8080. 0: a free port. */
  readonly port?: number;
  /** Default: 127.0.0.1. An address that others can reach needs tokens. */
  readonly host?: string;
  /**
   * The port for gRPC, on the same host; 0 for a free one. Default: no gRPC. Load `@grpc/grpc-js` and
   * `@grpc/proto-loader` beside this package.
   */
  readonly grpcPort?: number;
}

/** The embedded engine behind HTTP. */
export interface ShapelineServer {
  /** What is not served and why, a sentence each. */
  readonly problems: readonly string[];
  /** Where it listens for gRPC, such as `127.0.0.1:8081`; null where it does not. */
  readonly grpcAddress: string | null;
  /**
   * Starts to listen.
   *
   * @returns the URL
   * @throws TargetError SL6030 when the address is in use or not allowed, SL6000 for gRPC without its packages
   */
  listen(options?: ListenOptions): Promise<string>;
  /** Answers a request of a `node:http` server, or of Express: `app.use((req, res) => server.handle(req, res))`. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Reads the data folder and the model files again, and takes new tokens, users and a new certificate. Running
   * requests are not disturbed. If it fails, everything stays as it was.
   *
   * @throws TargetError SL6011 for tokens, users or a certificate that are not valid
   */
  reload(changed?: Pick<ServerOptions, "token" | "users" | "tls">): Promise<void>;
  /**
   * Answers as usual for `drainMs`, with `/v2/health/ready` at 503; then takes no new connection, finishes the running
   * requests, stores all rows and closes the data folder.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
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
  if (settings.users.length > 0 && !settings.wallaroo)
    throw new TargetError(
      "SL6011",
      "createServer(): the option 'users' is for the platform's token endpoint; set wallaroo: true (--wallaroo), or use 'token'",
      { option: "users" },
    );
  const stream = new LogStream();
  const app = fastifyApp(settings, stream);
  const observers: InferenceObserver[] = [];
  const host = new ModelHost(settings, observeWith(observers));
  const metrics = createMetrics(host);
  if (metrics !== null) observers.push(metrics);
  const tracing = new Tracing();
  observers.push(tracing);
  const localCommands = new LocalCommands();
  const access = new Access(settings.tokens, localCommands.token, new Users(settings.users));
  const foreignHosts = new ForeignHosts(settings, access);
  let state: "loading" | "ready" | "closing" = "loading";
  const longReads = new LongReads(settings.timeoutMs);
  const context: ServerContext = {
    longReads,
    settings,
    host,
    localCommands,
    metrics,
    isReady: () => state === "ready",
  };
  const isClosing = (): boolean => state === "closing";
  answerErrors(app);
  closeConnectionsWhen(app, isClosing);
  const closeSilent = silentConnections(app);
  tracing.traceRequests(app);
  const requestLog = new RequestLog(app.log, host);
  requestLog.logRequests(app);
  const sink =
    settings.logSink === null ? null : new LogSink(settings.logSink, (outcome) => metrics?.sinkEvent(outcome));
  sink?.logInferences(app, (name) => host.deployment(name));
  foreignHosts.refuseIn(app);
  allowOrigins(app, settings.cors);
  refuseForeignPages(app, settings);
  requireRoles(app, access);
  describeRoutes(app, context);
  for (const register of [healthRoutes, modelRoutes, apiRoutes, metricsRoutes]) register(app, context);
  const platform = settings.wallaroo ? platformRoutes(app, context, access) : null;
  const direct = new DirectInference(app, context, { access, hosts: foreignHosts, tracing, requestLog, isClosing });
  const { routing } = app as { readonly routing: Handle };
  const handle: Handle = (request, response) => {
    if (!direct.takes(request, response)) routing(request, response);
  };
  if (app.server.listeners("request").includes(routing)) app.server.off("request", routing).on("request", handle);
  let problems: readonly string[];
  try {
    const notHeld = await host.hold();
    problems = [...(notHeld === null ? [] : [notHeld]), ...(await host.refresh())];
    await app.ready();
  } catch (error) {
    await platform?.close();
    await host.close();
    throw error;
  }
  state = "ready";
  let reloading = Promise.resolve();
  let closed: Promise<void> | null = null;
  let grpc: { readonly server: GrpcServer; readonly address: string } | null = null;
  return {
    get grpcAddress() {
      return grpc?.address ?? null;
    },
    get problems() {
      return problems;
    },
    async listen(where = {}) {
      const { grpcPort, host: address = localhost } = where;
      if (grpcPort !== undefined && grpc === null) {
        requireTokenBeyondLoopback(settings, address);
        const server = new GrpcServer(context, access, (error) =>
          app.log.error({ err: error }, "a fault of the server"),
        );
        grpc = { server, address: await server.listen(grpcPort, address) };
      }
      foreignHosts.listensOn(address);
      const url = await listen(app, settings, where);
      await localCommands.announce(host.settings.data, url, host.settings.sharedFolder);
      return url;
    },
    handle,
    reload: (changed = {}) =>
      (reloading = reloading
        .catch(() => undefined)
        .then(async () => {
          replaceSecrets(app, settings, access, changed);
          const kept = changed.tls !== undefined && grpc?.server.replaceCertificate(changed.tls) === false;
          problems = [
            ...(await host.refresh()),
            ...(kept ? ["gRPC keeps its certificate: update '@grpc/grpc-js', or start the server again"] : []),
          ];
        })),
    close: ({ drainMs = 0 } = {}) =>
      (closed ??= (async () => {
        state = "closing";
        const requestMs = bodyMs(settings.timeoutMs) + settings.timeoutMs;
        await Promise.all([
          drain(app, { drainMs, requestMs, closeSilent }),
          grpc?.server.drain({ drainMs, requestMs }),
        ]);
        await sink?.close();
        await reloading.catch(() => undefined);
        localCommands.withdraw();
        await platform?.close();
        await host.close();
        stream.flush();
      })()),
  };
}

/** @throws TargetError SL6011 before anything is replaced */
function replaceSecrets(
  app: FastifyInstance,
  settings: ServerSettings,
  access: Access,
  changed: Pick<ServerOptions, "token" | "users" | "tls">,
): void {
  const { tokens, users, tls } = parseServerOptions(changed);
  if (tls !== null && settings.tls === null)
    throw new TargetError("SL6011", "a server without TLS cannot get a certificate; start it again", { option: "tls" });
  const tokensLeft = changed.token === undefined ? access.tokens : tokens.length;
  const usersLeft = changed.users === undefined ? access.users.size : users.length;
  if (access.isRestricted && tokensLeft + usersLeft === 0)
    throw new TargetError("SL6011", "a server with tokens cannot go on without any; start it again", {
      option: "token",
    });
  if (changed.token !== undefined) access.replace(tokens);
  if (changed.users !== undefined) access.users.replace(users);
  if (tls !== null) (app.server as unknown as TlsServer).setSecureContext(tls);
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

function createMetrics(host: ModelHost): ServerMetrics | null {
  const client = loadPrometheusClient();
  return client === null ? null : new ServerMetrics(client, () => host.deployments());
}

function fastifyApp(settings: ServerSettings, stream: LogStream): FastifyInstance {
  const { default: create, LogController } = loadFastify(settings);
  const noLinesOfItsOwn = { disableRequestLogging: true, requestIdLogLabel: "id" };
  const { requestTimeout, ...limits } = httpLimits(settings);
  const http = { ...limits, IncomingMessage: BodyMessage };
  const { tls, maxBodyBytes, logLevel } = settings;
  const app = create({
    bodyLimit: maxBodyBytes,
    requestTimeout,
    // Requests that arrive on open connections while the server closes are answered, too.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    logger: loggerOptions(logLevel, stream),
    // A logger of its own for each request costs more than its line, which names the request's id by itself.
    childLoggerFactory: (logger) => logger,
    // Fastify 6 takes these options only this way, and the first releases of Fastify 5 only the other way.
    ...(LogController === undefined ? noLinesOfItsOwn : { logController: new LogController(noLinesOfItsOwn) }),
    genReqId: requestId,
    clientErrorHandler: answerUnreadable,
    ...(tls === null ? { http } : { https: { ...http, ...tls } }),
  } as FastifyServerOptions);
  limitConnections(app, settings);
  return app;
}

interface FastifyPackage {
  readonly default: (options: FastifyServerOptions) => FastifyInstance;
  readonly LogController?: new (options: object) => NonNullable<FastifyServerOptions["logController"]>;
}

function loadFastify({ wallaroo }: ServerSettings): FastifyPackage {
  try {
    return requirePackage("fastify") as FastifyPackage;
  } catch (cause) {
    throw new TargetError(
      "SL6000",
      `the server needs the package 'fastify'; run: ${installCommand(["fastify", ...enginePackages, ...(wallaroo ? ["mercurius", "@fastify/multipart"] : [])])}`,
      {},
      { cause },
    );
  }
}

const localhost = "127.0.0.1";

/** @throws TargetError SL6030 for an address that others can reach without a token */
function requireTokenBeyondLoopback({ tokens, users }: ServerSettings, host: string): void {
  if (tokens.length > 0 || users.length > 0 || isLoopback(host)) return;
  throw new TargetError(
    "SL6030",
    `the server does not listen on '${host}' without a token, because others can reach that address; give a token, or listen on 127.0.0.1`,
    { host },
  );
}

async function listen(
  app: FastifyInstance,
  settings: ServerSettings,
  { port = 8080, host = localhost }: ListenOptions,
): Promise<string> {
  requireTokenBeyondLoopback(settings, host);
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
