import { performance } from "node:perf_hooks";
import type { Table } from "apache-arrow";
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
  ModelStatus,
  PipelineVersion,
} from "../../../dsl/deployment.js";
import { TargetError } from "../../../dsl/errors.js";
import type { Config, ModelConfig } from "../../config/schema.js";
import type { Inference } from "../../engine/engine.js";
import type { RowsSource } from "../../files/rows-source.js";
import { describeValue } from "../../util/format-value.js";
import { isDictionary } from "../../util/objects.js";
import { RequestDeadline } from "../../engine/request-deadline.js";
import { requireKnownOptions } from "../../util/options/known-options.js";
import { joinNames } from "../../util/join-names.js";
import type { Comparison } from "../../logs/comparison.js";
import { emptyBatch } from "../../logs/read/empty-batch.js";
import { prefetch } from "../../logs/read/paginate.js";
import type { AlertValues, LogBatch, LogLayout, LogQuery } from "../../logs/pipeline-log.js";
import { readStore } from "../../logs/read-store.js";
import type { LogReader, StoredVersion } from "../../logs/store.js";
import { PendingWork } from "../../util/pending-work.js";
import { selectColumns, selectsMetadata, allColumns, type ColumnSelection } from "../../tensors/column-selection.js";
import { batchToRecords } from "../../tensors/batch-to-records.js";
import { toRecordsInSlices } from "../../tensors/records-in-slices.js";
import { type ResultBatch, withheldColumns } from "../../tensors/result.js";
import { answerColumns } from "./answer-columns.js";
import { parseExportOptions } from "./options/export-options.js";
import { type FileSettings, parseFileOptions, parseInferOptions } from "./options/infer-options.js";
import { LatencyWindow } from "./latency-window.js";
import { logLayout } from "./log-layout.js";
import {
  type CompareOptions,
  parseCompareOptions,
  parseLogBatchesOptions,
  parseLogsOptions,
} from "./options/log-options.js";
import { LogStreams } from "./log-streams.js";
import type { LocalSettings } from "./options/local-options.js";
import type { PipelineRunner } from "./pipeline-runner.js";
import { answerBatch, formatAnswer, formatWithTypes, type TypedAnswer } from "./format-answer.js";
import { type LogSlice, logSlices } from "./log-slices.js";
import { openStore } from "../../logs/open-store.js";
import type { LocalDeployment, LocalStatus } from "./public-types.js";
import { tooManyRequests } from "../../engine/scheduling/too-many-requests.js";
import { narrowedSettings } from "./withheld-columns.js";

const noOptions: InferOptions = {};
/** Approximate limit of a `logBatches` table in bytes, whatever `batchRows` is. */
const maxTableBytes = 8 * 2 ** 20;
const maxSliceRows = 1000;
/**
 * Open handles by database file and pipeline: undeploying stops all of them, a new version reaches those with
 * `followsVersions`.
 */
const openHandles = new Map<string, Set<LocalDeploymentImpl>>();

/** A deployed version and how to start it. */
export interface DeployedVersion {
  readonly stored: StoredVersion;
  readonly config: Config;
  /** Loads the models and opens the log; called once, before the first request. */
  readonly start: (layout: LogLayout) => Promise<PipelineRunner>;
}

/** Inferred rows, and the version that answered. */
export interface InferredBatch {
  readonly batch: ResultBatch;
  readonly config: Config;
  readonly version: string;
}

type MakeAnswer<T> = (inference: Inference, choice: ColumnSelection, version: DeployedVersion) => T | Promise<T>;

const formatted: MakeAnswer<unknown> = (inference, choice, { stored }) =>
  choice === allColumns && inference.form === "records"
    ? batchToRecords(inference.batch)
    : formatAnswer(inference, choice, stored.version);

const unformatted: MakeAnswer<InferredBatch> = ({ batch }, _, { stored, config }) => ({
  batch,
  config,
  version: String(stored.version),
});

const withMetadata: MakeAnswer<InferredBatch> = (inference, choice, { stored, config }) => ({
  batch: answerBatch(inference, choice, stored.version),
  config,
  version: String(stored.version),
});

const withTypes: MakeAnswer<TypedAnswer> = (inference, choice, { stored }) =>
  formatWithTypes(inference, choice, stored.version);

interface HandleParts {
  readonly settings: LocalSettings;
  /** The database file, symbolic links resolved. */
  readonly file: string;
  /** Undeployed when the handle was created: only the log can be read. */
  readonly stopped: boolean;
  /** True for handles from `pipeline(name)`: they switch to versions that are deployed later. */
  readonly followsVersions: boolean;
}

/** The version that serves requests. A request reads it once, so that it never mixes two versions. */
interface ActiveVersion {
  readonly runner: PipelineRunner;
  readonly version: DeployedVersion;
  /** The flat names of all columns that an answer can have. */
  readonly columns: readonly string[];
}

export class LocalDeploymentImpl implements LocalDeployment {
  readonly name: string;
  readonly #parts: HandleParts;
  readonly #key: string;
  readonly #latency = new LatencyWindow();
  readonly #draining = new Set<Promise<void>>();
  readonly #reads = new PendingWork();
  readonly #streams: LogStreams;
  #version: DeployedVersion;
  /** Serializes the switches to new versions. */
  #swapQueue: Promise<void> = Promise.resolve();
  #starting: Promise<ActiveVersion> | null = null;
  #running: ActiveVersion | null = null;
  #state: "open" | "stopped" | "closed";
  #closing: Promise<void> = Promise.resolve();
  #requests = 0;
  /** Requests that have no answer yet, also those that wait until the models are loaded. */
  #inFlight = 0;
  #rows = 0;
  #failures = 0;
  /** Errors of the versions before the current one. */
  #challengerErrors = 0;

  constructor(parts: HandleParts, version: DeployedVersion) {
    this.name = version.config.name;
    this.#parts = parts;
    this.#version = version;
    this.#streams = new LogStreams(parts.settings, this.name);
    this.#state = parts.stopped ? "stopped" : "open";
    this.#key = keyOf(parts.file, this.name);
    const others = openHandles.get(this.#key) ?? new Set();
    openHandles.set(this.#key, others.add(this));
  }

  /** Switches all handles with `followsVersions` to a new version. Requests in flight finish on their own version. */
  static async switchVersion(file: string, version: DeployedVersion): Promise<void> {
    const followers = Array.from(openHandles.get(keyOf(file, version.config.name)) ?? []).filter(
      (handle) => handle.#parts.followsVersions,
    );
    await Promise.all(followers.map((handle) => handle.#queueSwap(version)));
  }

  infer(rows: readonly AnyRecord[], options?: InferOptions): Promise<AnyInferRecord[]>;
  infer(columns: AnyRecord, options?: InferOptions): Promise<AnyInferColumns>;
  infer(table: ArrowTable, options?: InferOptions): Promise<ArrowTable>;
  infer(input: unknown, options: InferOptions = noOptions): Promise<unknown> {
    return this.#infer(input, options, performance.now(), formatted);
  }

  /**
   * As `infer`, without formatting: for servers, which have formats of their own.
   *
   * @throws as `infer`
   */
  inferBatch(input: unknown, options: InferOptions): Promise<InferredBatch> {
    return this.#infer(input, options, performance.now(), unformatted);
  }

  /**
   * As `inferBatch`, with the metadata of the rows if `dataset` or `datasetExclude` is given.
   *
   * @throws as `infer`
   */
  inferBatchWithMetadata(input: unknown, options: InferOptions): Promise<InferredBatch> {
    return this.#infer(input, options, performance.now(), withMetadata);
  }

  /**
   * As `infer`, with the types of the answer's columns.
   *
   * @throws as `infer`
   */
  inferWithTypes(input: unknown, options: InferOptions): Promise<TypedAnswer> {
    return this.#infer(input, options, performance.now(), withTypes);
  }

  /**
   * @param startedAt when the request's time began, by `performance.now()`
   * @param answer makes the answer; a promise only where it must
   */
  async #infer<T>(input: unknown, options: InferOptions, startedAt: number, answer: MakeAnswer<T>): Promise<T> {
    this.#requests++;
    const { observer } = this.#parts.settings;
    // Before anything else: a request too many must cost nearly nothing, and says nothing about how long one takes.
    if (this.#inFlight >= this.#parts.settings.concurrency) {
      this.#failures++;
      const refusal = tooManyRequests(
        `pipeline '${this.name}'`,
        this.#parts.settings.concurrency,
        "send more rows per request, or deploy with a higher local({ concurrency })",
      );
      observer?.failed(this.name, refusal, 0);
      throw refusal;
    }
    this.#inFlight++;
    try {
      this.#assertServing();
      const choice = options === noOptions ? allColumns : parseInferOptions(options);
      const deadline = new RequestDeadline(options.timeoutMs, options.signal, startedAt);
      const { runner, version, columns } = this.#running ?? (await this.#ensureStarted());
      // Rejects unknown columns before anything is inferred and logged.
      if (choice !== allColumns) selectColumns(columns, choice);
      runner.beginRequest();
      let inference: Inference;
      try {
        inference = await runner.engine.infer(input, options, deadline);
        const logging = runner.logInference(inference);
        if (logging !== null) await logging;
      } finally {
        runner.endRequest();
      }
      this.#rows += inference.batch.rows;
      const made = answer(inference, choice, version);
      const answered = made instanceof Promise ? await made : made;
      observer?.answered(version.config, inference, performance.now() - startedAt);
      return answered;
    } catch (error) {
      this.#failures++;
      observer?.failed(this.name, error, performance.now() - startedAt);
      throw error;
    } finally {
      this.#inFlight--;
      this.#latency.add(performance.now() - startedAt);
    }
  }

  async inferFromFile(path: string, options: FileOptions = {}): Promise<AnyInferRecord[] | ArrowTable> {
    const { file, infer } = parseFileOptions(path, options);
    return this.#inferFile({ name: path, path }, file, infer, formatted) as Promise<AnyInferRecord[] | ArrowTable>;
  }

  /**
   * As `inferFromFile`, for a file that was sent here, with the types of the answer's columns.
   *
   * @throws as `inferFromFile`
   */
  inferFileWithTypes(source: RowsSource, file: FileSettings, options: InferOptions): Promise<TypedAnswer> {
    return this.#inferFile(source, file, options, withTypes);
  }

  async #inferFile<T>(source: RowsSource, file: FileSettings, infer: InferOptions, answer: MakeAnswer<T>): Promise<T> {
    this.#assertServing();
    // The file's reading is part of the request: it ends with its time-out and signal.
    const startedAt = performance.now();
    const deadline = isDictionary(infer) ? new RequestDeadline(infer.timeoutMs, infer.signal, startedAt) : null;
    const { name, inputs } = this.#version.config;
    const [{ readRows }, { ReadingPace }] = await Promise.all([
      import("../../files/read-rows.js"),
      import("../../files/reading-pace.js"),
    ]);
    const pace = new ReadingPace(() => {
      deadline?.readTime();
      deadline?.check(`pipeline '${name}', reading '${source.name}'`);
    });
    const { request } = await readRows(source, { pipeline: name, inputs, pace, ...file });
    return this.#infer(request, infer, startedAt, answer);
  }

  logs(options: LogsOptions & { readonly arrow: true }): Promise<ArrowTable>;
  logs(options?: LogsOptions & { readonly arrow?: false }): Promise<LogRows<AnyInferRecord>>;
  async logs(options: LogsOptions = {}): Promise<Table | LogRows<AnyInferRecord>> {
    this.#assertOpen();
    const { query, choice } = parseLogsOptions(options);
    const found = await this.#readLog(query);
    // With no rows, still return the columns and check the selected names.
    const batches = found.length > 0 ? found : [emptyBatch(this.#layoutOf(this.#version))];
    if (options.arrow === true) {
      const { toTable } = await import("../../tensors/arrow/to-table.js");
      return toTable(batches, choice);
    }
    const withheld = { value: withheldColumns(batches), enumerable: false };
    return Object.defineProperty(
      await toRecordsInSlices(batches, choice),
      "withheld",
      withheld,
    ) as unknown as LogRows<AnyInferRecord>;
  }

  async *logBatches(options: LogBatchesOptions = {}): AsyncGenerator<Table, void, undefined> {
    this.#assertOpen();
    const { query, choice, batchRows, signal } = parseLogBatchesOptions(options);
    const { arrowPages } = await import("../../logs/export/arrow-tables.js");
    // Small tables are cut from larger pages: a query takes longer than the conversion of a few rows.
    const rows = Math.max(batchRows, Math.floor(maxSliceRows / batchRows) * batchRows);
    yield* this.#streamLog(signal, async function* (reader, name) {
      const pages = prefetch(reader.pages(name, query, { rows, bytes: maxTableBytes }));
      for await (const table of arrowPages(pages, await reader.layouts(name, query), choice))
        for (let from = 0; from < Math.max(table.numRows, 1); from += batchRows)
          yield table.numRows <= batchRows ? table : table.slice(from, from + batchRows);
    });
  }

  /** As `logs`, a part at a time and with the types of the columns; without `limit`, all rows of the range. */
  async *logSlices({ signal, ...options }: LogsOptions & AlertsOptions): AsyncGenerator<LogSlice, void, undefined> {
    this.#assertOpen();
    const { query, choice } = parseLogsOptions(options);
    const own = this.#layoutOf(this.#version);
    const size = { rows: maxSliceRows, bytes: maxTableBytes };
    yield* this.#streamLog(signal, async function* (reader, name) {
      const layouts = await reader.layouts(name, query);
      const withMetadata = { ...query, metadata: selectsMetadata(choice) };
      yield* logSlices(prefetch(reader.pages(name, withMetadata, size)), layouts.length > 0 ? layouts : [own], choice);
    });
  }

  async compare(options: CompareOptions = {}): Promise<Comparison> {
    this.#assertOpen();
    const query = parseCompareOptions(options);
    this.#assertLogged();
    return this.#reads.run(async () => {
      await this.#running?.runner.whenLogged();
      const { compareValidations } = await import("./compare-validations.js");
      return this.#readStore(async (reader) => {
        const compared = await reader.compare(this.name, query);
        const size = { rows: maxSliceRows, bytes: maxTableBytes };
        return compareValidations(
          compared,
          () => prefetch(reader.pages(this.name, query, size)),
          await reader.versions(this.name),
        );
      });
    });
  }

  async exportLogs(options: ExportOptions = {}): Promise<ExportedLogs> {
    this.#assertOpen();
    const { signal, ...wanted } = parseExportOptions(this.name, options);
    const { exportLog } = await import("../../logs/export/export-logs.js");
    return exportLog(
      (query, size) => this.#streamLog(signal, (reader, name) => prefetch(reader.pages(name, query, size))),
      wanted,
    );
  }

  /** Streams from the log, including all rows answered before the call. */
  async *#streamLog<T>(
    signal: AbortSignal | undefined,
    work: (reader: LogReader, pipeline: string) => AsyncGenerator<T, void, undefined>,
  ): AsyncGenerator<T, void, undefined> {
    this.#assertLogged();
    await this.#running?.runner.whenLogged();
    yield* this.#streams.stream(
      (reader) => work(reader, this.name),
      signal,
      () => this.#assertOpen(),
    );
  }

  async #readLog(query: LogQuery): Promise<LogBatch[]> {
    this.#assertLogged();
    return this.#reads.run(
      async () =>
        (await this.#running?.runner.read(query)) ??
        (await this.#readStore((reader) => reader.readLog(this.name, query))),
    );
  }

  /** Logged rows as they are stored; of an empty log, a batch without rows that has its columns. */
  async logPage(query: LogQuery): Promise<readonly LogBatch[]> {
    this.#assertOpen();
    const found = await this.#readLog(query);
    return found.length > 0 ? found : [emptyBatch(this.#layoutOf(this.#version))];
  }

  #readStore<T>(use: (reader: LogReader) => Promise<T>): Promise<T> {
    const { data, sharedFolder, databaseMemory } = this.#parts.settings;
    return readStore(data, use, { sharedFolder, databaseMemory });
  }

  #assertLogged(): void {
    if (this.#parts.settings.durability === "off") {
      throw new TargetError(
        "SL6010",
        `pipeline '${this.name}' is deployed with durability "off" and keeps no log; deploy it with local({ durability: "commit" })`,
        { pipeline: this.name },
      );
    }
  }

  async *alerts(options: AlertsOptions = {}): AsyncGenerator<AlertChange, void, undefined> {
    requireKnownOptions("alerts()", options, ["signal"]);
    const { signal } = options;
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw new TargetError("SL6011", "alerts(): the option 'signal' is not an AbortSignal", { option: "signal" });
    this.#assertServing();
    let running: ActiveVersion | null = null;
    // Each version has its own watch: continue with that of the next version.
    while (!this.#isEnded() && signal?.aborted !== true) {
      const next: ActiveVersion = this.#running ?? (await this.#ensureStarted());
      if (next === running) return;
      running = next;
      if (running.runner.alerts !== null) yield* running.runner.alerts.watch.changes(signal);
      else return;
    }
  }

  /** By alert of the running version: its condition and aggregates now. */
  async alertValues(): Promise<ReadonlyMap<string, AlertValues>> {
    return (await this.#running?.runner.alerts?.measure()) ?? new Map<string, AlertValues>();
  }

  async status(): Promise<LocalStatus> {
    this.#assertOpen();
    const { config, stored } = this.#version;
    return {
      pipeline: this.name,
      target: "local",
      version: String(stored.version),
      hash: config.hash,
      state: this.#state === "open" ? "running" : "stopped",
      models: config.models.map((model) => this.#modelStatus(model)),
      since: stored.deployedAt,
      log: this.#logStatus(),
      counts: {
        requests: this.#requests,
        rows: this.#rows,
        failures: this.#failures,
        challengerErrors: this.#challengerErrors + (this.#running?.runner.engine.challengerErrors ?? 0),
      },
      queue: { requests: this.#inFlight, challengers: this.#running?.runner.engine.pendingChallengers ?? 0 },
      latency: { p50: this.#latency.quantile(0.5), p99: this.#latency.quantile(0.99) },
    };
  }

  #logStatus(): LocalStatus["log"] {
    const { durability } = this.#parts.settings;
    if (durability === "off") return null;
    const { excluded = [], redacted = [], maxElements = null } = this.#layoutOf(this.#version).withheld ?? {};
    const problem = this.#running?.runner.logProblem ?? null;
    return { durability, exclude: excluded, redact: redacted, maxElements, problem };
  }

  /** The running engine knows how a model runs; before the first request, the deploy has stored it. */
  #modelStatus({ name, version, sha256 }: ModelConfig): ModelStatus {
    const engine = this.#running?.runner.engine;
    const stored = this.#version.stored.models.find((model) => model.sha256 === sha256)?.notice;
    const notice = engine === undefined ? stored : engine.notices.get(name);
    const reason = this.#parts.settings.tellSeparate === true ? engine?.separate.get(name) : undefined;
    return {
      name,
      version,
      sha256,
      ...(notice !== undefined && { notice }),
      ...(reason !== undefined && { separate: `requests do not share runs of model '${name}': ${reason}` }),
    };
  }

  async versions(): Promise<PipelineVersion[]> {
    const stored = await this.#storedVersions();
    const { parseStoredConfig } = await import("../../config/config.js");
    return stored
      .map(({ version, config, deployedAt }) => ({
        version: String(version),
        hash: parseStoredConfig(config).hash,
        created: deployedAt,
      }))
      .reverse();
  }

  async configuration(version?: string): Promise<Config> {
    const value: unknown = version;
    if (value !== undefined && typeof value !== "string")
      throw new TargetError(
        "SL6012",
        `configuration() takes a version as a string, such as "1", got ${describeValue(value)}`,
      );
    this.#assertOpen();
    const { stored, deployed } = await this.#readStore(async (reader) => ({
      stored: await reader.versions(this.name),
      deployed: version === undefined ? await this.#deployedNumber(reader) : undefined,
    }));
    const wanted = version ?? String(deployed);
    const found = stored.find((candidate) => String(candidate.version) === wanted);
    if (found !== undefined) return (await import("../../config/config.js")).parseStoredConfig(found.config);
    throw new TargetError(
      "SL6012",
      `pipeline '${this.name}' has no version '${String(version)}'; its versions are ${joinNames(stored.map((candidate) => String(candidate.version)))}`,
      { pipeline: this.name },
    );
  }

  async undeploy(): Promise<void> {
    this.#assertOpen();
    const { data, sharedFolder, databaseMemory } = this.#parts.settings;
    const store = await openStore(data, { sharedFolder, databaseMemory });
    try {
      await store.setState(this.name, "undeployed");
    } finally {
      await store.close();
    }
    await Promise.all(Array.from(openHandles.get(this.#key) ?? [], (handle) => handle.#shutDown("stopped")));
  }

  async close(): Promise<void> {
    await this.#shutDown("closed");
    openHandles.get(this.#key)?.delete(this);
  }

  /** The config and number of the version that serves requests now. */
  get current(): { readonly config: Config; readonly version: string } {
    return { config: this.#version.config, version: String(this.#version.stored.version) };
  }

  /** Loads the models unless they are loaded. */
  async start(): Promise<void> {
    await this.#ensureStarted();
  }

  async #ensureStarted(): Promise<ActiveVersion> {
    const starting = (this.#starting ??= this.#open(this.#version));
    try {
      const opened = await starting;
      // While it opened, the handle may have been closed, or switched to a newer version.
      this.#assertServing();
      return (this.#running ??= opened);
    } catch (error) {
      if (this.#starting === starting && this.#state === "open") this.#starting = null;
      throw error;
    }
  }

  async #open(version: DeployedVersion): Promise<ActiveVersion> {
    const columns = answerColumns(version.config, this.#parts.settings.challengers === "return");
    return { runner: await version.start(this.#layoutOf(version)), version, columns };
  }

  /** What this handle logs of a version: at most what its deploy logs. */
  #layoutOf({ config, stored }: DeployedVersion): LogLayout {
    return logLayout(config, stored.version, narrowedSettings(stored.log, this.#parts.settings.log));
  }

  #queueSwap(version: DeployedVersion): Promise<void> {
    return (this.#swapQueue = this.#swapQueue.then(() => this.#swapTo(version)));
  }

  async #swapTo(version: DeployedVersion): Promise<void> {
    if (this.#state === "closed" || version.stored.version === this.#version.stored.version) return;
    if (this.#starting === null) {
      this.#version = version;
      this.#state = "open";
      return;
    }
    const before = this.#starting.catch(() => null);
    const next = this.#open(version);
    const opened = await next;
    if (this.#isEnded()) return opened.runner.close();
    this.#version = version;
    this.#starting = next;
    this.#running = opened;
    const old = await before;
    if (old === null) return;
    // Lets requests that have just read the old version register with its runner.
    await new Promise(setImmediate);
    this.#challengerErrors += old.runner.engine.challengerErrors;
    const drained = old.runner
      .close()
      .catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)));
    this.#draining.add(drained);
    void drained.then(() => this.#draining.delete(drained));
  }

  /** Shutdowns run one at a time, in order. */
  #shutDown(state: "stopped" | "closed"): Promise<void> {
    if (this.#state !== "closed") this.#state = state;
    return (this.#closing = this.#closing.catch(() => undefined).then(() => this.#release()));
  }

  async #release(): Promise<void> {
    const opened = await this.#starting?.catch(() => null);
    this.#starting = this.#running = null;
    if (this.#state === "closed") await this.#streams.end();
    await this.#reads.settled();
    await opened?.runner.close();
    await Promise.allSettled(this.#draining);
  }

  #isEnded(): boolean {
    return this.#state !== "open";
  }

  /** The number of the version that is deployed now, by any process. */
  async #deployedNumber(reader: LogReader): Promise<number | undefined> {
    const pipelines = await reader.pipelines();
    return pipelines.find(({ name }) => name === this.name)?.current.version;
  }

  async #storedVersions(): Promise<StoredVersion[]> {
    this.#assertOpen();
    return this.#readStore((reader) => reader.versions(this.name));
  }

  #assertServing(): void {
    this.#assertOpen();
    if (this.#state === "stopped")
      throw new TargetError("SL6008", `pipeline '${this.name}' is undeployed; deploy it again to infer with it`, {
        pipeline: this.name,
      });
  }

  #assertOpen(): void {
    if (this.#state === "closed") {
      throw new TargetError(
        "SL6009",
        `this deployment of pipeline '${this.name}' is closed; connect again with target.pipeline("${this.name}")`,
        { pipeline: this.name },
      );
    }
  }
}

function keyOf(file: string, name: string): string {
  return `${file}\n${name}`;
}
