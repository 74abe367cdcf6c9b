import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import { isProgramFault } from "../../util/error-message.js";
import { inTransaction, reasonOf, timestampMillis } from "../duckdb.js";
import type { LogLayout } from "../pipeline-log.js";
import type { StoredLog } from "../schema/stored-log.js";
import type {
  AlertState,
  LogSettings,
  ModelFile,
  NewVersion,
  PipelineState,
  StoredAlert,
  StoredPipeline,
  StoredVersion,
} from "../store.js";

const versionColumns = "pipeline, version, config, models, deployed_at, log";

/** The control state: pipelines, versions, logs and alert states. Runs one operation at a time. */
export class Catalog {
  readonly #connection: DuckDBConnection;
  readonly #beforeCommit: () => void;
  #last: Promise<unknown> = Promise.resolve();

  /** @param beforeCommit throws if nothing may be written now */
  constructor(connection: DuckDBConnection, beforeCommit = (): void => undefined) {
    this.#connection = connection;
    this.#beforeCommit = beforeCommit;
  }

  saveVersion(next: NewVersion): Promise<StoredVersion> {
    return this.transaction(async () => {
      const { pipeline, config, models, deployedAt, log } = next;
      const version =
        1 +
        Number(
          (
            await this.#rows("SELECT coalesce(max(version), 0) FROM shapeline_versions WHERE pipeline = $1", [pipeline])
          )[0]?.[0],
        );
      // The version that was deployed last is the current one, also after the clock was set back.
      const time = Math.max(deployedAt.getTime(), await this.#lastDeployed(pipeline));
      await this.#rows(`INSERT INTO shapeline_versions VALUES ($1, $2, $3, $4, make_timestamp_ms($5::BIGINT), $6)`, [
        pipeline,
        version,
        JSON.stringify(config),
        JSON.stringify(models),
        BigInt(time),
        log === undefined ? null : JSON.stringify(log),
      ]);
      if (!(await this.#setState(pipeline, "deployed")))
        await this.#rows("INSERT INTO shapeline_pipelines VALUES ($1, 'deployed')", [pipeline]);
      return { ...next, version, deployedAt: new Date(time) };
    });
  }

  /** Makes a stored version the deployed one: its time of deployment becomes the last one. */
  useVersion(pipeline: string, version: number, deployedAt: Date): Promise<boolean> {
    return this.transaction(async () => {
      const time = Math.max(deployedAt.getTime(), (await this.#lastDeployed(pipeline)) + 1);
      await this.#rows(
        "UPDATE shapeline_versions SET deployed_at = make_timestamp_ms($3::BIGINT) WHERE pipeline = $1 AND version = $2",
        [pipeline, version, BigInt(time)],
      );
      return this.#setState(pipeline, "deployed");
    });
  }

  /** Milliseconds; -Infinity for a pipeline that was never deployed. */
  async #lastDeployed(pipeline: string): Promise<number> {
    const [[time = null] = []] = await this.#rows(
      "SELECT max(deployed_at) FROM shapeline_versions WHERE pipeline = $1",
      [pipeline],
    );
    return time === null ? -Infinity : timestampMillis(time);
  }

  setState(pipeline: string, state: PipelineState): Promise<boolean> {
    return this.transaction(() => this.#setState(pipeline, state));
  }

  async #setState(pipeline: string, state: PipelineState): Promise<boolean> {
    const changed = await this.#rows("UPDATE shapeline_pipelines SET state = $2 WHERE name = $1 RETURNING name", [
      pipeline,
      state,
    ]);
    return changed.length > 0;
  }

  versions(pipeline: string): Promise<StoredVersion[]> {
    return this.#read(async () =>
      (
        await this.#rows(`SELECT ${versionColumns} FROM shapeline_versions WHERE pipeline = $1 ORDER BY version`, [
          pipeline,
        ])
      ).map(parseVersion),
    );
  }

  pipelines(only?: string): Promise<StoredPipeline[]> {
    return this.#read(async () => {
      const rows = await this.#rows(
        `SELECT ${versionColumns}, state FROM shapeline_versions JOIN shapeline_pipelines ON name = pipeline
         WHERE $1 IS NULL OR pipeline = $1
         QUALIFY row_number() OVER (PARTITION BY pipeline ORDER BY deployed_at DESC, version DESC) = 1
         ORDER BY pipeline`,
        [only ?? null],
      );
      return rows.map((row) => ({
        name: String(row[0]),
        state: row[6] === "deployed" ? "deployed" : "undeployed",
        current: parseVersion(row),
      }));
    });
  }

  /** All state changes of the pipeline's alerts, oldest first. */
  alertChanges(pipeline: string): Promise<StoredAlert[]> {
    return this.#read(async () => {
      const rows = await this.#rows(
        "SELECT alert, state, time FROM shapeline_alerts WHERE pipeline = $1 ORDER BY rowid",
        [pipeline],
      );
      return rows.map(([alert, state, time]) => ({
        alert: String(alert),
        state: state as AlertState,
        time: new Date(timestampMillis(time ?? null)),
      }));
    });
  }

  saveAlerts(pipeline: string, changes: readonly StoredAlert[]): Promise<void> {
    return this.transaction(async () => {
      for (const { alert, state, time } of changes) {
        await this.#rows("INSERT INTO shapeline_alerts VALUES ($1, $2, $3, make_timestamp_ms($4::BIGINT))", [
          pipeline,
          alert,
          state,
          BigInt(time.getTime()),
        ]);
      }
    });
  }

  /** The pipeline's logs, newest version first. */
  logs(pipeline: string): Promise<StoredLog[]> {
    return this.#read(() => this.logsInTransaction(pipeline));
  }

  /** As `logs`, inside a transaction. */
  async logsInTransaction(pipeline: string): Promise<StoredLog[]> {
    const rows = await this.#rows(
      "SELECT id, layout FROM shapeline_logs WHERE pipeline = $1 ORDER BY version DESC, id DESC",
      [pipeline],
    );
    return rows.map(([id, layout]) => ({ id: Number(id), layout: JSON.parse(String(layout)) as LogLayout }));
  }

  /** Inside a transaction: registers a log and creates its tables. */
  async addLog(layout: LogLayout, createTables: (id: number) => readonly string[]): Promise<StoredLog> {
    const id = 1 + Number((await this.#rows("SELECT coalesce(max(id), 0) FROM shapeline_logs"))[0]?.[0]);
    await this.#rows("INSERT INTO shapeline_logs VALUES ($1, $2, $3, $4)", [
      id,
      layout.pipeline,
      layout.version,
      JSON.stringify(layout),
    ]);
    for (const statement of createTables(id)) await this.#connection.run(statement);
    return { id, layout };
  }

  /** Inside a transaction: the first value of the first row. */
  async scalar(sql: string): Promise<DuckDBValue> {
    return (await this.#rows(sql))[0]?.[0] ?? null;
  }

  /** Runs work while no other operation runs here. Its errors are passed on unchanged. */
  exclusive<T>(work: (logs: readonly StoredLog[]) => Promise<T>): Promise<T> {
    const run = this.#last.then(async () => {
      const rows = await this.#rows("SELECT id, layout FROM shapeline_logs ORDER BY id");
      return work(rows.map(([id, layout]) => ({ id: Number(id), layout: JSON.parse(String(layout)) as LogLayout })));
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Runs work in a transaction, after all earlier operations. */
  transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#enqueue("SL7014", "the control state cannot be written", () =>
      inTransaction(this.#connection, async () => {
        const result = await work();
        this.#beforeCommit();
        return result;
      }),
    );
  }

  #read<T>(work: () => Promise<T>): Promise<T> {
    return this.#enqueue("SL7010", "the control state cannot be read", work);
  }

  #enqueue<T>(code: "SL7010" | "SL7014", what: string, work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work).catch((error: unknown) => {
      throw error instanceof StorageError || isProgramFault(error)
        ? error
        : new StorageError(code, `${what}: ${reasonOf(error)}`, {}, { cause: error });
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #rows(sql: string, values: DuckDBValue[] = []): Promise<DuckDBValue[][]> {
    return (await this.#connection.run(sql, values)).getRows();
  }
}

function parseVersion([pipeline, version, config, models, deployedAt, log = null]: DuckDBValue[]): StoredVersion {
  return {
    pipeline: String(pipeline),
    version: Number(version),
    config: JSON.parse(String(config)) as unknown,
    models: JSON.parse(String(models)) as ModelFile[],
    deployedAt: new Date(timestampMillis(deployedAt ?? null)),
    ...(log === null ? {} : { log: JSON.parse(String(log)) as LogSettings }),
  };
}
