import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { ShapelineError, StorageError } from "../../../dsl/errors.js";
import { reasonOf } from "../duckdb.js";
import { bounds, exceeded } from "../../util/bounds.js";
import type { LogQuery } from "../pipeline-log.js";
import type { LogReader } from "../store.js";
import { listenExclusively, socketIdentity, type ListenResult } from "./exclusive-listen.js";
import { readAnswer } from "./read-answer.js";
import {
  pageBytes,
  pageRows,
  protocolVersion,
  sendRequest,
  type NoAnswer,
  type OwnerMethod,
} from "./owner-protocol.js";
import { packedTextLength, packValue } from "./packed-value.js";
import { processPlace, socketPath, socketPlace } from "./socket-place.js";

/** What clients can read. `pages` is missing: a client fetches one page per `readLog` request. */
export type RemoteReadable = Omit<LogReader, "pages">;

/** Milliseconds an owner may take to return its PID: its thread may be busy. */
const ownerTimeout = 2000;
/** Attempts to own a folder whose owner just ended. */
const maxAttempts = 5;
/** Milliseconds in which a guest must send its request, and then take its answer. */
const requestMs = 10_000;
const answerMs = 60_000;
/** Answers that are in memory at the same time; other requests wait for their turn. */
const maxAnswers = 4;

/**
 * Serves read requests of other processes and threads about a log that this thread has open. Sockets are unref'ed and
 * never block shutdown. DuckDB's lock keeps other processes out, but not other threads of the same process: so the
 * owner listens at two places, one of this process and one of the folder.
 */
export class OwnerSocket {
  readonly #path: string | null;
  readonly #clients = new Set<Socket>();
  readonly #reader: Promise<RemoteReadable>;
  #setReader: (reader: RemoteReadable) => void = () => undefined;
  /** That of this process, then that of the folder. */
  readonly #places: { readonly server: Server; readonly path: string; readonly identity: string | null }[] = [];
  #stopped = false;
  #answering = 0;
  readonly #waiting: (() => void)[] = [];

  private constructor(path: string | null) {
    this.#path = path;
    this.#reader = new Promise((resolve) => (this.#setReader = resolve));
  }

  /**
   * Acquires a folder before its database is opened. If the system cannot create the sockets, the folder is used
   * without them; other processes then get the error of DuckDB's lock.
   *
   * @throws StorageError SL7003 if another thread of this process owns the folder
   */
  static async acquire(folder: string, file: string): Promise<OwnerSocket> {
    const { path, warning } = socketPlace(folder);
    if (warning !== null) process.emitWarning(warning, "ShapelineLogWarning");
    const socket = new OwnerSocket(path);
    if (path === null) return socket;
    const own = await socket.#listen(processPlace(path));
    if (own === "held") throw heldElsewhere(file, inThisProcess);
    if (own === "contended") throw heldElsewhere(file, notResponding);
    if (own === "unavailable") return socket;
    try {
      await socket.#acquireFrom(path, file);
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  async #acquireFrom(path: string, file: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const result = await this.#listen(path);
      if (result === "won" || result === "unavailable") return;
      const owner = result === "held" ? await ownerAt(path) : "timeout";
      // DuckDB's lock decides whether the other process has the database open, and its error reports the PID.
      if (typeof owner === "number" && owner !== process.pid) return;
      // It has ended meanwhile, or has too many guests.
      if (owner === "closed" && attempt < maxAttempts) await wait(10 * attempt);
      else throw heldElsewhere(file, owner === process.pid ? inThisProcess : notResponding);
    }
  }

  /** Starts to respond to requests. Call it once this thread has opened the database. */
  async serve(reader: RemoteReadable): Promise<void> {
    this.#setReader(reader);
    // The process that listened during `acquire` may have ended: this one now has DuckDB's lock.
    if (this.#path !== null && this.#places.length === 1) await this.#listen(this.#path);
  }

  async #listen(path: string): Promise<ListenResult> {
    const server = createServer({ allowHalfOpen: true }, (client) => this.#receive(client));
    server.maxConnections = bounds.ownerGuests.limit;
    const result = await listenExclusively(server, path);
    server.on("error", () => undefined);
    server.unref();
    if (result === "won") this.#places.push({ server, path, identity: socketIdentity(path) });
    else server.close();
    return result;
  }

  /** Answers no reader any more. Call it before the database is closed. */
  stop(): void {
    this.#stopped = true;
    for (const client of this.#clients) client.destroy();
  }

  /**
   * Gives the folder up: closes and unlinks the sockets. Call it once the database is closed. Safe in an `exit`
   * handler.
   */
  close(): void {
    for (const { server, path, identity } of this.#places.splice(0)) {
      // Unlink before closing: nobody must find it refusing. If ours was deleted, another owner's may be there.
      if (identity !== null && socketIdentity(path) === identity) rmSync(path, { force: true });
      server.close();
    }
    for (const client of this.#clients) client.destroy();
  }

  #receive(client: Socket): void {
    this.#clients.add(client);
    // A limit on the whole message: one on the pauses would let a peer send one byte a second without end.
    let deadline = setTimeout(() => client.destroy(), requestMs).unref();
    client.on("close", () => {
      clearTimeout(deadline);
      this.#clients.delete(client);
    });
    client.on("error", () => client.destroy());
    client.setEncoding("utf8");
    client.unref();
    let text = "";
    client.on("data", (part: string) => {
      text += part;
      if (text.length > bounds.ownerRequest.limit) client.destroy();
    });
    client.on("end", () => {
      clearTimeout(deadline);
      // A rival only wanted to know whether somebody listens.
      if (text === "") return client.destroy();
      void this.#answer(text, async (answer) => {
        if (client.destroyed) return;
        deadline = setTimeout(() => client.destroy(), answerMs).unref();
        const bytes = await packedAnswer(answer);
        await new Promise<void>((sent) => {
          client.once("close", sent);
          client.end(bytes, sent);
        });
      });
    });
  }

  async #answer(text: string, send: (answer: () => unknown) => Promise<void>): Promise<void> {
    // Zod is loaded when the first guest comes.
    const { parseRequest, toLogQuery } = await import("./owner-request.js");
    const request = parseRequest(text);
    if (request?.protocol !== protocolVersion) return send(refuseRequest);
    const { method, pipeline, query } = request;
    if (method === "owner") return send(() => process.pid);
    if (this.#stopped) return send(refuseReader);
    // A turn ends when its answer has left the process's memory.
    await this.#inTurn(() => send(async () => methods[method](await this.#reader, pipeline, toLogQuery(query))));
  }

  /** Runs work when fewer than `maxAnswers` others run. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    if (this.#answering === maxAnswers) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#answering++;
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#answering--;
      else next();
    }
  }
}

/** The bytes of a result, or of the error that it ends in. */
async function packedAnswer(answer: () => unknown): Promise<Buffer> {
  try {
    const bytes = packValue({ result: await answer() });
    const tooLarge =
      bytes.byteLength > bounds.ownerAnswer.limit
        ? exceeded(bounds.ownerAnswer, bytes.byteLength)
        : packedTextLength(bytes) > bounds.ownerAnswerText.limit
          ? exceeded(bounds.ownerAnswerText, packedTextLength(bytes))
          : null;
    if (tooLarge === null) return bytes;
    throw new StorageError("SL7010", `the log cannot be read: ${tooLarge}`);
  } catch (error) {
    const { code, message, details } =
      error instanceof ShapelineError
        ? error
        : new StorageError("SL7010", `the log cannot be read: ${reasonOf(error)}`, {}, { cause: error });
    return packValue({ error: { code, message, details: plainDetails(details) } });
  }
}

function refuseRequest(): never {
  throw new StorageError("SL7020", "the request is not understood");
}

function refuseReader(): never {
  throw new StorageError("SL7003", "the log is being closed");
}

type ReadMethod = (reader: RemoteReadable, pipeline: string, query: LogQuery) => Promise<unknown>;

const methods: Readonly<Record<Exclude<OwnerMethod, "owner">, ReadMethod>> = {
  versions: (reader, pipeline) => reader.versions(pipeline),
  pipelines: (reader) => reader.pipelines(),
  layouts: (reader, pipeline, query) => reader.layouts(pipeline, query),
  readLog: (reader, pipeline, query) =>
    reader.readLog(pipeline, {
      ...query,
      limit: Math.min(query.limit ?? pageRows, pageRows),
      bytes: Math.min(query.bytes ?? pageBytes, pageBytes),
    }),
  compare: (reader, pipeline, query) => reader.compare(pipeline, query),
};

/** The details that a guest can use. */
function plainDetails(details: object): Record<string, string | number | boolean> {
  const plain: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(details))
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") plain[name] = value;
  return plain;
}

const inThisProcess = "elsewhere in this process, by another thread or another copy of Shapeline";
const notResponding = "by another process or another thread of this process, which does not respond";

/** The PID of the process that has a data folder open; null if none does, or none that answers. */
export async function folderOwner(folder: string): Promise<number | null> {
  const path = socketPath(folder);
  const owner = path === null ? null : await ownerAt(path);
  return typeof owner === "number" ? owner : null;
}

/** The PID of the process that listens, or why there is none. */
async function ownerAt(path: string): Promise<number | NoAnswer> {
  const request = { protocol: protocolVersion, method: "owner", pipeline: "", query: {} };
  const bytes = await sendRequest(path, request, ownerTimeout);
  if (typeof bytes === "string") return bytes;
  const answer = await readAnswer("owner", bytes);
  return answer !== null && "result" in answer ? answer.result : "broken";
}

function heldElsewhere(file: string, where: string): StorageError {
  return new StorageError(
    "SL7003",
    `the log '${file}' is held ${where}; use the log there, stop that thread or process, or choose another data folder`,
    { file },
  );
}
