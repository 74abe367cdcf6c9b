import { StorageError } from "../../../dsl/errors.js";
import type { Comparison } from "../comparison.js";
import { DuckDBLog } from "./duckdb-log.js";
import type { LogBatch, LogLayout, LogQuery, PageSize, PipelineLog } from "../pipeline-log.js";
import type { SharedDatabase } from "./shared-database.js";
import type {
  NewVersion,
  PipelineState,
  Store,
  StoredAlert,
  StoredPipeline,
  StoredVersion,
  SweepResult,
} from "../store.js";
import { PendingWork } from "../../util/pending-work.js";

/** One holder's view of a shared database. */
export class DuckDBStore implements Store {
  readonly file: string;
  readonly readOnly: boolean;
  readonly #database: SharedDatabase;
  readonly #onError: (error: StorageError) => void;
  readonly #release: () => Promise<void>;
  readonly #logs = new Set<PipelineLog>();
  /** DuckDB's native code does not survive a connection that is closed under a query. */
  readonly #reads = new PendingWork();
  #closed: Promise<void> | undefined;

  constructor(
    database: SharedDatabase,
    readOnly: boolean,
    onError: (error: StorageError) => void,
    release: () => Promise<void>,
  ) {
    this.file = database.file;
    this.readOnly = readOnly;
    this.#database = database;
    this.#onError = onError;
    this.#release = release;
  }

  async saveVersion(version: NewVersion): Promise<StoredVersion> {
    return this.#writable().sessions.use(({ catalog }) => catalog.saveVersion(version));
  }

  async versions(pipeline: string): Promise<StoredVersion[]> {
    return this.#reading(({ sessions }) => sessions.read(({ catalog }) => catalog.versions(pipeline)));
  }

  async current(pipeline: string): Promise<StoredPipeline | null> {
    return (
      (await this.#reading(({ sessions }) => sessions.read(({ catalog }) => catalog.pipelines(pipeline))))[0] ?? null
    );
  }

  async pipelines(): Promise<StoredPipeline[]> {
    return this.#reading(({ sessions }) => sessions.read(({ catalog }) => catalog.pipelines()));
  }

  async setState(pipeline: string, state: PipelineState): Promise<boolean> {
    return this.#writable().sessions.use(({ catalog }) => catalog.setState(pipeline, state));
  }

  async openLog(layout: LogLayout): Promise<PipelineLog> {
    const database = this.#writable();
    const stored = await database.openLog(layout);
    const log = new DuckDBLog(
      {
        duckdb: database.duckdb,
        writer: database.sessions,
        onError: this.#onError,
        reserveRowIds: (rows) => database.reserveRowIds(layout.pipeline, rows),
        read: (query) => this.#reading(() => database.read(layout.pipeline, query)),
        evaluateAlerts: (windows, now) => this.#reading(() => database.holds(stored, windows, now)),
      },
      stored,
    );
    await log.prepare();
    this.#logs.add(log);
    return log;
  }

  async alertChanges(pipeline: string): Promise<StoredAlert[]> {
    return this.#reading(({ sessions }) => sessions.read(({ catalog }) => catalog.alertChanges(pipeline)));
  }

  async saveAlerts(pipeline: string, changes: readonly StoredAlert[]): Promise<void> {
    return this.#writable().sessions.use(({ catalog }) => catalog.saveAlerts(pipeline, changes));
  }

  async readLog(pipeline: string, query: LogQuery = {}): Promise<LogBatch[]> {
    return this.#reading((database) => database.read(pipeline, query));
  }

  async *pages(
    pipeline: string,
    query: LogQuery,
    size: PageSize,
  ): AsyncGenerator<readonly LogBatch[], void, undefined> {
    const pages = this.#open().pages(pipeline, query, size);
    try {
      for (;;) {
        const page = await this.#reading(() => pages.next());
        if (page.done === true) return;
        yield page.value;
      }
    } finally {
      await pages.return();
    }
  }

  async sweep(): Promise<SweepResult | null> {
    return this.#writable().sweep();
  }

  async layouts(pipeline: string, query: LogQuery = {}): Promise<LogLayout[]> {
    return this.#reading((database) => database.layouts(pipeline, query));
  }

  async compare(pipeline: string, query: LogQuery = {}): Promise<Comparison> {
    return this.#reading((database) => database.compare(pipeline, query));
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#reads.settled();
    const ends = await Promise.allSettled(Array.from(this.#logs, (log) => log.close()));
    await this.#release();
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  #reading<T>(read: (database: SharedDatabase) => Promise<T>): Promise<T> {
    const database = this.#open();
    return this.#reads.run(() => read(database));
  }

  #open(): SharedDatabase {
    if (this.#closed !== undefined)
      throw new StorageError("SL7007", `the store '${this.file}' is closed; open it again`, { file: this.file });
    return this.#database;
  }

  #writable(): SharedDatabase {
    const database = this.#open();
    if (!this.readOnly) return database;
    throw new StorageError(
      "SL7008",
      `the store '${this.file}' is open for reading only; open it without readOnly to write`,
      { file: this.file },
    );
  }
}
