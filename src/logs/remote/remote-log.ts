import { StorageError } from "../../../dsl/errors.js";
import { paginate } from "../read/paginate.js";
import { whereClause } from "../schema/where.js";
import type { LoggedComparison } from "../comparison.js";
import type { LogBatch, LogLayout, LogQuery, PageSize } from "../pipeline-log.js";
import type { LogReader, StoredPipeline, StoredVersion } from "../store.js";
import type { Answers } from "./answer-schemas.js";
import { pageBytes, pageRows, protocolVersion, sendRequest, type OwnerMethod } from "./owner-protocol.js";
import { readAnswer, receivedError } from "./read-answer.js";
import { socketPath } from "./socket-place.js";

type RemoteMethod = Exclude<OwnerMethod, "owner">;
type Timeouts = Readonly<Record<RemoteMethod, number>>;

/** Milliseconds. The owner sends nothing before its result is complete, and a comparison scans the whole log. */
const defaultTimeouts: Timeouts = {
  versions: 30_000,
  pipelines: 30_000,
  layouts: 30_000,
  readLog: 30_000,
  compare: 600_000,
};

/** The log of a data folder that another process or thread owns, read through its socket. */
export class RemoteLog implements LogReader {
  readonly #folder: string;
  readonly #ownedError: StorageError;
  readonly #timeouts: Timeouts;

  /** @param ownedError thrown if the owner does not respond: the error that names the owner of the folder */
  constructor(folder: string, ownedError: StorageError, timeouts = defaultTimeouts) {
    this.#folder = folder;
    this.#ownedError = ownedError;
    this.#timeouts = timeouts;
  }

  versions(pipeline: string): Promise<StoredVersion[]> {
    return this.#request("versions", pipeline);
  }

  pipelines(): Promise<StoredPipeline[]> {
    return this.#request("pipelines", "");
  }

  layouts(pipeline: string, query: LogQuery = {}): Promise<LogLayout[]> {
    return this.#request("layouts", pipeline, query);
  }

  compare(pipeline: string, query: LogQuery = {}): Promise<LoggedComparison> {
    return this.#request("compare", pipeline, query);
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
    const read = (page: LogQuery) => this.#request("readLog", pipeline, page);
    return paginate(read, { ...query, bytes: Math.min(bytes, pageBytes) }, Math.min(rows, pageRows));
  }

  async #request<Method extends RemoteMethod>(
    method: Method,
    pipeline: string,
    { start, end, after, ...rest }: LogQuery = {},
  ): Promise<Answers[Method]> {
    // Refuses an invalid Date here: JSON would turn it into null, and the owner would read that as 1970.
    whereClause({ ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) });
    const query = {
      ...rest,
      ...(start === undefined ? {} : { start: start.getTime() }),
      ...(end === undefined ? {} : { end: end.getTime() }),
      ...(after === undefined ? {} : { after: String(after) }),
    };
    const path = socketPath(this.#folder);
    const bytes =
      path === null
        ? "closed"
        : await sendRequest(path, { protocol: protocolVersion, method, pipeline, query }, this.#timeouts[method]);
    if (bytes === "closed" || bytes === "timeout") throw this.#ownedError;
    const answer = bytes === "broken" ? null : await readAnswer(method, bytes);
    if (answer === null) throw this.#answerError();
    if ("result" in answer) return answer.result;
    if (answer.error.code === "SL7003") throw this.#ownedError;
    if (answer.error.code === "SL7020") throw this.#answerError();
    throw receivedError(answer.error);
  }

  #answerError(): StorageError {
    return new StorageError(
      "SL7020",
      `${this.#ownedError.message}; its answer is not understood: it may run another version of Shapeline, use the same in both`,
      this.#ownedError.details,
      { cause: this.#ownedError },
    );
  }
}
