import type {
  AlertChange,
  AlertsOptions,
  AnyInferColumns,
  AnyInferRecord,
  AnyRecord,
  ArrowTable,
  ExportedLogs,
  ExportOptions,
  FileOptions,
  InferOptions,
  LogBatchesOptions,
  LogRows,
  LogsOptions,
  PipelineVersion,
} from "../../../dsl/deployment.js";
import { InputError, TargetError } from "../../../dsl/errors.js";
import type { AnyPipeline } from "../../../dsl/pipeline/any-pipeline.js";
import { arrowStream, pipelinePath } from "../../api/routes.js";
import { type RecordTypes, restoreRecord } from "../../api/value-types.js";
import { writeJson } from "../../api/write-json.js";
import type { Config } from "../../config/schema.js";
import type { Comparison } from "../../logs/comparison.js";
import { errorSummary } from "../../util/error-message.js";
import { isRecord } from "../../util/objects.js";
import { isTable, otherArrowForm } from "../../tensors/arrow/request-form.js";
import { requireKnownOptions } from "../../util/options/known-options.js";
import { CallDeadline } from "../http/call-deadline.js";
import type { ApiConnection } from "./http.js";
import type { ServerDeployment, ServerStatus } from "./public-types.js";
import { requireDeployed } from "./require-deployed.js";

// What few apps call is loaded by the call: logs, alerts, files and tables.

const inferOptions = [
  ...["timeoutMs", "signal", "metadata", "values"],
  ...["dataset", "datasetExclude", "datasetSeparator"],
];

/** A pipeline on a server. */
export class ServerDeploymentImpl implements ServerDeployment {
  readonly name: string;
  readonly #api: ApiConnection;
  /** Types the answers; null for a handle without types. */
  readonly #author: AnyPipeline | null;
  readonly #closed = new AbortController();
  /** The versions that are known to fit the pipeline. */
  readonly #checked: Map<string, Promise<void>>;

  constructor(api: ApiConnection, name: string, author: AnyPipeline | null, version: string) {
    this.name = name;
    this.#api = api;
    this.#author = author;
    this.#checked = new Map([[version, Promise.resolve()]]);
  }

  infer(rows: readonly AnyRecord[], options?: InferOptions): Promise<AnyInferRecord[]>;
  infer(columns: AnyRecord, options?: InferOptions): Promise<AnyInferColumns>;
  infer(table: ArrowTable, options?: InferOptions): Promise<ArrowTable>;
  async infer(input: unknown, options: InferOptions = {}): Promise<unknown> {
    this.#assertOpen();
    requireKnownOptions("infer()", options, inferOptions);
    const { timeoutMs, signal, ...rest } = options;
    new CallDeadline(timeoutMs, signal).end();
    const call = { path: pipelinePath(this.name, "infer"), timeoutMs: timeoutMs ?? 15_000, signal };
    if (isTable(input)) {
      const { writeTable } = await import("./arrow-tables.js");
      return this.#answerTo({ ...call, body: writeTable(input), type: arrowStream, query: { ...rest, timeoutMs } });
    }
    const other = otherArrowForm(input);
    if (other !== null)
      throw new InputError("SL5000", `pipeline '${this.name}' takes rows, columns or an Arrow table, got ${other}`);
    const form = Array.isArray(input) ? "records" : "columns";
    const body = written({ [form]: input, ...rest, timeoutMs });
    return this.#answerTo({ ...call, body, type: "application/json" });
  }

  async inferFromFile(path: string, options: FileOptions = {}): Promise<AnyInferRecord[] | ArrowTable> {
    this.#assertOpen();
    requireKnownOptions("inferFromFile()", options, [...inferOptions, "ignoreUnknown", "maxBytes"]);
    const { nodeFiles } = await import("./files/load-node-files.js");
    const { readRowsFile } = await nodeFiles(
      "inferFromFile()",
      "read the file yourself, and call infer() with its rows",
    );
    const { timeoutMs, signal, ...rest } = options;
    return this.#answerTo({
      path: pipelinePath(this.name, "infer-file"),
      body: await readRowsFile(path, options.maxBytes),
      type: "application/octet-stream",
      query: { ...rest, timeoutMs, file: path },
      timeoutMs: timeoutMs ?? 15_000,
      signal,
    }) as Promise<AnyInferRecord[] | ArrowTable>;
  }

  async #answerTo(request: Parameters<ApiConnection["stream"]>[0]): Promise<unknown> {
    const answer = await this.#api.stream({ ...request, accept: `application/json, ${arrowStream}` });
    const bytes = await this.#api.collect(answer);
    await this.#checkVersion(answer.header("shapeline-version"));
    if (answer.type === arrowStream) return (await import("./arrow-tables.js")).readTable(bytes);
    const { records, columns, types } = this.#api.parse(bytes);
    if (!isRecord(types)) throw this.#api.unexpected("it has no types");
    const restore = (value: unknown) => restoreRecord(value, types as RecordTypes);
    if (Array.isArray(records)) return records.map(restore);
    if (isRecord(columns)) return restore(columns);
    throw this.#api.unexpected("it has neither records nor columns");
  }

  /** The types of a handle must hold for the version that answered, which may be newer than the handle. */
  async #checkVersion(version: string | null): Promise<void> {
    const author = this.#author;
    if (author === null || version === null) return;
    const check = this.#checked.get(version) ?? this.#compare(author, version);
    this.#checked.set(version, check);
    await check;
  }

  async #compare(author: AnyPipeline, version: string): Promise<void> {
    const wayOut = "its rows were inferred and logged; connect with the source of that version";
    await requireDeployed(this.#api, author, wayOut, version);
  }

  logs(options: LogsOptions & { readonly arrow: true }): Promise<ArrowTable>;
  logs(options?: LogsOptions & { readonly arrow?: false }): Promise<LogRows<AnyInferRecord>>;
  async logs(options: LogsOptions = {}): Promise<ArrowTable | LogRows<AnyInferRecord>> {
    this.#assertOpen();
    const { readLogs } = await import("./log/server-log.js");
    return readLogs(this.#api, this.name, options);
  }

  async *logBatches(options: LogBatchesOptions = {}): AsyncGenerator<ArrowTable, void, undefined> {
    this.#assertOpen();
    const { readLogBatches } = await import("./log/server-log.js");
    yield* readLogBatches(this.#api, this.name, options, this.#until(options.signal));
  }

  async exportLogs(options: ExportOptions = {}): Promise<ExportedLogs> {
    this.#assertOpen();
    const { exportLogs } = await import("./log/server-log.js");
    return exportLogs(this.#api, this.name, options);
  }

  async *alerts(options: AlertsOptions = {}): AsyncGenerator<AlertChange, void, undefined> {
    this.#assertOpen();
    const { readAlertChanges } = await import("./log/server-log.js");
    yield* readAlertChanges(this.#api, this.name, options, this.#until(options.signal));
  }

  async status(): Promise<ServerStatus> {
    this.#assertOpen();
    const status = (await this.#api.json({ path: pipelinePath(this.name) })) as unknown as ServerStatus;
    return { ...status, target: "server", since: new Date(status.since) };
  }

  async versions(): Promise<PipelineVersion[]> {
    this.#assertOpen();
    const { versions } = await this.#api.json({ path: pipelinePath(this.name, "versions") });
    if (!Array.isArray(versions)) throw this.#api.unexpected("it has no versions");
    return versions.map((each: PipelineVersion) => ({ ...each, created: new Date(each.created) }));
  }

  async configuration(version?: string): Promise<Config> {
    this.#assertOpen();
    const path = pipelinePath(this.name, "configuration");
    return (await this.#api.json({ path, query: { version } })) as unknown as Config;
  }

  async compare(options: Pick<LogsOptions, "start" | "end"> & { readonly within?: number } = {}): Promise<Comparison> {
    this.#assertOpen();
    const report = await this.#api.json({ path: pipelinePath(this.name, "report"), query: options });
    return report as unknown as Comparison;
  }

  async undeploy(): Promise<void> {
    this.#assertOpen();
    await this.#api.json({ path: pipelinePath(this.name, "undeploy"), method: "POST" });
  }

  /** Ends the streams of this handle. Nothing changes on the server. */
  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
  }

  #assertOpen(): void {
    if (!this.#closed.signal.aborted) return;
    throw new TargetError(
      "SL6009",
      `this deployment of pipeline '${this.name}' is closed; connect again with target.pipeline("${this.name}")`,
      { pipeline: this.name },
    );
  }
}

function written(body: object): string {
  try {
    return writeJson(body);
  } catch (cause) {
    throw new InputError("SL5008", `the rows cannot be sent: ${errorSummary(cause)}`, {}, { cause });
  }
}
