import { deserialize } from "node:v8";
import { StorageError } from "../../../dsl/errors.js";
import type { ErrorCode } from "../../../dsl/errors.js";
import { conditions } from "../schema/where.js";
import { askAt, doorPath, doorVersion, type Answer, type Question } from "./owner-socket.js";
import { logPages } from "../read/paginate.js";
import type { Comparison } from "../comparison.js";
import type { LogBatch, LogLayout, LogQuery } from "../pipeline-log.js";
import type { PageSize } from "../read/reader.js";
import type { LogReader, StoredPipeline, StoredVersion } from "../store.js";

type Asked = Exclude<Question["ask"], "holder">;
type Patience = Readonly<Record<Asked, number>>;

/** Milliseconds that the holder may be silent: it says nothing before it has its answer, and a comparison goes over the whole log. */
const longPatience: Patience = {
  versions: 30_000,
  pipelines: 30_000,
  layouts: 30_000,
  readLog: 30_000,
  compare: 600_000,
};
/** A holder is asked for no more than this at a time: it has other work. */
const pageRows = 2000;
const pageBytes = 8 * 2 ** 20;

/** A log that another process holds, read through that process. */
export class HeldLog implements LogReader {
  readonly #folder: string;
  readonly #held: StorageError;
  readonly #patience: Patience;

  /** @param held what to say where the holder does not answer: that it holds the folder */
  constructor(folder: string, held: StorageError, patience = longPatience) {
    this.#folder = folder;
    this.#held = held;
    this.#patience = patience;
  }

  versions(pipeline: string): Promise<StoredVersion[]> {
    return this.#ask("versions", pipeline) as Promise<StoredVersion[]>;
  }

  pipelines(): Promise<StoredPipeline[]> {
    return this.#ask("pipelines", "") as Promise<StoredPipeline[]>;
  }

  layouts(pipeline: string, query: LogQuery = {}): Promise<LogLayout[]> {
    return this.#ask("layouts", pipeline, query) as Promise<LogLayout[]>;
  }

  compare(pipeline: string, query: LogQuery = {}): Promise<Comparison> {
    return this.#ask("compare", pipeline, query) as Promise<Comparison>;
  }

  async readLog(pipeline: string, query: LogQuery = {}): Promise<LogBatch[]> {
    const batches: LogBatch[] = [];
    for await (const page of this.pages(
      pipeline,
      { ...query, limit: query.limit ?? 100 },
      { rows: pageRows, bytes: pageBytes },
    ))
      batches.push(...page);
    return batches;
  }

  pages(
    pipeline: string,
    query: LogQuery,
    { rows, bytes }: PageSize,
  ): AsyncGenerator<readonly LogBatch[], void, undefined> {
    const read = (part: LogQuery) => this.#ask("readLog", pipeline, part) as Promise<LogBatch[]>;
    return logPages(read, { ...query, bytes: Math.min(bytes, pageBytes) }, Math.min(rows, pageRows));
  }

  async #ask(ask: Asked, pipeline: string, { start, end, after, ...rest }: LogQuery = {}): Promise<unknown> {
    // Refused here: as JSON a time that is none would be another one.
    conditions({ ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) });
    const query = {
      ...rest,
      ...(start === undefined ? {} : { start: start.getTime() }),
      ...(end === undefined ? {} : { end: end.getTime() }),
      ...(after === undefined ? {} : { after: { time: after.time, row: String(after.row) } }),
    };
    const question: Question = { door: doorVersion, ask, pipeline, query };
    const path = doorPath(this.#folder);
    const bytes = path === null ? "nobody" : await askAt(path, JSON.stringify(question), this.#patience[ask]);
    if (bytes === "nobody" || bytes === "silent" || bytes.length === 0) throw this.#held;
    const answer = deserialize(bytes) as Answer;
    if ("answer" in answer) return answer.answer;
    const { code, message, details } = answer.error;
    if (code === "SL7003") throw this.#held;
    throw new StorageError(code as ErrorCode, message, { ...details });
  }
}
