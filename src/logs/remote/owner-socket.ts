import { chmodSync, linkSync, renameSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname, join, relative } from "node:path";
import { deserialize, serialize } from "node:v8";
import { threadId } from "node:worker_threads";
import { ShapelineError, StorageError } from "../../../dsl/errors.js";
import { reasonOf } from "../duckdb.js";
import type { LogQuery } from "../pipeline-log.js";
import type { LogReader } from "../store.js";

/** What another process may ask of the one that holds a data folder. Dates and bigints are written as JSON can. */
export interface Question {
  readonly door: typeof doorVersion;
  readonly ask: "holder" | "versions" | "pipelines" | "layouts" | "readLog" | "compare";
  readonly pipeline: string;
  readonly query: {
    readonly limit?: number;
    readonly start?: number;
    readonly end?: number;
    readonly valid?: boolean;
    readonly bytes?: number;
    readonly metadata?: boolean;
    readonly after?: { readonly time: number; readonly row: string };
  };
}

/** An answer, in the form of `v8.serialize`. */
export type Answer =
  | { readonly answer: unknown }
  | { readonly error: { readonly code: string; readonly message: string; readonly details: object } };

/** Others get pages one by one. */
export type Answering = Omit<LogReader, "pages">;

export const doorVersion = 1;
/** How long a holder may take to say who it is: its thread may be at work. */
const holderWait = 2000;
/** The length of a socket's path is limited. */
const longestPath = 103;

/** Where the holder of a folder listens; null where the path would be too long. */
export function doorPath(folder: string): string | null {
  if (process.platform === "win32") return `\\\\.\\pipe\\shapeline${folder.replaceAll(/[\\/:]/g, "-").toLowerCase()}`;
  const path = join(folder, "shapeline.sock");
  return [path, relative(process.cwd(), path)].find((each) => Buffer.byteLength(each) <= longestPath) ?? null;
}

/**
 * Answers the questions of others about a log that this thread holds. It keeps nobody waiting at the end, and no process alive.
 * Who listens holds the folder: DuckDB's lock keeps other processes out, but no other thread of the same one.
 */
export class Door {
  readonly #path: string | null;
  readonly #guests = new Set<Socket>();
  readonly #reader: Promise<Answering>;
  #give: (reader: Answering) => void = () => undefined;
  #server: Server | undefined;

  private constructor(folder: string) {
    this.#path = doorPath(folder);
    this.#reader = new Promise((resolve) => (this.#give = resolve));
  }

  /**
   * Claims a folder before its database is opened. Where the system refuses, there is no door: others are told then that the folder is held.
   *
   * @throws StorageError SL7003 where another thread of this process has the folder
   */
  static async claim(folder: string, file: string): Promise<Door> {
    const door = new Door(folder);
    const path = door.#path;
    if (path === null || (await door.#listen(path))) return door;
    let holder = await holderAt(path);
    if (holder === "nobody") {
      await clearAway(path);
      if (await door.#listen(path)) return door;
      holder = await holderAt(path);
    }
    if (holder === process.pid)
      throw heldHere(file, "elsewhere in this process: by another thread, or another copy of Shapeline");
    if (holder === "silent")
      throw heldHere(file, "by another process, or another thread of this one, which is at work");
    // DuckDB says it of another process, and which one.
    return door;
  }

  /** Answers from now on; to be called once this thread has the database. */
  async answer(reader: Answering): Promise<void> {
    this.#give(reader);
    const path = this.#path;
    if (this.#server !== undefined || path === null) return;
    // Another process that listened when the folder was claimed is gone, for this one has DuckDB's lock.
    await clearAway(path);
    await this.#listen(path);
  }

  async #listen(path: string): Promise<boolean> {
    const server = createServer({ allowHalfOpen: true }, (guest) => this.#receive(guest));
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

  /** Takes the door away, also in the last moment of a process. */
  close(): void {
    this.#server?.close();
    for (const guest of this.#guests) guest.destroy();
    if (this.#server !== undefined && this.#path !== null && process.platform !== "win32")
      rmSync(this.#path, { force: true });
    this.#server = undefined;
  }

  #receive(guest: Socket): void {
    this.#guests.add(guest);
    guest.on("close", () => this.#guests.delete(guest));
    guest.on("error", () => guest.destroy());
    guest.setEncoding("utf8");
    guest.unref();
    let text = "";
    guest.on("data", (part: string) => {
      text += part;
      if (text.length > 10_000) guest.destroy();
    });
    guest.on("end", () => {
      void this.#answer(text).then((answer) => guest.end(serialize(answer)));
    });
  }

  async #answer(text: string): Promise<Answer> {
    try {
      const { door, ask, pipeline, query } = JSON.parse(text) as Question;
      if (door !== doorVersion)
        return { error: { code: "SL7003", message: `it is of another version of Shapeline`, details: {} } };
      if (ask === "holder") return { answer: process.pid };
      return { answer: await answers(await this.#reader)[ask](pipeline, read(query)) };
    } catch (error) {
      if (error instanceof ShapelineError)
        return { error: { code: error.code, message: error.message, details: error.details } };
      return { error: { code: "SL7010", message: `the log cannot be read: ${reasonOf(error)}`, details: {} } };
    }
  }
}

const answers = (
  reader: Answering,
): Readonly<Record<Exclude<Question["ask"], "holder">, (pipeline: string, query: LogQuery) => Promise<unknown>>> => ({
  versions: (pipeline) => reader.versions(pipeline),
  pipelines: () => reader.pipelines(),
  layouts: (pipeline, query) => reader.layouts(pipeline, query),
  readLog: (pipeline, query) => reader.readLog(pipeline, query),
  compare: (pipeline, query) => reader.compare(pipeline, query),
});

/** Removes what a process that was killed left there; it is put back where somebody has begun to listen there just now. */
async function clearAway(path: string): Promise<void> {
  if (process.platform === "win32") return;
  // No longer than the path itself, whose length is limited.
  const aside = join(dirname(path), `s${process.pid}-${threadId}`);
  try {
    renameSync(path, aside);
    if ((await holderAt(aside)) !== "nobody") linkSync(aside, path);
  } catch {
    // Others clear it away, or listen there already.
  } finally {
    rmSync(aside, { force: true });
  }
}

/** The process that listens there; "silent" where one does that says nothing, "nobody" where none does any longer. */
async function holderAt(path: string): Promise<number | "silent" | "nobody" | "another"> {
  const question: Question = { door: doorVersion, ask: "holder", pipeline: "", query: {} };
  const bytes = await askAt(path, JSON.stringify(question), holderWait);
  if (bytes === "nobody" || bytes === "silent") return bytes;
  const answer = bytes.length === 0 ? null : (deserialize(bytes) as Answer);
  return answer !== null && "answer" in answer && typeof answer.answer === "number" ? answer.answer : "another";
}

/** What a door answers. */
export function askAt(path: string, question: string, wait: number): Promise<Buffer | "silent" | "nobody"> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    const parts: Buffer[] = [];
    const give = (answer: Buffer | "silent" | "nobody") => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(wait, () => give("silent"));
    socket.on("error", () => give("nobody"));
    socket.on("data", (part) => parts.push(part));
    socket.on("end", () => give(Buffer.concat(parts)));
    socket.on("close", () => resolve("nobody"));
    socket.end(question);
  });
}

function heldHere(file: string, where: string): StorageError {
  return new StorageError(
    "SL7003",
    `the log '${file}' is held ${where}; ask there, end that, or use another data folder`,
    { file },
  );
}

function read({ start, end, after, ...rest }: Question["query"]): LogQuery {
  return {
    ...rest,
    ...(start === undefined ? {} : { start: new Date(start) }),
    ...(end === undefined ? {} : { end: new Date(end) }),
    ...(after === undefined ? {} : { after: { time: after.time, row: BigInt(after.row) } }),
  };
}
