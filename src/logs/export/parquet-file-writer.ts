import { mkdir, rm, writeFile } from "node:fs/promises";
import { DataType, Precision, type RecordBatch, type Schema } from "apache-arrow";
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance, DuckDBType } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import { ArrowChunkWriter } from "./arrow-chunk-writer.js";
import { batchSize } from "./arrow-size.js";
import { privateFile, privateFolder } from "../../util/files/make-directory.js";
import { identifier, loadDuckDB, sqlString, type DuckDB } from "../duckdb.js";

const chunkRows = 2048;

interface Staging {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  readonly appender: DuckDBAppender;
  readonly chunk: ArrowChunkWriter;
  /** Of the rows: the columns that the log leaves out. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Maximum Arrow bytes and rows of a row group. DuckDB keeps one row group in memory while it writes it. */
const groupBytes = 32 * 2 ** 20;
const groupRows = 122_880;

/**
 * Writes a Parquet file. Rows are staged in a DuckDB table that spills to a folder beside the file, so that memory is
 * bounded; `end` writes the file. Rows are appended in one transaction and in small chunks, because the appender blocks
 * the event loop.
 */
export class ParquetFileWriter {
  readonly #path: string;
  #staging: Staging | null = null;
  #rows = 0;
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async write(batch: RecordBatch): Promise<void> {
    this.#staging ??= await this.#stage(batch.schema);
    const { appender, chunk } = this.#staging;
    for (let from = 0; from < batch.numRows; from += chunkRows)
      appender.appendDataChunk(chunk.fill(batch, from, Math.min(chunkRows, batch.numRows - from)));
    appender.flushSync();
    this.#rows += batch.numRows;
    this.#bytes += batchSize(batch);
  }

  async end(): Promise<void> {
    const staging = this.#staging;
    this.#staging = null;
    if (staging === null) return;
    try {
      staging.appender.closeSync();
      await staging.connection.run("COMMIT");
      const rows = Math.max(Math.min(Math.floor((groupBytes * this.#rows) / this.#bytes), groupRows), 1);
      // DuckDB writes into the file that is there and keeps its permissions.
      await writeFile(this.#path, "", { mode: privateFile, flag: "wx" });
      await staging.connection.run(
        `COPY staged TO ${sqlString(this.#path)} (FORMAT parquet, ROW_GROUP_SIZE ${rows}, USE_TMP_FILE false${keyValues(staging.metadata)})`,
      );
    } finally {
      this.#close(staging);
      await this.#removeSpill();
    }
  }

  async discard(): Promise<void> {
    const staging = this.#staging;
    this.#staging = null;
    try {
      staging?.appender.closeSync();
    } finally {
      if (staging !== null) this.#close(staging);
      await this.#removeSpill();
    }
  }

  #close({ connection, instance }: Staging): void {
    connection.closeSync();
    instance.closeSync();
  }

  get #spill(): string {
    return `${this.#path}.spill`;
  }

  async #removeSpill(): Promise<void> {
    await rm(this.#spill, { recursive: true, force: true });
  }

  async #stage({ fields, metadata }: Schema): Promise<Staging> {
    const unnamed = fields.find(({ name }) => String(name).includes("\0"));
    if (unnamed !== undefined)
      throw new StorageError(
        "SL7030",
        `the column ${JSON.stringify(unnamed.name)} has the character NUL in its name, which Parquet cannot hold; export as "arrow" or "json", or rename the port`,
        { column: unnamed.name },
      );
    const names = fields.map(({ name }) => String(name));
    const folded = names.map((name) => name.toLowerCase());
    const second = folded.findIndex((name, i) => folded.indexOf(name) < i);
    if (second >= 0)
      throw new StorageError(
        "SL7030",
        `the columns '${names[folded.indexOf(folded[second] ?? "")] ?? ""}' and '${names[second] ?? ""}' differ in case only, and DuckDB would write the second one to Parquet under another name; export as "arrow" or "json", leave one out with datasetExclude, or rename the port`,
        { column: names[second] },
      );
    await mkdir(this.#spill, privateFolder);
    const duckdb = loadDuckDB();
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
      metadata,
    };
  }
}

/** The option of `COPY` that writes metadata beside the schema, as Arrow exports have them. */
function keyValues(metadata: ReadonlyMap<string, string>): string {
  if (metadata.size === 0) return "";
  const pairs = Array.from(metadata, ([key, value]) => `${identifier(key)}: ${sqlString(value)}`);
  return `, KV_METADATA {${pairs.join(", ")}}`;
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
