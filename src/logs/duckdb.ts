import { TargetError } from "../../dsl/errors.js";

export type DuckDB = typeof import("@duckdb/node-api");

/**
 * DuckDB, loaded when first needed: it is an optional peer.
 *
 * @throws TargetError SL6020 where it is not installed or does not load
 */
export async function loadDuckDB(): Promise<DuckDB> {
  try {
    return await import("@duckdb/node-api");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    const reason = missing ? "is not installed" : `does not load (${error instanceof Error ? error.message : String(error)})`;
    throw new TargetError("SL6020", `the inference log needs @duckdb/node-api, which ${reason}; run: npm install @duckdb/node-api (--ignore-scripts does no harm: it has no install script)`, {}, { cause: error });
  }
}

/** Any text as a quoted SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The first line of what DuckDB says is wrong. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? text;
}
