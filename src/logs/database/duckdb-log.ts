import { StorageError } from "../../../dsl/errors.js";
import type { ChallengerResult, ResultBatch } from "../../tensors/result.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import type { TableSink } from "../write/write-batch.js";
import { tablesOf, type LogColumn } from "../schema/columns.js";
import type { DuckDB } from "../duckdb.js";
import { encodeRows, type Rows } from "../write/encode-rows.js";
import type { ReopeningDatabase } from "./reopening-database.js";
import type {
  AlertWindow,
  ChallengerNote,
  LogBatch,
  LogLayout,
  LogQuery,
  PipelineLog,
  RowMeta,
} from "../pipeline-log.js";
import { challengerTable, championTable, type StoredLog } from "../schema/stored-log.js";

/** What a log needs of its store. */
export interface LogHost {
  readonly duckdb: DuckDB;
  readonly writer: Pick<ReopeningDatabase, "prepare" | "release" | "whenRoom" | "push" | "flush">;
  readonly onError: (error: StorageError) => void;
  /** The pipeline's next row ids; shared by the logs of all its versions. */
  reserveRowIds(rows: number): bigint;
  read(query: LogQuery): Promise<LogBatch[]>;
  evaluateAlerts(windows: readonly AlertWindow[], now: Date): Promise<boolean[]>;
}

const noMeta: RowMeta = { lastModel: "", elapsed: [], metadata: null };

export class DuckDBLog implements PipelineLog {
  readonly layout: LogLayout;
  readonly #host: LogHost;
  readonly #champion: TableSink;
  readonly #challengers: ReadonlyMap<string, TableSink>;
  #lost: StorageError | null = null;
  #watched: Promise<void> | null = null;
  #closed = false;

  constructor(host: LogHost, { id, layout }: StoredLog) {
    this.layout = layout;
    this.#host = host;
    const tables = tablesOf(layout);
    const table = (name: string, columns: readonly LogColumn[]): TableSink => ({ table: name, columns });
    this.#champion = table(championTable(id), tables.champion);
    this.#challengers = new Map(
      tables.challengers.map(({ name, columns }, i) => [name, table(challengerTable(id, i), columns)]),
    );
  }

  /** To be awaited before rows are logged. */
  async prepare(): Promise<this> {
    for (const sink of this.#sinks()) await this.#host.writer.prepare(sink);
    return this;
  }

  async append(batch: ResultBatch, meta: RowMeta): Promise<{ readonly firstRow: bigint }> {
    const { firstRow, written } = this.#push(batch, meta, true);
    await written;
    return { firstRow };
  }

  whenRoom(): Promise<void> | null {
    return this.#host.writer.whenRoom();
  }

  appendRelaxed(batch: ResultBatch, meta: RowMeta): { readonly firstRow: bigint } {
    const { firstRow, written } = this.#push(batch, meta, false);
    // Rows that are written together share a promise, and what becomes of it.
    if (written !== this.#watched) {
      this.#watched = written;
      written.catch((error: unknown) => {
        this.#lost ??= error as StorageError;
        this.#host.onError(error as StorageError);
      });
    }
    return { firstRow };
  }

  #push(batch: ResultBatch, meta: RowMeta, urgent: boolean) {
    this.#refuseClosed();
    const firstRow = this.#host.reserveRowIds(batch.rows);
    const rows: Rows = {
      count: batch.rows,
      firstRow,
      batch,
      outputs: batch.outputs,
      meta,
      version: this.layout.version,
      note: null,
      took: null,
    };
    return { firstRow, written: this.#write(this.#champion, rows, urgent) };
  }

  async appendChallenger(
    name: string,
    firstRow: bigint,
    rows: number,
    answer: ReadonlyMap<string, TensorData> | ChallengerNote,
    took: number | null = null,
  ): Promise<void> {
    this.#refuseClosed();
    const table = this.#challengers.get(name);
    if (table === undefined)
      throw new StorageError(
        "SL7015",
        `'${name}' is not a challenger of pipeline '${this.layout.pipeline}'; open the log with it`,
        { challenger: name },
      );
    const note = "note" in answer ? answer.note : null;
    const outputs = "note" in answer ? null : answer;
    const batch = {
      time: new Float64Array(0),
      inputs: new Map<string, TensorData>(),
      challengers: new Map<string, ChallengerResult>(),
      failures: new Map<string, Uint8Array>(),
    };
    await this.#write(
      table,
      { count: rows, firstRow, batch, outputs, meta: noMeta, version: this.layout.version, note, took },
      false,
    );
  }

  #write(sink: TableSink, rows: Rows, urgent: boolean): Promise<void> {
    const cells = encodeRows(sink.columns, rows);
    return rows.count === 0 ? Promise.resolve() : this.#host.writer.push(sink, rows.count, cells, urgent);
  }

  async read(query: LogQuery = {}): Promise<LogBatch[]> {
    this.#refuseClosed();
    return this.#host.read(query);
  }

  async evaluateAlerts(windows: readonly AlertWindow[], now: Date): Promise<boolean[]> {
    this.#refuseClosed();
    return this.#host.evaluateAlerts(windows, now);
  }

  async flush(): Promise<void> {
    await this.#host.writer.flush();
    const lost = this.#lost;
    this.#lost = null;
    if (lost !== null) throw lost;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.flush();
    } finally {
      for (const sink of this.#sinks()) this.#host.writer.release(sink);
    }
  }

  #sinks(): TableSink[] {
    return [this.#champion, ...this.#challengers.values()];
  }

  #refuseClosed(): void {
    if (this.#closed)
      throw new StorageError("SL7007", `the log of pipeline '${this.layout.pipeline}' is closed; open it again`, {
        pipeline: this.layout.pipeline,
      });
  }
}
