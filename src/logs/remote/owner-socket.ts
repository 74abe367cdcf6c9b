import { chmodSync, linkSync, renameSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { threadId } from "node:worker_threads";
import { ShapelineError, StorageError } from "../../../dsl/errors.js";
import { reasonOf } from "../duckdb.js";
import type { LogQuery } from "../pipeline-log.js";
import type { LogReader } from "../store.js";
import { protocolVersion, sendRequest, socketPath, type OwnerRequest, type OwnerResponse } from "./owner-protocol.js";

/** What clients can read. `pages` is missing: a client fetches one page per `readLog` request. */
export type RemoteReadable = Omit<LogReader, "pages">;

/** Milliseconds an owner may take to return its PID: its thread may be busy. */
const ownerTimeout = 2000;
/** Longer requests are refused, in UTF-16 code units. */
const maxRequestLength = 10_000;

/**
 * Serves read requests of other processes and threads about a log that this thread has open. Sockets are unref'ed and
 * never block shutdown. The thread that listens owns the folder: DuckDB's lock keeps other processes out, but not other
 * threads of the same process.
 */
export class OwnerSocket {
  readonly #path: string | null;
  readonly #clients = new Set<Socket>();
  readonly #reader: Promise<RemoteReadable>;
  #setReader: (reader: RemoteReadable) => void = () => undefined;
  #server: Server | undefined;

  private constructor(folder: string) {
    this.#path = socketPath(folder);
    this.#reader = new Promise((resolve) => (this.#setReader = resolve));
  }

  /**
   * Acquires a folder before its database is opened. If the system cannot create the socket, the folder is used without
   * one; other processes then get the error of DuckDB's lock.
   *
   * @throws StorageError SL7003 if another thread of this process owns the folder
   */
  static async acquire(folder: string, file: string): Promise<OwnerSocket> {
    const socket = new OwnerSocket(folder);
    const path = socket.#path;
    if (path === null || (await socket.#listen(path))) return socket;
    let owner = await ownerAt(path);
    if (owner === "closed") {
      await removeStaleSocket(path);
      if (await socket.#listen(path)) return socket;
      owner = await ownerAt(path);
    }
    if (owner === process.pid)
      throw ownedError(file, "elsewhere in this process, by another thread or another copy of Shapeline");
    if (owner === "timeout")
      throw ownedError(file, "by another process or another thread of this process, which does not respond");
    // Another process owns the folder. DuckDB's lock error reports its PID.
    return socket;
  }

  /** Starts to respond to requests. Call it once this thread has opened the database. */
  async serve(reader: RemoteReadable): Promise<void> {
    this.#setReader(reader);
    const path = this.#path;
    if (this.#server !== undefined || path === null) return;
    // The process that listened during `acquire` has ended: this one now has DuckDB's lock.
    await removeStaleSocket(path);
    await this.#listen(path);
  }

  async #listen(path: string): Promise<boolean> {
    const server = createServer({ allowHalfOpen: true }, (client) => this.#receive(client));
    await new Promise<void>((resolve) => {
      server.once("error", () => resolve());
      server.listen(path, () => {
        this.#server = server;
        resolve();
      });
    });
    server.unref();
    server.on("error", () => undefined);
    if (this.#server === undefined) return false;
    if (process.platform !== "win32") chmodSync(path, 0o600);
    return true;
  }

  /** Closes and unlinks the socket; safe in an `exit` handler. */
  close(): void {
    this.#server?.close();
    for (const client of this.#clients) client.destroy();
    if (this.#server !== undefined && this.#path !== null && process.platform !== "win32")
      rmSync(this.#path, { force: true });
    this.#server = undefined;
  }

  #receive(client: Socket): void {
    this.#clients.add(client);
    client.on("close", () => this.#clients.delete(client));
    client.on("error", () => client.destroy());
    client.setEncoding("utf8");
    client.unref();
    let text = "";
    client.on("data", (part: string) => {
      text += part;
      if (text.length > maxRequestLength) client.destroy();
    });
    client.on("end", () => {
      void this.#respond(text).then((response) => client.end(serialize(response)));
    });
  }

  async #respond(text: string): Promise<OwnerResponse> {
    try {
      const { protocol, method, pipeline, query } = JSON.parse(text) as OwnerRequest;
      if (protocol !== protocolVersion)
        return { error: { code: "SL7003", message: `the owner is another version of Shapeline`, details: {} } };
      if (method === "owner") return { result: process.pid };
      return { result: await methods(await this.#reader)[method](pipeline, parseQuery(query)) };
    } catch (error) {
      if (error instanceof ShapelineError)
        return { error: { code: error.code, message: error.message, details: error.details } };
      return { error: { code: "SL7010", message: `the log cannot be read: ${reasonOf(error)}`, details: {} } };
    }
  }
}

type ReadMethod = (pipeline: string, query: LogQuery) => Promise<unknown>;

const methods = (reader: RemoteReadable): Readonly<Record<Exclude<OwnerRequest["method"], "owner">, ReadMethod>> => ({
  versions: (pipeline) => reader.versions(pipeline),
  pipelines: () => reader.pipelines(),
  layouts: (pipeline, query) => reader.layouts(pipeline, query),
  readLog: (pipeline, query) => reader.readLog(pipeline, query),
  compare: (pipeline, query) => reader.compare(pipeline, query),
});

/** Removes the socket of a process that was killed; puts it back if another process has started to listen meanwhile. */
async function removeStaleSocket(path: string): Promise<void> {
  if (process.platform === "win32") return;
  // Not longer than the path itself, whose length is limited.
  const aside = join(dirname(path), `s${process.pid}-${threadId}`);
  try {
    renameSync(path, aside);
    if ((await ownerAt(aside)) !== "closed") linkSync(aside, path);
  } catch {
    // Another process has removed it, or listens there already.
  } finally {
    rmSync(aside, { force: true });
  }
}

/**
 * The PID of the process that listens; "timeout" if it is silent, "closed" if none listens, "other" if it sends no PID.
 */
async function ownerAt(path: string): Promise<number | "timeout" | "closed" | "other"> {
  const bytes = await sendRequest(
    path,
    { protocol: protocolVersion, method: "owner", pipeline: "", query: {} },
    ownerTimeout,
  );
  if (bytes === "closed" || bytes === "timeout") return bytes;
  const response = bytes.length === 0 ? null : (deserialize(bytes) as OwnerResponse);
  return response !== null && "result" in response && typeof response.result === "number" ? response.result : "other";
}

function ownedError(file: string, where: string): StorageError {
  return new StorageError(
    "SL7003",
    `the log '${file}' is held ${where}; use the log there, stop that thread or process, or choose another data folder`,
    { file },
  );
}

function parseQuery({ start, end, after, ...rest }: OwnerRequest["query"]): LogQuery {
  return {
    ...rest,
    ...(start === undefined ? {} : { start: new Date(start) }),
    ...(end === undefined ? {} : { end: new Date(end) }),
    ...(after === undefined ? {} : { after: { time: after.time, row: BigInt(after.row) } }),
  };
}
