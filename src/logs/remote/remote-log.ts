import { deserialize } from "node:v8";
import { StorageError, type ErrorCode } from "../../../dsl/errors.js";
import { paginate } from "../read/paginate.js";
import { whereClause } from "../schema/where.js";
import type { Comparison } from "../comparison.js";
import type { LogBatch, LogLayout, LogQuery, PageSize } from "../pipeline-log.js";
import type { LogReader, StoredPipeline, StoredVersion } from "../store.js";
import { protocolVersion, sendRequest, socketPath, type OwnerRequest, type OwnerResponse } from "./owner-protocol.js";

type RemoteMethod = Exclude<OwnerRequest["method"], "owner">;
type Timeouts = Readonly<Record<RemoteMethod, number>>;

/** Milliseconds. The owner sends nothing before its result is complete, and a comparison scans the whole log. */
const defaultTimeouts: Timeouts = {
  versions: 30_000,
  pipelines: 30_000,
  layouts: 30_000,
  readLog: 30_000,
  compare: 600_000,
};
/** One request reads at most this much: the owner has other work. */
const pageRows = 2000;
const pageBytes = 8 * 2 ** 20;

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
    return this.#request("versions", pipeline) as Promise<StoredVersion[]>;
  }

  pipelines(): Promise<StoredPipeline[]> {
    return this.#request("pipelines", "") as Promise<StoredPipeline[]>;
  }

  layouts(pipeline: string, query: LogQuery = {}): Promise<LogLayout[]> {
    return this.#request("layouts", pipeline, query) as Promise<LogLayout[]>;
  }

  compare(pipeline: string, query: LogQuery = {}): Promise<Comparison> {
    return this.#request("compare", pipeline, query) as Promise<Comparison>;
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
    const read = (page: LogQuery) => this.#request("readLog", pipeline, page) as Promise<LogBatch[]>;
    return paginate(read, { ...query, bytes: Math.min(bytes, pageBytes) }, Math.min(rows, pageRows));
  }

  async #request(
    method: RemoteMethod,
    pipeline: string,
    { start, end, after, ...rest }: LogQuery = {},
  ): Promise<unknown> {
    // Refuses an invalid Date here: JSON would turn it into null, and the owner would read that as 1970.
    whereClause({ ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) });
    const query = {
      ...rest,
      ...(start === undefined ? {} : { start: start.getTime() }),
      ...(end === undefined ? {} : { end: end.getTime() }),
      ...(after === undefined ? {} : { after: { time: after.time, row: String(after.row) } }),
    };
    const path = socketPath(this.#folder);
    const bytes =
      path === null
        ? "closed"
        : await sendRequest(path, { protocol: protocolVersion, method, pipeline, query }, this.#timeouts[method]);
    if (bytes === "closed" || bytes === "timeout" || bytes.length === 0) throw this.#ownedError;
    const response = deserialize(bytes) as OwnerResponse;
    if ("result" in response) return response.result;
    const { code, message, details } = response.error;
    if (code === "SL7003") throw this.#ownedError;
    throw new StorageError(code as ErrorCode, message, { ...details });
  }
}
