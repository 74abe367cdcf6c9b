import { setTimeout as sleep } from "node:timers/promises";
import type { SecureContextOptions } from "node:tls";
import type {
  sendUnaryData,
  Server,
  ServerCredentials,
  ServerInterceptor,
  ServerUnaryCall,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { TargetError } from "../../../dsl/errors.js";
import type { ServerContext } from "../context.js";
import type { Access } from "../http/access.js";
import { answerInference } from "../open-inference/answer-inference.js";
import { serverMetadata } from "../open-inference/health.js";
import { modelMetadata, modelReadiness } from "../open-inference/metadata.js";
import type { Role, ServerSettings } from "../options.js";
import { loadGrpc, type LoadedGrpc } from "./load-grpc.js";
import type { ModelInferRequest, ModelRequest } from "./messages.js";
import { readInferRequest } from "./read-infer-request.js";
import { grpcStatus } from "./status.js";
import { writeInferResponse } from "./write-infer-response.js";

/** The least role for each method; null: anyone, as for health probes. */
const roles: Readonly<Record<string, Role | null>> = {
  ServerLive: null,
  ServerReady: null,
  ServerMetadata: "read",
  ModelMetadata: "read",
  ModelReady: "read",
  ModelInfer: "infer",
};

/** Requests of one connection at the same time. More wait in the client. */
const mostStreams = 256;

/** The Open Inference Protocol over gRPC: `inference.GRPCInferenceService`. */
export class GrpcServer {
  readonly #context: ServerContext;
  readonly #access: Access;
  readonly #onFault: (error: unknown) => void;
  readonly #loaded: LoadedGrpc;
  readonly #server: Server;
  #credentials: ServerCredentials | null = null;

  /**
   * @param onFault learns of errors that are faults of the server
   * @throws TargetError SL6000 if the packages of gRPC are not installed
   */
  constructor(context: ServerContext, access: Access, onFault: (error: unknown) => void) {
    this.#context = context;
    this.#access = access;
    this.#onFault = onFault;
    this.#loaded = loadGrpc();
    const { grpc, service } = this.#loaded;
    this.#server = new grpc.Server({
      interceptors: [this.#guard()],
      // Counted after unpacking, too.
      "grpc.max_receive_message_length": context.settings.maxBodyBytes,
      "grpc.max_send_message_length": -1,
      "grpc.max_concurrent_streams": mostStreams,
      // Finds clients that have gone without a word.
      "grpc.keepalive_time_ms": 60_000,
      "grpc.keepalive_timeout_ms": 20_000,
    });
    this.#server.addService(service, this.#methods());
  }

  /**
   * Starts to listen.
   *
   * @returns the address, `127.0.0.1:8081`
   * @throws TargetError SL6030
   */
  async listen(port: number, host: string): Promise<string> {
    const { grpc } = this.#loaded;
    const { tls } = this.#context.settings;
    const credentials =
      tls === null
        ? grpc.ServerCredentials.createInsecure()
        : grpc.ServerCredentials.createSsl(null, [
            { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) },
          ]);
    this.#credentials = credentials;
    const name = host.includes(":") ? `[${host}]` : host;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(`${name}:${port}`, credentials, (cause, bound) => {
        if (cause === null) return resolve(`${name}:${bound}`);
        reject(
          new TargetError(
            "SL6030",
            `the server cannot listen for gRPC on ${name}:${port}: ${cause.message}`,
            { host, port },
            { cause },
          ),
        );
      });
    });
  }

  /**
   * Takes another certificate for new connections.
   *
   * @returns false if this release of gRPC cannot
   */
  replaceCertificate({ cert, key }: NonNullable<ServerSettings["tls"]>): boolean {
    // For subclasses of the credentials, which gRPC does not let others write.
    const credentials = this.#credentials as unknown as {
      updateSecureContextOptions?(options: SecureContextOptions): void;
    } | null;
    if (credentials?.updateSecureContextOptions === undefined) return false;
    credentials.updateSecureContextOptions({ cert, key });
    return true;
  }

  /**
   * Answers as usual for `drainMs`; then takes no new call, and resolves when the last one has ended. Those that take
   * longer than `requestMs` are cut.
   */
  async drain({ drainMs, requestMs }: { readonly drainMs: number; readonly requestMs: number }): Promise<void> {
    if (drainMs > 0) await sleep(drainMs);
    const cut = setTimeout(() => this.#server.forceShutdown(), requestMs);
    await new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    clearTimeout(cut);
  }

  /** Asks for the token before a message is read, and ends calls whose message does not arrive in time. */
  #guard(): ServerInterceptor {
    const { grpc } = this.#loaded;
    const { timeoutMs } = this.#context.settings;
    return ({ path }, call) => {
      const method = path.slice(path.lastIndexOf("/") + 1);
      let waiting: NodeJS.Timeout | undefined;
      return new grpc.ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata: (metadata, proceed) => {
              const [authorization] = metadata.get("authorization");
              const refusal = this.#access.refusal(
                authorization?.toString() ?? "",
                roles[method] ?? null,
                `'${method}'`,
              );
              if (refusal !== null) return call.sendStatus(grpcStatus(refusal, this.#onFault));
              const late = { code: grpc.status.DEADLINE_EXCEEDED, details: "the request did not arrive in time" };
              waiting = setTimeout(() => call.sendStatus(late), 2 * timeoutMs);
              proceed(metadata);
            },
            onReceiveHalfClose(proceed) {
              clearTimeout(waiting);
              proceed();
            },
            onCancel: () => clearTimeout(waiting),
          }),
      });
    };
  }

  #methods(): UntypedServiceImplementation {
    const context = this.#context;
    const { host, isReady } = context;
    return {
      ServerLive: this.#unary(async () => ({ live: true })),
      ServerReady: this.#unary(async () => ({ ready: isReady() })),
      ServerMetadata: this.#unary(async () => serverMetadata()),
      ModelReady: this.#unary<ModelRequest>(({ name, version }) => modelReadiness(context, name, version || undefined)),
      ModelMetadata: this.#unary<ModelRequest>(({ name, version }) => modelMetadata(host, name, version || undefined)),
      ModelInfer: this.#unary<ModelInferRequest>((message, bounds) => this.#infer(message, bounds)),
    };
  }

  async #infer(message: ModelInferRequest, bounds: Parameters<typeof answerInference>[2]): Promise<object> {
    const answer = await answerInference(this.#context.host, readInferRequest(message), bounds);
    return writeInferResponse(answer, message.raw_input_contents.length > 0);
  }

  /** A method that aborts when the client cancels or its deadline has passed. */
  #unary<Request>(
    run: (request: Request, bounds: Parameters<typeof answerInference>[2]) => Promise<object>,
  ): (call: ServerUnaryCall<Request, object>, callback: sendUnaryData<object>) => void {
    const { timeoutMs } = this.#context.settings;
    return (call, callback) => {
      const gone = new AbortController();
      call.on("cancelled", () => gone.abort());
      const left = Number(call.getDeadline()) - Date.now();
      const answer = async (): Promise<object> =>
        run(call.request, { timeoutMs: Math.max(1, Math.min(timeoutMs, left)), signal: gone.signal });
      answer().then(
        (response) => callback(null, response),
        (error: unknown) => callback(grpcStatus(error, this.#onFault)),
      );
    };
  }
}
