import type { Table } from "apache-arrow";
import type {
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
  PipelineVersion as VersionEntry,
} from "../../../dsl/deployment.js";
import { ConfigError, InputError, TargetError } from "../../../dsl/errors.js";
import { invalid } from "../../client/http/invalid-option.js";
import { requireKnownOptions } from "../../util/options/known-options.js";
import type { Model } from "../../../dsl/model.js";
import type { UncheckedPipeline } from "../../../dsl/index.js";
import type { Config } from "../../config/schema.js";
import { type PipelineEnds, type PipelineOfConfig, toPipeline } from "../../config/rebuild/to-pipeline.js";
import { isTable } from "../../tensors/arrow/request-form.js";
import { requestTable } from "../../engine/input/request-table.js";
import { datasetQuery } from "../../wallaroo/api/dataset-query.js";
import { mediaTypes } from "../../wallaroo/api/media-types.js";
import { fromDefinition, type ParsedDefinition } from "../../wallaroo/read/from-definition.js";
import type { KnownModel } from "../../wallaroo/read/infer-ports.js";
import { parseLogBatchesOptions, parseLogsOptions } from "../local/options/log-options.js";
import type { CallOptions } from "./connection/http.js";
import { unexpectedAnswer } from "./connection/platform-errors.js";
import { nodeFiles } from "./files/load-node-files.js";
import { learnPorts } from "./deploying/registry-ports.js";
import { stopDeployment } from "./deploying/run-version.js";
import type { ObjectClient } from "./objects/lazy-object.js";
import type {
  Deployment,
  Pipeline,
  PipelineVersion as PlatformVersion,
  WallarooDeployment,
  WallarooStatus,
} from "./objects/types.js";
import { alignTables } from "./rows/align-tables.js";
import { columnsOfTable, recordsOfColumns } from "./rows/answer-rows.js";
import { requireOwnRows } from "./rows/own-rows.js";
import { readArrow } from "./rows/read-arrow.js";
import { logPages, type LogSelection } from "./rows/log-pages.js";

const inferOptions = ["timeoutMs", "signal", "metadata", "values", "dataset", "datasetExclude", "datasetSeparator"];
/** Of `logs()` without `limit`, as on the platform. */
const defaultLimit = 100;
const pageRows = 10_000;

/** The deployed version, and where it takes rows. */
interface Route {
  readonly config: Config;
  readonly path: string;
}

/** A version's definition as a config. */
interface ReadVersion extends Pick<ParsedDefinition, "config" | "problems" | "inferred"> {
  /** Why schemas of the registry cannot be used. */
  readonly reasons: readonly string[];
}

/** A pipeline that a platform runs. */
export class WallarooDeploymentImpl implements WallarooDeployment {
  readonly name: string;
  readonly #client: ObjectClient;
  readonly #pipeline: Pipeline;
  /** Signatures of the models, where they are known. */
  readonly #models: readonly KnownModel[];
  #topic: Promise<string> | null = null;
  /** What was deployed when it was last asked. */
  #route: Promise<Route> | null = null;
  #isClosed = false;

  constructor(client: ObjectClient, pipeline: Pipeline, name: string, models: readonly KnownModel[]) {
    this.name = name;
    this.#client = client;
    this.#pipeline = pipeline;
    this.#models = models;
  }

  infer(rows: readonly AnyRecord[], options?: InferOptions): Promise<AnyInferRecord[]>;
  infer(columns: AnyRecord, options?: InferOptions): Promise<AnyInferColumns>;
  infer(table: ArrowTable, options?: InferOptions): Promise<ArrowTable>;
  async infer(input: unknown, options: InferOptions = {}): Promise<unknown> {
    this.#assertOpen();
    requireKnownOptions("infer()", options, inferOptions);
    const { timeoutMs = 15_000, signal, metadata, dataset, datasetExclude, datasetSeparator } = options;
    if (metadata !== undefined)
      throw invalid(
        "infer()",
        "metadata",
        "is not sent by the platform's interface: the platform reads split keys itself",
      );
    const selected = datasetQuery({ dataset, exclude: datasetExclude, separator: datasetSeparator });
    const query = new URLSearchParams(selected).toString();
    const { answer, validations } = await this.#answer(input, query, { timeoutMs, signal });
    if (isTable(input)) return answer;
    const columns = columnsOfTable(answer, datasetSeparator !== undefined, validations);
    return Array.isArray(input) ? recordsOfColumns(columns, answer.numRows) : columns;
  }

  /**
   * Sends rows to what is deployed, as the last call found it. Where the platform no longer has that, or the rows do
   * not fit it, the platform is asked once what is deployed now: such rows were not inferred.
   */
  async #answer(
    input: unknown,
    query: string,
    options: CallOptions,
  ): Promise<{ readonly answer: Table; readonly validations: readonly string[] }> {
    const { tableToIPC } = await import("apache-arrow");
    const known = this.#route;
    const { config, path } = await this.#routeOf();
    let bytes: Uint8Array<ArrayBuffer>;
    let request: Table;
    try {
      request = requestTable(config, input);
      ({ bytes } = await this.#client.http.send({
        path: `${path}?${query}`,
        body: tableToIPC(request, "file") as Uint8Array<ArrayBuffer>,
        headers: { "content-type": mediaTypes.arrow, accept: mediaTypes.arrow, format: "arrow" },
        // The rows of a request that was sent may be logged: it is not repeated.
        repeat: "once",
        ...options,
      }));
    } catch (error) {
      const isGone = error instanceof TargetError && error.details["status"] === 404;
      if (isGone || error instanceof InputError) this.#route = null;
      if (known !== null && this.#route === null) return this.#answer(input, query, options);
      throw error;
    }
    const validations = config.steps.flatMap((step) => (step.kind === "validation" ? [step.name] : []));
    const where = `${this.#client.url}${path}`;
    const answer = readArrow(where, bytes);
    if (answer.numRows !== request.numRows)
      throw unexpectedAnswer(where, `it has ${answer.numRows} rows where ${request.numRows} were sent`);
    requireOwnRows(where, request, answer);
    return { answer, validations };
  }

  async inferFromFile(path: string, options: FileOptions = {}): Promise<AnyInferRecord[] | ArrowTable> {
    this.#assertOpen();
    requireKnownOptions("inferFromFile()", options, [...inferOptions, "ignoreUnknown", "maxBytes"]);
    const { ignoreUnknown = false, maxBytes, ...rest } = options;
    const { readRequest } = await nodeFiles("inferFromFile()", "read the file, and give its rows to infer()");
    const { config } = await this.#routeOf();
    const file = { ignoreUnknown, ...(maxBytes !== undefined && { maxBytes }) };
    return this.infer(await readRequest(path, config, file), rest);
  }

  logs(options: LogsOptions & { readonly arrow: true }): Promise<ArrowTable>;
  logs(options?: LogsOptions & { readonly arrow?: false }): Promise<LogRows<AnyInferRecord>>;
  async logs(options: LogsOptions = {}): Promise<ArrowTable | LogRows<AnyInferRecord>> {
    this.#assertOpen();
    const { query } = parseLogsOptions(options);
    const limit = query.limit ?? defaultLimit;
    const tables: Table[] = [];
    for await (const table of this.#pages(options, { query: { ...query, limit } })) tables.push(table);
    const all = alignTables(tables);
    if (options.arrow === true) return all;
    const rows = recordsOfColumns(columnsOfTable(all, options.datasetSeparator !== undefined), all.numRows);
    const withheld = { excluded: [], redacted: [], digested: [] };
    return Object.defineProperty(rows, "withheld", { value: withheld, enumerable: false }) as never;
  }

  async *logBatches(options: LogBatchesOptions = {}): AsyncGenerator<ArrowTable, void, undefined> {
    this.#assertOpen();
    const { query, batchRows, signal } = parseLogBatchesOptions(options);
    yield* this.#pages(options, { query, pageRows: batchRows, signal });
  }

  async exportLogs(options: ExportOptions = {}): Promise<ExportedLogs> {
    this.#assertOpen();
    const { exportLog } = await nodeFiles("exportLogs()", "read the log with logBatches(), and save it there");
    return exportLog(this.name, options, (selection) => this.#pages(options, selection));
  }

  async *#pages(
    { dataset, datasetExclude, datasetSeparator }: LogsOptions,
    selection: Pick<LogSelection, "query" | "signal"> & { readonly pageRows?: number },
  ): AsyncGenerator<Table, void, undefined> {
    this.#topic ??= this.#client.rest("topicName", { pipeline_pk_id: this.#pipeline.id }).then(
      ({ topic_name }) => topic_name,
      (error: unknown) => {
        this.#topic = null;
        throw error;
      },
    );
    yield* logPages(this.#client, await this.#topic, {
      pageRows,
      ...selection,
      columns: {
        ...(dataset !== undefined && { dataset }),
        ...(datasetExclude !== undefined && { datasetExclude }),
        ...(datasetSeparator !== undefined && { datasetSeparator }),
      },
    });
  }

  async status(): Promise<WallarooStatus> {
    this.#assertOpen();
    const deployment = await this.#pipeline.refresh().deployment();
    const isDeployed = deployment !== null && (await deployment.deployed());
    const state = isDeployed ? await deployment.status() : null;
    const [newest] = isDeployed ? await deployment.pipelineVersions() : await this.#pipeline.versions();
    const config = newest === undefined ? null : (await this.#read(await newest.definition())).config;
    return {
      pipeline: this.name,
      target: "wallaroo",
      version: newest === undefined ? "" : await newest.name(),
      hash: config?.hash ?? "",
      state: state?.status === "Running" ? "running" : "stopped",
      platformStatus: state?.status ?? null,
      models: (config?.models ?? []).map(({ name, version, sha256 }) => ({ name, version, sha256 })),
    };
  }

  async versions(): Promise<VersionEntry[]> {
    this.#assertOpen();
    const versions = await this.#pipeline.refresh().versions();
    return Promise.all(
      versions.map(async (version) => {
        const [name, created, definition] = await Promise.all([
          version.name(),
          version.createTime(),
          version.definition(),
        ]);
        return { version: name, hash: (await this.#read(definition)).config?.hash ?? "", created };
      }),
    );
  }

  async configuration(version?: string): Promise<Config> {
    this.#assertOpen();
    const found = await this.#version(version);
    return this.#whole(found, await this.#read(await found.definition()));
  }

  builder(): Promise<UncheckedPipeline>;
  builder<In extends Model, Out extends Model>(
    ends: PipelineEnds<In, Out>,
  ): Promise<PipelineOfConfig<Out["outputs"], In["inputs"]>>;
  async builder(ends?: PipelineEnds<Model, Model>): Promise<unknown> {
    this.#assertOpen();
    for (const model of Object.values(ends ?? {}) as readonly Model[]) this.#client.signatures.add(model);
    const version = await this.#version(undefined);
    const read = await this.#read(await version.definition());
    // Inferred ports may not fit together: that says nothing of the pipeline.
    if (read.inferred.length > 0)
      throw this.#unknownPorts(
        read.inferred,
        read.reasons,
        "it cannot be edited by the builder",
        "edit it with live.pipeline()",
      );
    const config = await this.#whole(version, read);
    return ends === undefined ? toPipeline(config) : toPipeline(config, ends);
  }

  async #whole(version: PlatformVersion, { config, problems }: ReadVersion): Promise<Config> {
    if (config !== null && problems.length === 0) return config;
    const lines = problems.map(({ code, path, message }) => `\n  ${code} ${path}: ${message}`).join("");
    throw new ConfigError(
      problems[0]?.code ?? "SL4110",
      `version ${await version.name()} of '${this.name}' cannot be read as a config:${lines}`,
      { pipeline: this.name },
    );
  }

  #unknownPorts(
    models: readonly string[],
    reasons: readonly string[],
    consequence: string,
    wayOut: string,
  ): TargetError {
    const why = reasons.map((reason) => ` (${reason})`).join("");
    return new TargetError(
      "SL6000",
      `pipeline '${this.name}': ${consequence}, because the platform has no schemas of ${models.map((name) => `'${name}'`).join(", ")}${why}; ${wayOut}, or give its models: target.pipeline("${this.name}", { models })`,
      { pipeline: this.name, models },
    );
  }

  async definition(version?: string): Promise<unknown> {
    this.#assertOpen();
    return (await this.#version(version)).definition();
  }

  async inputs(): Promise<Config["inputs"]> {
    this.#assertOpen();
    return (await this.#routeOf()).config.inputs;
  }

  async url(): Promise<string> {
    this.#assertOpen();
    return (await this.#running()).url();
  }

  pipeline(): Pipeline {
    return this.#pipeline;
  }

  async undeploy(): Promise<void> {
    this.#assertOpen();
    const deployment = await this.#pipeline.refresh().deployment();
    if (deployment === null || !(await deployment.deployed())) return;
    this.#route = null;
    await stopDeployment(this.#client, deployment, this.name);
    this.#pipeline.refresh();
  }

  /** Nothing changes on the platform. */
  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  async #version(wanted: string | undefined): Promise<PlatformVersion> {
    const versions = await this.#pipeline.refresh().versions();
    const deployment = wanted === undefined ? await this.#pipeline.deployment() : null;
    if (deployment !== null) {
      const [deployed] = await deployment.pipelineVersions();
      if (deployed !== undefined) return deployed;
    }
    const names = await Promise.all(versions.map((version) => version.name()));
    const found = wanted === undefined ? versions[0] : versions[names.indexOf(wanted)];
    if (found !== undefined) return found;
    throw new TargetError(
      "SL6012",
      `pipeline '${this.name}' has no version '${String(wanted)}'; its versions are ${names.map((name) => `'${name}'`).join(", ")}`,
      { pipeline: this.name },
    );
  }

  async #running(): Promise<Deployment> {
    const deployment = await this.#pipeline.deployment();
    if (deployment !== null && (await deployment.deployed())) return deployment;
    this.#pipeline.refresh();
    throw new TargetError("SL6008", `pipeline '${this.name}' is not deployed; deploy it first`, {
      pipeline: this.name,
    });
  }

  /** Ports that nobody told are read from the schemas of the registry. */
  async #read(definition: unknown): Promise<ReadVersion> {
    const read = this.#readKnown(definition);
    if (read.inferred.length === 0) return { ...read, reasons: [] };
    const reasons = await learnPorts(this.#client, definition);
    return { ...this.#readKnown(definition), reasons };
  }

  #readKnown(definition: unknown): ParsedDefinition {
    const names = new Set(this.#models.map(({ name }) => name));
    const told = this.#client.signatures.of(definition);
    return fromDefinition(definition, { models: [...this.#models, ...told.filter(({ name }) => !names.has(name))] });
  }

  /** What is deployed, asked once. A failure is forgotten. */
  #routeOf(): Promise<Route> {
    return (this.#route ??= this.#findRoute().catch((error: unknown) => {
      this.#route = null;
      throw error;
    }));
  }

  /** A definition does not say the request's columns: they follow from the models' signatures. */
  async #findRoute(): Promise<Route> {
    this.#pipeline.refresh();
    const deployment = await this.#running();
    const [deployed] = await deployment.pipelineVersions();
    const version = deployed ?? (await this.#version(undefined));
    const [definition, url] = await Promise.all([version.definition(), deployment.url()]);
    const { config, inferred, reasons } = await this.#read(definition);
    if (config !== null && inferred.length === 0) return { config, path: new URL(url).pathname };
    throw this.#unknownPorts(
      inferred,
      reasons,
      "its inputs are not known",
      "connect with the pipeline's source, fraud.connect(wallaroo(…))",
    );
  }

  #assertOpen(): void {
    if (!this.#isClosed) return;
    throw new TargetError(
      "SL6009",
      `this deployment of pipeline '${this.name}' is closed; connect again with target.pipeline("${this.name}")`,
      { pipeline: this.name },
    );
  }
}
