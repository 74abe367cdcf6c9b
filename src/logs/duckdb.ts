import type {
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBTimestampMillisecondsValue,
  DuckDBValue,
} from "@duckdb/node-api";
import { createRequire } from "node:module";
import { TargetError } from "../../dsl/errors.js";
import { errorMessage } from "../util/error-message.js";
import { canResolve, enginePackages, installCommand } from "../util/process/missing-packages.js";
import { requirePackage } from "../util/process/require-package.js";

/** The most memory in bytes that the log's database takes by default. A row must fit in it. */
export const defaultDatabaseMemory = 256_000_000;

type Chunk = DuckDBDataChunk["chunk"];

/** An opaque vector handle of the native bindings. */
export interface Vector {
  readonly __duckdb_type: "duckdb_vector";
}

/** The part of the native bindings used here: they copy whole columns, where the client copies cell by cell. */
export interface Bindings {
  data_chunk_reset(chunk: Chunk): void;
  data_chunk_set_size(chunk: Chunk, size: number): void;
  data_chunk_get_vector(chunk: Chunk, column: number): Vector;
  copy_data_to_vector(vector: Vector, at: number, buffer: ArrayBuffer, from: number, bytes: number): void;
  copy_data_to_vector_validity(vector: Vector, at: number, buffer: ArrayBuffer, from: number, bytes: number): void;
  vector_ensure_validity_writable(vector: Vector): void;
  vector_assign_string_element(vector: Vector, index: number, text: string): void;
  vector_assign_string_element_len(vector: Vector, index: number, bytes: Uint8Array): void;
  vector_get_data(vector: Vector, bytes: number): Uint8Array;
  list_vector_get_child(vector: Vector): Vector;
  list_vector_get_size(vector: Vector): number;
  list_vector_reserve(vector: Vector, capacity: number): void;
  list_vector_set_size(vector: Vector, size: number): void;
}

export type DuckDB = typeof import("@duckdb/node-api") & { readonly bindings: Bindings };

/**
 * Loads DuckDB on first use: it is an optional peer dependency.
 *
 * @param user what needs it, for the message
 * @param load loads a module by its name, such as `require`
 * @throws TargetError SL6020 if it is not installed or fails to load
 */
export function loadDuckDB(user = "the inference log", load: NodeJS.Require = requirePackage): DuckDB {
  let file: string | undefined;
  try {
    file = load.resolve("@duckdb/node-api");
    // Not `import()`: Node would parse each of its CommonJS files for names to export, which doubles the time.
    const client = load(file) as typeof import("@duckdb/node-api");
    // A dependency of the client, resolved from the client's own folder.
    return { ...client, bindings: createRequire(file)("@duckdb/node-bindings") as Bindings };
  } catch (error) {
    const todo =
      file === undefined
        ? `which is not installed; run: ${installCommand(["@duckdb/node-api", ...enginePackages], (name) => canResolve(load, name))}`
        : `which does not load (${errorMessage(error)}); install it again: npm install --ignore-scripts @duckdb/node-api`;
    throw new TargetError("SL6020", `${user} needs @duckdb/node-api, ${todo}`, {}, { cause: error });
  }
}

/** Quotes a SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a SQL string literal. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Runs `work` in a transaction; rolls back if it fails. */
export async function inTransaction<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  await connection.run("BEGIN");
  try {
    const result = await work();
    await connection.run("COMMIT");
    return result;
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/** Milliseconds since 1970 UTC of a TIMESTAMP_MS value. */
export function timestampMillis(value: DuckDBValue): number {
  return Number((value as DuckDBTimestampMillisecondsValue).millis);
}

/** The first line of an error message. */
export function reasonOf(error: unknown): string {
  const text = errorMessage(error);
  return text.split("\n", 1)[0] ?? text;
}

/**
 * Whether an error or one of its causes has invalidated the database, so that DuckDB refuses all work until the file is
 * reopened.
 */
export function isFatal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /^FATAL|database has been invalidated/.test(error.message) || isFatal(error.cause);
}

/** Whether DuckDB reached its memory limit. Free disk space does not help. */
export function isOutOfMemory(cause: unknown): boolean {
  return /^Out of Memory Error|failed to (allocate|pin) (data|block) of size/.test(errorMessage(cause));
}

/** What to do about a row for which DuckDB has no memory. */
export const moreMemory =
  'a row is too large for the memory of the log\'s database: give it more with local({ databaseMemory: "1GB" }) in the process that has the log open (256 MB by default), or leave large columns out with local({ log: { exclude: ["in.image"] } })';
