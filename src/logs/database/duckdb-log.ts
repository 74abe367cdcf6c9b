import { StorageError } from "../../../dsl/errors.js";
import type { ChallengerResult, ResultBatch } from "../../tensors/result.js";
import type { RowsTensor } from "../../tensors/tensor-data.js";
import type { TableSink } from "../write/write-batch.js";
import { tableColumns, type LogColumn } from "../schema/columns.js";
import type { DuckDB } from "../duckdb.js";
import { type EncodeRows, rowEncoder, type Rows } from "../write/encode-rows.js";
import type { Urgency } from "../write/group-commit.js";
import type { ReopeningDatabase } from "./reopening-database.js";
import type {
  AlertValues,
  AlertWindow,
  MeasuredAlert,
  ChallengerNote,
  LogBatch,
  LogLayout,
  LogQuery,
  PipelineLog,
  RowMeta,
} from "../pipeline-log.js";
import { challengerTable, championTable, type StoredLog } from "../schema/stored-log.js";
import { loggedMetadata } from "../schema/withheld.js";

/** The part of the store that a log uses. */
export interface LogHost {
  readonly duckdb: DuckDB;
  readonly writer: Pick<ReopeningDatabase, "prepare" | "release" | "whenRoom" | "push" | "flush" | "dropRelaxed">;
  readonly onError: (error: StorageError) => void;
  /** Reserves row ids; the logs of all versions of the pipeline share one sequence. */
  reserveRowIds(rows: number): bigint;
  read(query: LogQuery): Promise<LogBatch[]>;
  measureAlerts(alerts: readonly MeasuredAlert[], now: Date): Promise<AlertValues[]>;
}

interface LogTable {
  readonly sink: TableSink;
  readonly encode: EncodeRows;
}

function logTable(table: string, columns: readonly LogColumn[]): LogTable {
  return { sink: { table, columns }, encode: rowEncoder(columns) };
}

const noMeta: RowMeta = { lastModel: "", elapsed: [], metadata: null };

/** The log of one pipeline version in a DuckDB database. */
export class DuckDBLog implements PipelineLog {
  readonly layout: LogLayout;
  readonly #host: LogHost;
  readonly #champion: LogTable;
  readonly #challengers: ReadonlyMap<string, LogTable>;
  #unreportedError: StorageError | null = null;
  #lastRelaxed: Promise<void> | null = null;
  #closed = false;

  constructor(host: LogHost, { id, layout }: StoredLog) {
    this.layout = layout;
    this.#host = host;
    const tables = tableColumns(layout);
    this.#champion = logTable(championTable(id), tables.champion);
    this.#challengers = new Map(
      tables.challengers.map(({ name, columns }, i) => [name, logTable(challengerTable(id, i), columns)]),
    );
  }

  /** Await it before rows are logged. */
  async prepare(): Promise<this> {
    for (const sink of this.#sinks()) await this.#host.writer.prepare(sink);
    return this;
  }

  async append(batch: ResultBatch, meta: RowMeta): Promise<{ readonly firstRow: bigint }> {
    const { firstRow, written } = this.#push(batch, meta, "urgent");
    await written;
    return { firstRow };
  }

  whenRoom(rows = 1): Promise<void> | null {
    return this.#host.writer.whenRoom(rows);
  }

  appendRelaxed(batch: ResultBatch, meta: RowMeta): { readonly firstRow: bigint } {
    const { firstRow, written } = this.#push(batch, meta, "relaxed");
    // Rows written together share one promise: handle its rejection once.
    if (written !== this.#lastRelaxed) {
      this.#lastRelaxed = written;
      written.catch((error: unknown) => {
        this.#unreportedError ??= error as StorageError;
        // `close` throws it.
        if (!this.#closed) this.#host.onError(error as StorageError);
      });
    }
    return { firstRow };
  }

  #push(batch: ResultBatch, meta: RowMeta, urgency: Urgency) {
    this.#assertOpen();
    const firstRow = this.#host.reserveRowIds(batch.rows);
    const metadata = loggedMetadata(meta.metadata, this.layout.withheld);
    const rows: Rows = {
      count: batch.rows,
      firstRow,
      batch,
      outputs: batch.outputs,
      meta: metadata === meta.metadata ? meta : { ...meta, metadata },
      version: this.layout.version,
      note: null,
      elapsed: null,
    };
    return { firstRow, written: this.#write(this.#champion, rows, urgency) };
  }

  async appendChallenger(
    name: string,
    firstRow: bigint,
    rows: number,
    result: ReadonlyMap<string, RowsTensor> | ChallengerNote,
    elapsed: number | null = null,
  ): Promise<void> {
    this.#assertOpen();
    const table = this.#challengers.get(name);
    if (table === undefined)
      throw new StorageError(
        "SL7015",
        `'${name}' is not a challenger of pipeline '${this.layout.pipeline}'; add it to the layout that opens the log`,
        { challenger: name },
      );
    const note = "note" in result ? result.note : null;
    const outputs = "note" in result ? null : result;
    const batch = {
      time: new Float64Array(0),
      inputs: new Map<string, RowsTensor>(),
      challengers: new Map<string, ChallengerResult>(),
      failures: new Map<string, Uint8Array>(),
    };
    await this.#write(
      table,
      { count: rows, firstRow, batch, outputs, meta: noMeta, version: this.layout.version, note, elapsed },
      "companion",
    );
  }

  #write({ sink, encode }: LogTable, rows: Rows, urgency: Urgency): Promise<void> {
    const cells = encode(rows);
    return rows.count === 0 ? Promise.resolve() : this.#host.writer.push(sink, rows.count, cells, urgency);
  }

  async read(query: LogQuery = {}): Promise<LogBatch[]> {
    this.#assertOpen();
    return this.#host.read(query);
  }

  async evaluateAlerts(windows: readonly AlertWindow[], now: Date): Promise<boolean[]> {
    const values = await this.measureAlerts(
      windows.map((window) => ({ ...window, aggregates: [] })),
      now,
    );
    return values.map(({ holds }) => holds);
  }

  async measureAlerts(alerts: readonly MeasuredAlert[], now: Date): Promise<AlertValues[]> {
    this.#assertOpen();
    return this.#host.measureAlerts(alerts, now);
  }

  async flush(): Promise<void> {
    await this.#host.writer.flush();
    const error = this.#unreportedError;
    this.#unreportedError = null;
    if (error !== null) throw error;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.flush();
    } catch (error) {
      throw this.#host.writer.dropRelaxed(this.#sinks()) ?? error;
    } finally {
      for (const sink of this.#sinks()) this.#host.writer.release(sink);
    }
  }

  #sinks(): TableSink[] {
    return [this.#champion, ...this.#challengers.values()].map(({ sink }) => sink);
  }

  #assertOpen(): void {
    if (this.#closed)
      throw new StorageError("SL7007", `the log of pipeline '${this.layout.pipeline}' is closed; open it again`, {
        pipeline: this.layout.pipeline,
      });
  }
}
