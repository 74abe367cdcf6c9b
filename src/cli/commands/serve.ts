import { readFile } from "node:fs/promises";
import { TargetError } from "../../../dsl/errors.js";
import type { LogLevel, Role, ServerOptions } from "../../server/index.js";
import { errorMessage, systemErrorMessage } from "../../util/error-message.js";
import { escapeUnsafe } from "../../util/escape-text.js";
import { addDataOption, localSettings } from "../options/local-target.js";
import { resolvePath } from "../options/resolve-path.js";
import type { Io, RegisterCommand } from "../output/io.js";

interface Options {
  readonly port: string;
  readonly grpcPort?: string;
  readonly host: string;
  readonly data?: string;
  readonly models?: string;
  readonly sharedFolder?: boolean;
  readonly databaseMemory?: number;
  readonly durability?: string;
  readonly tokenFile?: string;
  readonly userFile?: string;
  readonly batchWindow?: string;
  readonly cors?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly maxBody?: string;
  readonly maxConnections?: string;
  readonly timeout?: string;
  readonly drainSeconds: string;
  readonly logSink?: string;
  readonly logLevel: string;
  readonly wallaroo?: boolean;
}

export const serve: RegisterCommand = (command, { getIo }) => {
  addDataOption(command)
    .option("--port <port>", "the port; 0 for a free one", "8080")
    .option("--grpc-port <port>", "also serve the Open Inference Protocol over gRPC; 0 for a free port")
    .option("--host <address>", "the address to listen on; another than loopback needs a token", "127.0.0.1")
    .option("--models <dir>", "the folder of model files; each is served under its file's name")
    .option(
      "--token-file <file>",
      "a file with a token, or a line '<role> <token> [user]' for each: read, infer or admin (default: $SHAPELINE_TOKEN)",
    )
    .option(
      "--user-file <file>",
      "with --wallaroo: a file with a line '<role> <user> <password>' for each who signs in with a password",
    )
    .option(
      "--durability <mode>",
      "when rows are stored: commit (default) before the answer, relaxed soon after, or off",
    )
    .option("--batch-window <mode>", "adaptive (default): requests of one row share runs of a model; off: none do")
    .option("--cors <origin...>", "origins whose pages may call the server")
    .option("--allow-host <name...>", "further names under which a server without tokens may be called")
    .option("--tls-cert <file>", "the certificate as PEM: HTTPS only")
    .option("--tls-key <file>", "the certificate's key as PEM")
    .option("--max-body <size>", 'the largest request, such as "64MB"')
    .option("--max-connections <n>", "the most connections at one time")
    .option("--timeout <ms>", "how long one request may take")
    .option("--drain-seconds <s>", "after SIGTERM: how long to go on answering, with readiness false", "0")
    .option("--log-sink <url>", "a URL that gets every inference as CloudEvents, as KServe's logger sends them")
    .option("--wallaroo", "also serve the interface of the Wallaroo platform, for its Python SDK")
    .option("--log-level <level>", "what goes to standard error: error, warn, info, debug or silent", "info")
    .addHelpText("after", "\nExample:\n  $ shapeline serve --models ./models --port 8080")
    .action(async (options: Options) => {
      const io = getIo();
      const port = wholeNumber("--port", options.port, 0, 65_535);
      const grpcPort =
        options.grpcPort === undefined ? undefined : wholeNumber("--grpc-port", options.grpcPort, 0, 65_535);
      const drainMs = wholeNumber("--drain-seconds", options.drainSeconds, 0, 3600) * 1000;
      const { createServer } = await import("../../server/index.js");
      const server = await createServer(await serverOptions(io, options));
      const stopped = whenStopped(async () => {
        try {
          await server.reload(await secrets(io, options));
          for (const problem of server.problems) logProblem(problem);
        } catch (error) {
          logProblem(`not reloaded: ${errorMessage(error)}`);
        }
      });
      try {
        const url = await server.listen({ port, host: options.host, ...(grpcPort !== undefined && { grpcPort }) });
        const { grpcAddress } = server;
        for (const problem of server.problems) io.printStderr(problem);
        io.printJson({ url, ...(grpcAddress !== null && { grpcAddress }), problems: server.problems });
        io.print(`serving on ${url}${grpcAddress === null ? "" : `, and gRPC on ${grpcAddress}`}`);
        // Ctrl-C is a person who waits; SIGTERM comes from something that also tells load balancers.
        await server.close({ drainMs: (await stopped) === "SIGTERM" ? drainMs : 0 });
      } finally {
        await server.close();
      }
    });
};

/** Writes a line as the request log has them, also with `--json`: the command's document was printed at the start. */
function logProblem(problem: string): void {
  const line = { level: "error", time: new Date().toISOString(), message: escapeUnsafe(problem) };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

async function serverOptions(io: Io, options: Options): Promise<ServerOptions> {
  const settings = await localSettings(io);
  const { batchWindow, cors, allowHost, maxBody, maxConnections, timeout, logSink, logLevel, wallaroo } = options;
  const data = options.data ?? settings.data;
  const models = options.models ?? settings.models;
  const sharedFolder = options.sharedFolder ?? settings.sharedFolder;
  const databaseMemory = options.databaseMemory ?? settings.databaseMemory;
  const durability = (options.durability ?? settings.durability) as ServerOptions["durability"];
  return {
    ...(data !== undefined && { data: resolvePath(io, "--data", data) }),
    ...(models !== undefined && { models: resolvePath(io, "--models", models) }),
    ...(sharedFolder !== undefined && { sharedFolder }),
    ...(databaseMemory !== undefined && { databaseMemory }),
    ...(durability !== undefined && { durability }),
    ...(batchWindow !== undefined && { batchWindow: batchWindow as "off" | "adaptive" }),
    ...(cors !== undefined && { cors }),
    ...(allowHost !== undefined && { hosts: allowHost }),
    ...(maxBody !== undefined && { maxBody }),
    ...(maxConnections !== undefined && {
      maxConnections: wholeNumber("--max-connections", maxConnections, 1, 1_000_000),
    }),
    ...(timeout !== undefined && { timeoutMs: wholeNumber("--timeout", timeout, 1, 2 ** 31 - 1) }),
    ...(logSink !== undefined && { logSink }),
    ...(wallaroo !== undefined && { wallaroo }),
    logLevel: logLevel as LogLevel,
    ...(await secrets(io, options)),
  };
}

/** What SIGHUP reads again. */
async function secrets(io: Io, options: Options): Promise<Pick<ServerOptions, "token" | "users" | "tls">> {
  const token = await tokens(io, options.tokenFile);
  const signIns = options.userFile === undefined ? undefined : await users(io, options.userFile);
  return {
    ...(token !== undefined && { token }),
    ...(signIns !== undefined && { users: signIns }),
    ...(await tls(io, options)),
  };
}

async function tls(io: Io, { tlsCert, tlsKey }: Options): Promise<Pick<ServerOptions, "tls">> {
  if (tlsCert === undefined && tlsKey === undefined) return {};
  if (tlsCert === undefined || tlsKey === undefined)
    throw new TargetError("SL6011", "HTTPS needs both --tls-cert and --tls-key", { option: "--tls-cert" });
  return { tls: { cert: await readText(io, "--tls-cert", tlsCert), key: await readText(io, "--tls-key", tlsKey) } };
}

/** Tokens are never arguments: other users of the machine see those. */
async function tokens(io: Io, file: string | undefined): Promise<ServerOptions["token"]> {
  if (file === undefined) return process.env.SHAPELINE_TOKEN;
  const entries = await secretLines(io, "--token-file", file);
  if (entries.length === 0)
    throw new TargetError("SL6011", `--token-file '${file}' has no token`, { option: "--token-file" });
  return entries.map(([first = "", second, user, ...more]) => {
    if (second === undefined) return { token: first, role: "admin" };
    if (more.length === 0 && isRole(first)) return { token: second, role: first, ...(user !== undefined && { user }) };
    throw new TargetError(
      "SL6011",
      `--token-file '${file}' has a line that is neither a token nor '<role> <token> [user]' with the role read, infer or admin`,
      { option: "--token-file" },
    );
  });
}

async function users(io: Io, file: string): Promise<NonNullable<ServerOptions["users"]>> {
  const entries = await secretLines(io, "--user-file", file);
  return entries.map(([role = "", user, password, ...more]) => {
    if (isRole(role) && user !== undefined && password !== undefined && more.length === 0)
      return { role, user, password };
    throw new TargetError(
      "SL6011",
      `--user-file '${file}' has a line that is not '<role> <user> <password>' with the role read, infer or admin`,
      { option: "--user-file" },
    );
  });
}

const isRole = (text: string): text is Role => ["read", "infer", "admin"].includes(text);

/** The words of each line. Empty lines, and those that begin with #, are left out. */
async function secretLines(io: Io, option: string, file: string): Promise<string[][]> {
  const lines = (await readText(io, option, file)).split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(/\s+/));
}

async function readText(io: Io, option: string, file: string): Promise<string> {
  try {
    return await readFile(resolvePath(io, option, file), "utf8");
  } catch (error) {
    if (error instanceof TargetError) throw error;
    throw new TargetError("SL6011", `${option} '${file}' cannot be read: ${systemErrorMessage(error)}`, { option });
  }
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d{1,10}$/.test(text) && number >= least && number <= most) return number;
  throw new TargetError("SL6011", `${option} '${text}': give a whole number from ${least} to ${most}`, { option });
}

/**
 * Resolves at SIGTERM or SIGINT. The next signal ends the process: the data folder stores its rows first
 * (`ending-signals.ts`). SIGHUP reloads.
 */
function whenStopped(reload: () => Promise<void>): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const onHangUp = (): void => void reload();
    const stop = (signal: NodeJS.Signals): void => {
      process.off("SIGTERM", stop).off("SIGINT", stop).off("SIGHUP", onHangUp);
      resolve(signal);
    };
    process.on("SIGTERM", stop).on("SIGINT", stop).on("SIGHUP", onHangUp);
  });
}
