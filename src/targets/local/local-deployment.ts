import { performance } from "node:perf_hooks";
import type { Table } from "apache-arrow";
import type { AnyInferColumns, AnyInferRecord, AnyRecord, ArrowTable, ExportedLogs, ExportOptions, InferOptions, LogBatchesOptions, LogsOptions, PipelineVersion } from "../../../dsl/deployment.js";
import { TargetError } from "../../../dsl/errors.js";
import { parseConfig } from "../../config/config.js";
import type { Config } from "../../config/schema.js";
import type { Inference } from "../../engine/engine.js";
import { didYouMean, listed } from "../../expression/did-you-mean.js";
import { arrowPages } from "../../logs/arrow-pages.js";
import type { Comparison } from "../../logs/comparison.js";
import { exportLog } from "../../logs/export-logs.js";
import type { LogBatch, LogQuery } from "../../logs/pipeline-log.js";
import { readStore } from "../../logs/read-store.js";
import type { StoredVersion } from "../../logs/store.js";
import { chosenColumns, datasetOptions, readChoice, type Choice } from "../../tensors/dataset.js";
import type { ResultBatch, RowsMetadata } from "../../tensors/result.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { asColumns, asRecords, asTable } from "../../tensors/shape-result.js";
import { answerColumns } from "./answer-columns.js";
import { exportOptions } from "./export-options.js";
import { Latency } from "./latency.js";
import { batchesQuery, logQuery, periodQuery } from "./log-query.js";
import type { LocalSettings } from "./options.js";
import { readRowsFile } from "./rows-file.js";
import type { Serving } from "./serving.js";
import { withStore } from "./stored.js";
import type { LocalDeployment, LocalStatus } from "./types.js";

const inferOptions = ["timeoutMs", "signal", "metadata", ...datasetOptions];
/** Handles by data folder and pipeline: one that undeploys a pipeline stops them all. */
const handles = new Map<string, Set<LocalDeploymentImpl>>();

/** A table does not copy numbers: the caller gets its own, since challengers and the log may still read these. */
const ownTable = (batch: ResultBatch & RowsMetadata, choice: Choice): Table => asTable({ ...batch, inputs: copied(batch.inputs), outputs: copied(batch.outputs) }, choice);
const copied = (tensors: ReadonlyMap<string, TensorData>) => new Map(Array.from(tensors, ([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));

const shapes: { readonly [F in Inference["form"]]: (batch: ResultBatch & RowsMetadata, choice: Choice) => unknown } = { records: asRecords, columns: asColumns, table: ownTable };

/** What a handle is made of. */
interface HandleParts {
  readonly settings: LocalSettings;
  readonly stored: StoredVersion;
  readonly config: Config;
  /** Loads the models and opens the log; called once, before the first row. */
  readonly start: () => Promise<Serving>;
  /** Already undeployed: only its log can be read. */
  readonly stopped: boolean;
}

export class LocalDeploymentImpl implements LocalDeployment {
  readonly name: string;
  readonly #parts: HandleParts;
  readonly #latency = new Latency();
  #serving: Promise<Serving> | null = null;
  #running: Serving | null = null;
  #state: "open" | "stopped" | "closed";
  #requests = 0;
  #rows = 0;
  #failures = 0;
  readonly #columns: readonly string[];

  constructor(parts: HandleParts) {
    this.name = parts.config.name;
    this.#parts = parts;
    this.#state = parts.stopped ? "stopped" : "open";
    this.#columns = answerColumns(parts.config, parts.settings.challengers === "return");
    const others = handles.get(this.#key) ?? new Set();
    handles.set(this.#key, others.add(this));
  }

  get #key(): string {
    return `${this.#parts.settings.data}\n${this.name}`;
  }

  infer(rows: readonly AnyRecord[], options?: InferOptions): Promise<AnyInferRecord[]>;
  infer(columns: AnyRecord, options?: InferOptions): Promise<AnyInferColumns>;
  infer(table: ArrowTable, options?: InferOptions): Promise<ArrowTable>;
  async infer(input: unknown, options: InferOptions = {}): Promise<unknown> {
    const begun = performance.now();
    this.#requests++;
    try {
      this.#refuseEnded();
      for (const name of Object.keys(options)) {
        if (!inferOptions.includes(name)) {
          throw new TargetError("SL6011", `infer(): the embedded engine knows no option '${name}'${didYouMean(name, inferOptions)}; it takes ${listed(inferOptions)}`, { option: name });
        }
      }
      const choice = readChoice(options);
      // Before anything is inferred and logged.
      chosenColumns(this.#columns, choice);
      const serving = this.#running ?? (await this.start());
      const inference = await serving.infer(input, options);
      this.#rows += inference.batch.rows;
      return shapes[inference.form](withMetadata(inference, this.#parts.stored.version), choice);
    } catch (error) {
      this.#failures++;
      throw error;
    } finally {
      this.#latency.add(performance.now() - begun);
    }
  }

  async inferFromFile(path: string, options?: InferOptions): Promise<AnyInferRecord[] | ArrowTable> {
    const rows = await readRowsFile(path);
    return this.infer(rows as AnyRecord[], options);
  }

  logs(options: LogsOptions & { readonly arrow: true }): Promise<ArrowTable>;
  logs(options?: LogsOptions & { readonly arrow?: false }): Promise<AnyInferRecord[]>;
  async logs(options: LogsOptions = {}): Promise<Table | AnyInferRecord[]> {
    this.#refuseClosed();
    const { query, choice } = logQuery(options);
    const batches = await this.#read(query);
    return options.arrow === true ? asTable(batches, choice) : (asRecords(batches, choice) as AnyInferRecord[]);
  }

  async *logBatches(options: LogBatchesOptions = {}): AsyncGenerator<Table, void, undefined> {
    this.#refuseClosed();
    const { query, choice, batchRows } = batchesQuery(options);
    this.#refuseUnlogged();
    await this.#running?.settled();
    const { data } = this.#parts.settings;
    yield* arrowPages((part) => this.#read(part), await readStore(data, (reader) => reader.layouts(this.name, query)), query, choice, batchRows);
  }

  async compare(period: Pick<LogsOptions, "start" | "end"> = {}): Promise<Comparison> {
    this.#refuseClosed();
    const query = periodQuery(period);
    this.#refuseUnlogged();
    await this.#running?.settled();
    return readStore(this.#parts.settings.data, (reader) => reader.compare(this.name, query));
  }

  async exportLogs(options: ExportOptions = {}): Promise<ExportedLogs> {
    this.#refuseClosed();
    return exportLog((query) => this.#read(query), exportOptions(this.name, options));
  }

  async #read(query: LogQuery): Promise<LogBatch[]> {
    this.#refuseUnlogged();
    return (await this.#running?.read(query)) ?? (await readStore(this.#parts.settings.data, (reader) => reader.readLog(this.name, query)));
  }

  #refuseUnlogged(): void {
    if (this.#parts.settings.durability === "off") {
      throw new TargetError("SL6010", `pipeline '${this.name}' is deployed with durability "off" and keeps no log; deploy it with local({ durability: "commit" })`, { pipeline: this.name });
    }
  }

  async status(): Promise<LocalStatus> {
    this.#refuseClosed();
    const { config, stored } = this.#parts;
    return {
      pipeline: this.name,
      target: "local",
      version: String(stored.version),
      hash: config.hash,
      state: this.#state === "open" ? "running" : "stopped",
      models: config.models.map(({ name, version, sha256 }) => ({ name, version, sha256 })),
      since: stored.deployedAt,
      counts: { requests: this.#requests, rows: this.#rows, failures: this.#failures, challengerErrors: this.#running?.engine.challengerErrors ?? 0 },
      latency: { p50: this.#latency.quantile(0.5), p99: this.#latency.quantile(0.99) },
    };
  }

  async versions(): Promise<PipelineVersion[]> {
    const stored = await this.#storedVersions();
    return stored.map(({ version, config, deployedAt }) => ({ version: String(version), hash: parseConfig(config).hash, created: deployedAt })).reverse();
  }

  async configuration(version?: string): Promise<Config> {
    const stored = await this.#storedVersions();
    const found = version === undefined ? stored.at(-1) : stored.find((candidate) => String(candidate.version) === version);
    if (found !== undefined) return parseConfig(found.config);
    throw new TargetError("SL6012", `pipeline '${this.name}' has no version '${String(version)}'; there is ${listed(stored.map((candidate) => String(candidate.version)))}`, { pipeline: this.name });
  }

  async undeploy(): Promise<void> {
    this.#refuseClosed();
    await withStore(this.#parts.settings.data, (store) => store.setState(this.name, "undeployed"));
    await Promise.all(Array.from(handles.get(this.#key) ?? [], (handle) => handle.#end("stopped")));
  }

  async close(): Promise<void> {
    await this.#end("closed");
    handles.get(this.#key)?.delete(this);
  }

  /** Loads the models if that is still to do. */
  async start(): Promise<Serving> {
    this.#serving ??= this.#parts.start();
    try {
      const serving = await this.#serving;
      // It may have been closed meanwhile.
      this.#refuseEnded();
      return (this.#running = serving);
    } catch (error) {
      if (this.#running === null && this.#state === "open") this.#serving = null;
      throw error;
    }
  }

  async #end(state: "stopped" | "closed"): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = state;
    const serving = await this.#serving?.catch(() => null);
    this.#serving = this.#running = null;
    await serving?.close();
  }

  async #storedVersions(): Promise<StoredVersion[]> {
    this.#refuseClosed();
    return readStore(this.#parts.settings.data, (reader) => reader.versions(this.name));
  }

  #refuseEnded(): void {
    this.#refuseClosed();
    if (this.#state === "stopped") throw new TargetError("SL6008", `pipeline '${this.name}' is undeployed; deploy it again to infer with it`, { pipeline: this.name });
  }

  #refuseClosed(): void {
    if (this.#state === "closed") {
      throw new TargetError("SL6009", `this deployment of pipeline '${this.name}' is closed; connect again with target.pipeline("${this.name}")`, { pipeline: this.name });
    }
  }
}

/** An answer with what the log will say of its rows. */
function withMetadata({ batch, metadata, lastModel, elapsed, notes }: Inference, version: number): ResultBatch & RowsMetadata {
  const all = <T>(value: T): T[] => new Array<T>(batch.rows).fill(value);
  return {
    ...batch,
    version,
    lastModel: all(lastModel),
    elapsed: all(elapsed),
    requests: all(metadata.size === 0 ? null : Object.fromEntries(metadata)),
    notes: new Map(Array.from(notes, ([challenger, note]) => [challenger, all(note)])),
  };
}
