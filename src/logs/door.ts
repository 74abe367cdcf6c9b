import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join, relative } from "node:path";
import { serialize } from "node:v8";
import { ShapelineError } from "../../dsl/errors.js";
import { reasonOf } from "./duckdb.js";
import type { LogQuery } from "./pipeline-log.js";
import type { LogReader } from "./store.js";

/** What another process may ask of the one that holds a data folder. Dates and bigints are written as JSON can. */
export interface Question {
  readonly door: typeof doorVersion;
  readonly ask: "versions" | "pipelines" | "layouts" | "readLog" | "compare";
  readonly pipeline: string;
  readonly query: { readonly limit?: number; readonly start?: number; readonly end?: number; readonly valid?: boolean; readonly bytes?: number; readonly metadata?: boolean; readonly after?: { readonly time: number; readonly row: string } };
}

/** An answer, in the form of `v8.serialize`. */
export type Answer = { readonly answer: unknown } | { readonly error: { readonly code: string; readonly message: string; readonly details: object } };

/** Others get pages one by one. */
export type Answering = Omit<LogReader, "pages">;

export const doorVersion = 1;
/** The length of a socket's path is limited. */
const longestPath = 103;

/** Where the holder of a folder listens; null where the path would be too long. */
export function doorPath(folder: string): string | null {
  if (process.platform === "win32") return `\\\\.\\pipe\\shapeline${folder.replaceAll(/[\\/:]/g, "-").toLowerCase()}`;
  const path = join(folder, "shapeline.sock");
  return [path, relative(process.cwd(), path)].find((each) => Buffer.byteLength(each) <= longestPath) ?? null;
}

/** Answers the questions of other processes about a log that this one holds. It keeps nobody waiting at the end, and no process alive. */
export class Door {
  readonly #reader: Answering;
  readonly #path: string | null;
  readonly #guests = new Set<Socket>();
  #server: Server | undefined;

  constructor(folder: string, reader: Answering) {
    this.#reader = reader;
    this.#path = doorPath(folder);
  }

  /** Where the system refuses, there is no door: others are told then that the folder is held. */
  async open(): Promise<void> {
    const path = this.#path;
    if (path === null) return;
    const server = createServer({ allowHalfOpen: true }, (guest) => this.#receive(guest));
    // Whoever listened there is gone, for this process has DuckDB's lock.
    if (process.platform !== "win32") rmSync(path, { force: true });
    await new Promise<void>((resolve) => {
      server.once("error", () => resolve());
      server.listen(path, () => {
        this.#server = server;
        resolve();
      });
    });
    server.unref();
    server.on("error", () => undefined);
    if (this.#server !== undefined && process.platform !== "win32") chmodSync(path, 0o600);
  }

  /** Takes the door away, also in the last moment of a process. */
  close(): void {
    this.#server?.close();
    for (const guest of this.#guests) guest.destroy();
    if (this.#server !== undefined && this.#path !== null && process.platform !== "win32") rmSync(this.#path, { force: true });
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
      if (door !== doorVersion) return { error: { code: "SL7003", message: `it is of another version of Shapeline`, details: {} } };
      return { answer: await this.#ask(ask, pipeline, read(query)) };
    } catch (error) {
      if (error instanceof ShapelineError) return { error: { code: error.code, message: error.message, details: error.details } };
      return { error: { code: "SL7010", message: `the log cannot be read: ${reasonOf(error)}`, details: {} } };
    }
  }

  #ask(ask: Question["ask"], pipeline: string, query: LogQuery): Promise<unknown> {
    const answers: Readonly<Record<Question["ask"], () => Promise<unknown>>> = {
      versions: () => this.#reader.versions(pipeline),
      pipelines: () => this.#reader.pipelines(),
      layouts: () => this.#reader.layouts(pipeline, query),
      readLog: () => this.#reader.readLog(pipeline, query),
      compare: () => this.#reader.compare(pipeline, query),
    };
    return answers[ask]();
  }
}

function read({ start, end, after, ...rest }: Question["query"]): LogQuery {
  return {
    ...rest,
    ...(start === undefined ? {} : { start: new Date(start) }),
    ...(end === undefined ? {} : { end: new Date(end) }),
    ...(after === undefined ? {} : { after: { time: after.time, row: BigInt(after.row) } }),
  };
}
