import { rm } from "node:fs/promises";
import { DataType, Precision, type RecordBatch, type Schema } from "apache-arrow";
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance, DuckDBType } from "@duckdb/node-api";
import { ArrowChunkWriter } from "./arrow-chunk-writer.js";
import { batchSize } from "./arrow-size.js";
import { identifier, loadDuckDB, sqlString, type DuckDB } from "../duckdb.js";

const chunkRows = 2048;

interface Staged {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  readonly appender: DuckDBAppender;
  readonly chunk: ArrowChunkWriter;
}

/** Of a row group's bytes, as they lie in Arrow; DuckDB holds one in memory while it writes it. */
const groupBytes = 32 * 2 ** 20;
const groupRows = 122_880;

/**
 * A Parquet file. DuckDB writes it at the end, from a table that spills to a folder beside it, so that memory is bounded. All rows come
 * in one transaction, and in small parts: what the appender does, it does on the event loop.
 */
export class ParquetFileWriter {
  readonly #path: string;
  #staged: Staged | null = null;
  #rows = 0;
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async write(batch: RecordBatch): Promise<void> {
    this.#staged ??= await this.#stage(batch.schema);
    const { appender, chunk } = this.#staged;
    for (let from = 0; from < batch.numRows; from += chunkRows)
      appender.appendDataChunk(chunk.fill(batch, from, Math.min(chunkRows, batch.numRows - from)));
    appender.flushSync();
    this.#rows += batch.numRows;
    this.#bytes += batchSize(batch);
  }

  async end(): Promise<void> {
    const staged = this.#staged;
    this.#staged = null;
    if (staged === null) return;
    try {
      staged.appender.closeSync();
      await staged.connection.run("COMMIT");
      const rows = Math.max(Math.min(Math.floor((groupBytes * this.#rows) / this.#bytes), groupRows), 1);
      await staged.connection.run(`COPY staged TO ${sqlString(this.#path)} (FORMAT parquet, ROW_GROUP_SIZE ${rows})`);
    } finally {
      this.#letGo(staged);
      await this.#clear();
    }
  }

  async abandon(): Promise<void> {
    const staged = this.#staged;
    this.#staged = null;
    try {
      staged?.appender.closeSync();
    } finally {
      if (staged !== null) this.#letGo(staged);
      await this.#clear();
    }
  }

  #letGo({ connection, instance }: Staged): void {
    connection.closeSync();
    instance.closeSync();
  }

  get #spill(): string {
    return `${this.#path}.spill`;
  }

  async #clear(): Promise<void> {
    await rm(this.#spill, { recursive: true, force: true });
  }

  async #stage({ fields }: Schema): Promise<Staged> {
    const duckdb = await loadDuckDB();
    const instance = await duckdb.DuckDBInstance.create(":memory:", {
      threads: "1",
      memory_limit: "128MB",
      temp_directory: this.#spill,
    });
    const connection = await instance.connect();
    const types = fields.map(({ type }) => duckType(duckdb, type as DataType));
    await connection.run(
      `CREATE TABLE staged (${fields.map(({ name }, i) => `${identifier(name)} ${String(types[i])}`).join(", ")})`,
    );
    await connection.run("BEGIN");
    return {
      instance,
      connection,
      appender: await connection.createAppender("staged"),
      chunk: new ArrowChunkWriter(duckdb, types),
    };
  }
}

function duckType(duckdb: DuckDB, type: DataType): DuckDBType {
  if (DataType.isList(type)) return duckdb.LIST(duckType(duckdb, type.valueType as DataType));
  if (DataType.isUtf8(type)) return duckdb.VARCHAR;
  if (DataType.isBool(type)) return duckdb.BOOLEAN;
  if (DataType.isTimestamp(type)) return duckdb.TIMESTAMP_MS;
  if (DataType.isFloat(type)) return type.precision === Precision.DOUBLE ? duckdb.DOUBLE : duckdb.FLOAT;
  const [whole, natural] = [
    { 8: duckdb.TINYINT, 16: duckdb.SMALLINT, 32: duckdb.INTEGER, 64: duckdb.BIGINT },
    { 8: duckdb.UTINYINT, 16: duckdb.USMALLINT, 32: duckdb.UINTEGER, 64: duckdb.UBIGINT },
  ];
  const { isSigned, bitWidth } = type as DataType & { readonly isSigned: boolean; readonly bitWidth: 8 | 16 | 32 | 64 };
  return (isSigned ? whole : natural)[bitWidth];
}
