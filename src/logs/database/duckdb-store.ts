import { StorageError } from "../../../dsl/errors.js";
import type { LoggedComparison } from "../comparison.js";
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

/** A store handle; several may share one database. */
export class DuckDBStore implements Store {
  readonly file: string;
  readonly readOnly: boolean;
  readonly #database: SharedDatabase;
  readonly #onError: (error: StorageError) => void;
  readonly #release: () => Promise<void>;
  readonly #logs = new Set<PipelineLog>();
  /** DuckDB's native code crashes if a connection is closed while it runs a query. */
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
    return this.#writableDatabase().sessions.use(({ catalog }) => catalog.saveVersion(version));
  }

  async useVersion(pipeline: string, version: number, deployedAt: Date): Promise<boolean> {
    return this.#writableDatabase().sessions.use(({ catalog }) => catalog.useVersion(pipeline, version, deployedAt));
  }

  async versions(pipeline: string): Promise<StoredVersion[]> {
    return this.#read(({ sessions }) => sessions.read(({ catalog }) => catalog.versions(pipeline)));
  }

  async current(pipeline: string): Promise<StoredPipeline | null> {
    return (await this.#read(({ sessions }) => sessions.read(({ catalog }) => catalog.pipelines(pipeline))))[0] ?? null;
  }

  async pipelines(): Promise<StoredPipeline[]> {
    return this.#read(({ sessions }) => sessions.read(({ catalog }) => catalog.pipelines()));
  }

  async setState(pipeline: string, state: PipelineState): Promise<boolean> {
    return this.#writableDatabase().sessions.use(({ catalog }) => catalog.setState(pipeline, state));
  }

  async openLog(layout: LogLayout): Promise<PipelineLog> {
    const database = this.#writableDatabase();
    const stored = await database.openLog(layout);
    const log = new DuckDBLog(
      {
        duckdb: database.duckdb,
        writer: database.sessions,
        onError: this.#onError,
        reserveRowIds: (rows) => database.reserveRowIds(layout.pipeline, rows),
        read: (query) => this.#read(() => database.read(layout.pipeline, query)),
        measureAlerts: (alerts, now) => this.#read(() => database.measureAlerts(stored, alerts, now)),
      },
      stored,
    );
    await log.prepare();
    this.#logs.add(log);
    return log;
  }

  async alertChanges(pipeline: string): Promise<StoredAlert[]> {
    return this.#read(({ sessions }) => sessions.read(({ catalog }) => catalog.alertChanges(pipeline)));
  }

  async saveAlerts(pipeline: string, changes: readonly StoredAlert[]): Promise<void> {
    return this.#writableDatabase().sessions.use(({ catalog }) => catalog.saveAlerts(pipeline, changes));
  }

  async readLog(pipeline: string, query: LogQuery = {}): Promise<LogBatch[]> {
    return this.#read((database) => database.read(pipeline, query));
  }

  async *pages(
    pipeline: string,
    query: LogQuery,
    size: PageSize,
  ): AsyncGenerator<readonly LogBatch[], void, undefined> {
    const pages = this.#openDatabase().pages(pipeline, query, size);
    try {
      for (;;) {
        const page = await this.#read(() => pages.next());
        if (page.done === true) return;
        yield page.value;
      }
    } finally {
      await pages.return();
    }
  }

  async sweep(): Promise<SweepResult | null> {
    return this.#writableDatabase().sweep();
  }

  async layouts(pipeline: string, query: LogQuery = {}): Promise<LogLayout[]> {
    return this.#read((database) => database.layouts(pipeline, query));
  }

  async compare(pipeline: string, query: LogQuery = {}): Promise<LoggedComparison> {
    return this.#read((database) => database.compare(pipeline, query));
  }

  problem(): StorageError | null {
    return this.#database.problem();
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#reads.settled();
    const results = await Promise.allSettled(Array.from(this.#logs, (log) => log.close()));
    await this.#release();
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  #read<T>(read: (database: SharedDatabase) => Promise<T>): Promise<T> {
    const database = this.#openDatabase();
    return this.#reads.run(() => read(database));
  }

  #openDatabase(): SharedDatabase {
    if (this.#closed !== undefined)
      throw new StorageError("SL7007", `the store '${this.file}' is closed; open it again`, { file: this.file });
    return this.#database;
  }

  #writableDatabase(): SharedDatabase {
    const database = this.#openDatabase();
    if (!this.readOnly) return database;
    throw new StorageError(
      "SL7008",
      `the store '${this.file}' is open for reading only; open it without readOnly to write`,
      { file: this.file },
    );
  }
}
