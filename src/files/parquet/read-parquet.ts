import type { DuckDBConnection } from "@duckdb/node-api";
import { Vector } from "apache-arrow";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { InputError, ShapelineError } from "../../../dsl/errors.js";
import { identifier, loadDuckDB, reasonOf, sqlString, type DuckDB } from "../../logs/duckdb.js";
import type { TableRows } from "../arrow/read-arrow.js";
import { chooseColumns } from "../choose-columns.js";
import type { WantedRows } from "../wanted-rows.js";
import { type Content, tooLarge } from "../rows-source.js";
import { toInputTable } from "../arrow/input-table.js";
import { columnBuilder } from "./column-builder.js";
import { type ParquetColumn, readSchema } from "./parquet-schema.js";

/**
 * Reads the inputs of a pipeline from a Parquet file with DuckDB. Other columns are not read. DuckDB can access this
 * one file only.
 *
 * @throws TargetError SL6020 without DuckDB; InputError SL5030 for a damaged file, SL5033 for more values than
 * `maxBytes`, SL5003, SL5004 and SL5034 for its columns, SL5018 for a type that no input has
 */
export async function readParquet(content: Content, wanted: WantedRows, file: string): Promise<TableRows> {
  const duckdb = loadDuckDB("a Parquet file");
  return withPlainPath(content, async (path) => {
    const instance = await duckdb.DuckDBInstance.create(":memory:", {
      threads: "1",
      memory_limit: `${Math.max(256, Math.ceil(wanted.maxBytes / 1e6))}MB`,
      temp_directory: "",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      allow_community_extensions: "false",
    });
    try {
      const connection = await instance.connect();
      try {
        await connection.run(`SET allowed_paths = [${sqlString(path)}]`);
        await connection.run("SET enable_external_access = false");
        await connection.run("SET lock_configuration = true");
        return await readTable(duckdb, connection, path, wanted, file);
      } finally {
        connection.closeSync();
      }
    } catch (cause) {
      if (cause instanceof ShapelineError) throw cause;
      throw new InputError(
        "SL5030",
        `'${file}' is not a complete Parquet file: ${reasonOf(cause).replaceAll(path, file)}; write it again`,
        { file },
        { cause },
      );
    } finally {
      instance.closeSync();
    }
  });
}

/** DuckDB reads files only, and takes some characters of a path as a pattern: such content gets a temporary file. */
async function withPlainPath<T>({ path, whole }: Content, work: (path: string) => Promise<T>): Promise<T> {
  const absolute = path === null ? null : resolve(path);
  if (absolute !== null && !/[*?[\]{}\\]/.test(absolute)) return work(absolute);
  const folder = await mkdtemp(join(tmpdir(), "shapeline-"));
  try {
    const copy = join(folder, "rows.parquet");
    if (absolute === null) await writeFile(copy, await whole(), { mode: 0o600 });
    else await copyFile(absolute, copy);
    return await work(copy);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readTable(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  path: string,
  wanted: WantedRows,
  file: string,
): Promise<TableRows> {
  const columns = await readSchema(connection, path);
  const chosen = chooseColumns(
    columns.map(({ name }) => name),
    wanted,
    file,
  );
  const selected = chosen.columns.flatMap(({ port, ...input }) =>
    (input.kind === "one" ? [input.at] : input.at).map((at) => ({ port, column: columns[at] as ParquetColumn })),
  );
  const list = selected.map(({ column }) => column.path.map(identifier).join("."));
  const result = await connection.stream(
    `SELECT ${list.join(", ")} FROM read_parquet(${sqlString(path)}, hive_partitioning = false)`,
  );
  const builders = selected.map(({ port, column }, i) =>
    columnBuilder(duckdb, result.columnType(i), {
      dtype: port.dtype,
      where: `'${file}', column '${column.name}'`,
    }),
  );
  for (;;) {
    if (wanted.pace.isDue()) await wanted.pace.rest();
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    for (const [i, builder] of builders.entries()) builder.append(chunk.getColumnVector(i));
    const bytes = builders.reduce((sum, builder) => sum + builder.bytes, 0);
    if (bytes > wanted.maxBytes) throw tooLarge(file, "its values take more", wanted.maxBytes);
  }
  const vectors = builders.map((builder) => new Vector([builder.finish()]));
  return { request: toInputTable(chosen.columns, vectors, file), chosen };
}
