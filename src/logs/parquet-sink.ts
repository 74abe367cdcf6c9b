import { rm } from "node:fs/promises";
import { DataType, Precision, type RecordBatch, type Schema } from "apache-arrow";
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance, DuckDBType } from "@duckdb/node-api";
import { ArrowChunk } from "./arrow-chunk.js";
import { identifier, loadDuckDB, type DuckDB } from "./duckdb.js";

const chunkRows = 2048;

interface Staged {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  readonly appender: DuckDBAppender;
  readonly chunk: ArrowChunk;
}

/** A Parquet file. DuckDB writes it at the end, from a database of its own beside it, so that memory is bounded. */
export class ParquetSink {
  readonly #path: string;
  #staged: Staged | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  async write(batch: RecordBatch): Promise<void> {
    this.#staged ??= await this.#stage(batch.schema);
    const { appender, chunk } = this.#staged;
    for (let from = 0; from < batch.numRows; from += chunkRows) appender.appendDataChunk(chunk.fill(batch, from, Math.min(chunkRows, batch.numRows - from)));
  }

  async end(): Promise<void> {
    const staged = this.#staged;
    this.#staged = null;
    if (staged === null) return;
    try {
      staged.appender.closeSync();
      await staged.connection.run(`COPY staged TO '${this.#path.replaceAll("'", "''")}' (FORMAT parquet)`);
    } finally {
      staged.connection.closeSync();
      staged.instance.closeSync();
      await removeStage(this.#path);
    }
  }

  async #stage({ fields }: Schema): Promise<Staged> {
    const duckdb = await loadDuckDB();
    await removeStage(this.#path);
    const instance = await duckdb.DuckDBInstance.create(stageOf(this.#path), { threads: "1", memory_limit: "256MB" });
    const connection = await instance.connect();
    const types = fields.map(({ type }) => duckType(duckdb, type as DataType));
    await connection.run(`CREATE TABLE staged (${fields.map(({ name }, i) => `${identifier(name)} ${String(types[i])}`).join(", ")})`);
    return { instance, connection, appender: await connection.createAppender("staged"), chunk: new ArrowChunk(duckdb, types) };
  }
}

const stageOf = (path: string): string => `${path}.duckdb`;

async function removeStage(path: string): Promise<void> {
  for (const ending of ["", ".wal"]) await rm(`${stageOf(path)}${ending}`, { force: true });
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
