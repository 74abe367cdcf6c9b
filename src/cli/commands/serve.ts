import { readFile } from "node:fs/promises";
import { TargetError } from "../../../dsl/errors.js";
import type { Role, ServerOptions } from "../../server/index.js";
import { systemErrorMessage } from "../../util/error-message.js";
import { addDataOption, localSettings } from "../options/local-target.js";
import { resolvePath } from "../options/resolve-path.js";
import type { Io, RegisterCommand } from "../output/io.js";

interface Options {
  readonly port: string;
  readonly host: string;
  readonly data?: string;
  readonly models?: string;
  readonly sharedFolder?: boolean;
  readonly tokenFile?: string;
  readonly cors?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly maxBody?: string;
}

export const serve: RegisterCommand = (program, { getIo }) => {
  addDataOption(program.command("serve").description("serve the deployed pipelines, and model files, over HTTP"))
    .option("--port <port>", "the port; 0 for a free one", "8080")
    .option("--host <address>", "the address to listen on; another than loopback needs a token", "127.0.0.1")
    .option("--models <dir>", "the folder of model files; each is served under its file's name")
    .option(
      "--token-file <file>",
      "a file with a token, or a line '<role> <token>' for each: read, infer or admin (default: $SHAPELINE_TOKEN)",
    )
    .option("--cors <origin...>", "origins whose pages may call the server")
    .option("--tls-cert <file>", "the certificate as PEM: HTTPS only")
    .option("--tls-key <file>", "the certificate's key as PEM")
    .option("--max-body <size>", 'the largest request, such as "64MB"')
    .addHelpText("after", "\nExample:\n  $ shapeline serve --models ./models --port 8080")
    .action(async (options: Options) => {
      const io = getIo();
      const { createServer } = await import("../../server/index.js");
      const server = await createServer(await serverOptions(io, options));
      const stopped = whenStopped(io, () => server.reload());
      try {
        const url = await server.listen({ port: portNumber(options.port), host: options.host });
        for (const problem of server.problems) io.printStderr(problem);
        io.printJson({ url, problems: server.problems });
        io.print(`serving on ${url}`);
        await stopped;
      } finally {
        await server.close();
      }
    });
};

async function serverOptions(io: Io, options: Options): Promise<ServerOptions> {
  const settings = await localSettings(io);
  const { cors, maxBody } = options;
  const data = options.data ?? settings.data;
  const models = options.models ?? settings.models;
  const sharedFolder = options.sharedFolder ?? settings.sharedFolder;
  const token = await tokens(io, options.tokenFile);
  return {
    ...(data !== undefined && { data: resolvePath(io, "--data", data) }),
    ...(models !== undefined && { models: resolvePath(io, "--models", models) }),
    ...(sharedFolder !== undefined && { sharedFolder }),
    ...(token !== undefined && { token }),
    ...(cors !== undefined && { cors }),
    ...(maxBody !== undefined && { maxBody }),
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
  const lines = (await readText(io, "--token-file", file)).split("\n").map((line) => line.trim());
  const entries = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (entries.length === 0)
    throw new TargetError("SL6011", `--token-file '${file}' has no token`, { option: "--token-file" });
  return entries.map((line) => {
    const [first = "", second, ...more] = line.split(/\s+/);
    if (second === undefined) return { token: first, role: "admin" };
    if (more.length === 0 && ["read", "infer", "admin"].includes(first)) return { token: second, role: first as Role };
    throw new TargetError(
      "SL6011",
      `--token-file '${file}' has a line that is neither a token nor '<role> <token>' with the role read, infer or admin`,
      { option: "--token-file" },
    );
  });
}

async function readText(io: Io, option: string, file: string): Promise<string> {
  try {
    return await readFile(resolvePath(io, option, file), "utf8");
  } catch (error) {
    if (error instanceof TargetError) throw error;
    throw new TargetError("SL6011", `${option} '${file}' cannot be read: ${systemErrorMessage(error)}`, { option });
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new TargetError("SL6011", `--port '${text}' is not a port: give a number from 0 to 65535`, {
    option: "--port",
  });
}

/** Resolves at SIGTERM or SIGINT; a second signal ends the process at once. SIGHUP reloads. */
function whenStopped(io: Io, reload: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const onHangUp = (): void => {
      reload().catch((error: unknown) =>
        io.printStderr(`not reloaded: ${error instanceof Error ? error.message : String(error)}`),
      );
    };
    const stop = (): void => {
      process.off("SIGTERM", stop).off("SIGINT", stop).off("SIGHUP", onHangUp);
      resolve();
    };
    process.on("SIGTERM", stop).on("SIGINT", stop).on("SIGHUP", onHangUp);
  });
}
