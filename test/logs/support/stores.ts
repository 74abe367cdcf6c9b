import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { onTestFinished, vi } from "vitest";
import { openStore } from "../../../src/logs/open-store.js";
import type { LogReader, Store, StoreOptions } from "../../../src/logs/store.js";

/** A new folder that is deleted after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A store that is closed after the test. */
export async function storeIn(folder: string, options?: StoreOptions): Promise<Store> {
  const store = await openStore(folder, options);
  onTestFinished(() => store.close().catch(() => undefined));
  return store;
}

/** The ids of all rows of pipeline `fraud`, newest row first. */
export async function rowIdsOf(reader: Pick<LogReader, "readLog">): Promise<bigint[]> {
  return (await reader.readLog("fraud", { limit: 20_000_000 })).flatMap(({ rowIds }) => rowIds);
}

/** Runs work on a folder's database file without the store. */
export async function withDatabase<T>(folder: string, use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(join(folder, "shapeline.duckdb"));
  const connection = await instance.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Makes every statement that starts with `prefix` fail. Returns a function that restores DuckDB. */
export function failStatements(prefix: string, message: string): () => void {
  const run = DuckDBConnection.prototype.run;
  const spy = vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(function (
    this: DuckDBConnection,
    sql,
    ...rest
  ) {
    return sql.startsWith(prefix) ? Promise.reject(new Error(message)) : run.call(this, sql, ...rest);
  });
  return () => spy.mockRestore();
}

/** Runs work and returns its process warnings, in which the folder's path is replaced with `<folder>`. */
export async function warningsOf(folder: string, work: () => Promise<unknown>): Promise<string[]> {
  const spy = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  try {
    await work();
    return spy.mock.calls.map(([text]) =>
      String(text)
        .replaceAll(folder, "<folder>")
        .replace(/damaged-[^']*/, "damaged-<time>"),
    );
  } finally {
    spy.mockRestore();
  }
}
