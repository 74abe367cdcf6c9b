import { createSecureContext } from "node:tls";
import * as z from "zod";
import { TargetError } from "../../dsl/errors.js";
import type { LocalOptions } from "../targets/local/index.js";
import { localOptionNames } from "../targets/local/options/local-options.js";
import { bounds, exceeded } from "../util/bounds.js";
import { errorSummary } from "../util/error-message.js";
import { requireKnownOptions } from "../util/options/known-options.js";
import { parseByteSize } from "../util/quantities/parse-quantity.js";

/** What a token allows: `read` sees, `infer` sees and infers, `admin` may do everything. */
export type Role = "read" | "infer" | "admin";

/** Somebody who signs in with a password. */
export interface UserOption {
  /** The name to sign in with, such as an e-mail address. */
  readonly user: string;
  /** 12 characters or more. */
  readonly password: string;
  readonly role: Role;
}

/** The options of `createServer()`. */
export interface ServerOptions extends Omit<LocalOptions, "models"> {
  /** The folder of the `.onnx` files. Each is also served by itself, under its file's name. Default: `./models`. */
  readonly models?: string;
  /**
   * Who may call: a token for everything, or tokens with roles, and the users who have them. Sent as
   * `Authorization: Bearer <token>`. Without one, the server listens on loopback addresses only.
   */
  readonly token?: string | readonly { readonly token: string; readonly role: Role; readonly user?: string }[];
  /**
   * Who may sign in with a password at the token endpoint of the Wallaroo platform, as its SDK does with
   * `user_password`. Needs `wallaroo: true`. Default: nobody.
   */
  readonly users?: readonly UserOption[];
  /**
   * Whether requests of one row, from any connections, share runs of a model: `"adaptive"` (the default) joins those
   * that arrive while others run, and delays no request that is alone. Only for models whose rows keep every bit of
   * their answer in company, which is tried at the start, and whose runs are short. Where it is given, the status says
   * for each other model why its runs are not shared. `"off"`: each request has runs of its own.
   */
  readonly batchWindow?: "off" | "adaptive";
  /** Origins whose pages may call the server: `["https://app.example"]`, or `["*"]` for all. Default: none. */
  readonly cors?: readonly string[];
  /**
   * Further names under which a server without tokens may be called: `["gateway.internal"]`. Default: none but
   * localhost, loopback addresses and the one it listens on, because a web page can let its own name lead to this
   * machine.
   */
  readonly hosts?: readonly string[];
  /** PEM texts of the certificate and its key. With them the server speaks HTTPS only. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The largest body of a request, unpacked: bytes or a string such as "64MB". Default: 64 MiB. */
  readonly maxBody?: number | string;
  /** Milliseconds that one request may take, however long its client would wait. Default: 15,000. */
  readonly timeoutMs?: number;
  /** The most connections at one time; further ones are closed at once. Default: 4,096. */
  readonly maxConnections?: number;
  /**
   * A URL that gets every inference as CloudEvents, in the form of KServe's inference logger: the request, the answer,
   * or both (the default). Pipelines whose log leaves columns out are not sent. Default: none.
   */
  readonly logSink?: string | { readonly url: string; readonly mode?: "all" | "request" | "response" };
  /**
   * Also serves the interface of the Wallaroo platform below `/v1`, for its Python SDK. Load `mercurius` and
   * `@fastify/multipart` beside this package. Default: false.
   */
  readonly wallaroo?: boolean;
  /** The least level of the lines on standard error; `info` has one for each request. Default: `error`. */
  readonly logLevel?: LogLevel;
}

/** The levels of pino. */
export type LogLevel = (typeof logLevels)[number];
const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** Where CloudEvents of inferences go. */
export interface LogSinkSettings {
  readonly url: string;
  readonly mode: "all" | "request" | "response";
}

export interface ServerSettings {
  readonly local: LocalOptions;
  readonly models: string;
  readonly joinRuns: boolean;
  /** Whether the status says why requests do not share runs of a model. */
  readonly tellSeparate: boolean;
  readonly tokens: readonly { readonly token: string; readonly role: Role; readonly user?: string | undefined }[];
  readonly users: readonly UserOption[];
  readonly cors: readonly string[];
  readonly hosts: readonly string[];
  readonly tls: NonNullable<ServerOptions["tls"]> | null;
  readonly maxBodyBytes: number;
  readonly timeoutMs: number;
  readonly maxConnections: number;
  readonly logLevel: LogLevel;
  readonly logSink: LogSinkSettings | null;
  readonly wallaroo: boolean;
}

const token = z
  .string()
  .min(16, "give a token of at least 16 characters")
  .regex(/^[\x21-\x7e]+$/, "use printable ASCII characters without spaces");
const role = z.enum(["read", "infer", "admin"]);
const userName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\s\p{Cc}]+$/u, "use a name without spaces");
const sinkUrl = z.url({ protocol: /^https?$/ });
const schema = z.object({
  models: z.string().default("models"),
  token: z.union([token, z.array(z.strictObject({ token, role, user: userName.optional() }))]).default([]),
  users: z
    .array(
      z.strictObject({
        user: userName,
        password: z.string().min(12, "give a password of at least 12 characters").max(1000),
        role,
      }),
    )
    .max(bounds.signInNames.limit, exceeded(bounds.signInNames))
    .default([]),
  cors: z.array(z.union([z.literal("*"), z.url({ protocol: /^https?$/ })])).default([]),
  tls: z
    .strictObject({ cert: z.string(), key: z.string() })
    .superRefine((pair, context) => {
      const problem = tlsProblem(pair);
      if (problem !== null) context.addIssue(problem);
    })
    .nullable()
    .default(null),
  hosts: z.array(z.string().min(1).max(255)).default([]),
  batchWindow: z.enum(["off", "adaptive"]).default("adaptive"),
  maxBody: z.union([z.number(), z.string()]).default(bounds.httpBody.limit),
  timeoutMs: z
    .number()
    .positive()
    .max(2 ** 31 - 1)
    .default(15_000),
  maxConnections: z.number().int().positive().default(bounds.httpConnections.limit),
  logLevel: z.enum(logLevels).default("error"),
  wallaroo: z.boolean().default(false),
  logSink: z
    .union([
      sinkUrl.transform((url) => ({ url, mode: "all" as const })),
      z.strictObject({ url: sinkUrl, mode: z.enum(["all", "request", "response"]).default("all") }),
    ])
    .nullable()
    .default(null),
});

const optionNames = [...Object.keys(schema.shape), ...localOptionNames.filter((name) => name !== "models")];

/** Why a certificate and its key cannot be used; null if they can. */
function tlsProblem(pair: { readonly cert: string; readonly key: string }): string | null {
  try {
    createSecureContext(pair);
    return null;
  } catch (error) {
    return `give the PEM texts of a certificate and of its key; OpenSSL says: ${errorSummary(error)}`;
  }
}

/**
 * Validates the options of `createServer()`. Those of the embedded engine are checked by `local()`.
 *
 * @throws TargetError SL6011
 */
export function parseServerOptions(options: ServerOptions): ServerSettings {
  const { models, batchWindow, token: tokens, users, cors, hosts, tls, maxBody, timeoutMs, ...others } = options;
  const { maxConnections, logLevel, logSink, wallaroo, ...local } = others;
  const http = { batchWindow, token: tokens, users, cors, hosts, tls, maxBody, timeoutMs, maxConnections };
  const own = { models, ...http, logLevel, logSink, wallaroo };
  requireKnownOptions("createServer()", options, optionNames);
  const parsed = schema.safeParse(own);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const option = issue?.path.join(".") ?? "";
    throw new TargetError("SL6011", `createServer(): the option '${option}' is not valid: ${issue?.message ?? ""}`, {
      option,
    });
  }
  const { data } = parsed;
  const names = data.users.map(({ user }) => user.toLowerCase());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new TargetError("SL6011", `createServer(): the option 'users' names '${twice}' twice; give each user once`, {
      option: "users",
    });
  const maxBodyBytes = parseByteSize(data.maxBody);
  if (maxBodyBytes === null || maxBodyBytes < 1)
    throw new TargetError(
      "SL6011",
      "createServer(): the option 'maxBody' is not valid: give bytes, or a size such as \"64MB\"",
      { option: "maxBody" },
    );
  return {
    local,
    models: data.models,
    joinRuns: data.batchWindow === "adaptive",
    tellSeparate: batchWindow === "adaptive",
    tokens: typeof data.token === "string" ? [{ token: data.token, role: "admin" }] : data.token,
    users: data.users,
    cors: data.cors.map((origin) => origin.replace(/\/$/, "")),
    hosts: data.hosts,
    tls: data.tls,
    maxBodyBytes,
    timeoutMs: data.timeoutMs,
    maxConnections: data.maxConnections,
    logLevel: data.logLevel,
    logSink: data.logSink,
    wallaroo: data.wallaroo,
  };
}
