import type { DuckDBValue } from "@duckdb/node-api";
import type { Quantiles } from "./comparison.js";

/** Values up to this many are ranked; of more, quantiles are estimated, so that memory is bounded. */
const ranked = 2_000_000;

/** Runs one query of a comparison. */
export type Ask = (sql: string) => Promise<DuckDBValue[][]>;

/** SQL for the quantiles of an expression that has about so many values. */
export function quantilesOf(expression: string, values: number): string {
  return `${values > ranked ? "approx_quantile" : "quantile_cont"}(${expression}, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])`;
}

/** What that SQL gave. */
export function quantilesIn(found: DuckDBValue | undefined, values: number): Quantiles {
  const [p1 = 0, p5 = 0, p25 = 0, p50 = 0, p75 = 0, p95 = 0, p99 = 0] = ((found as { items?: readonly DuckDBValue[] } | null)?.items ?? []).map(Number);
  return { p1, p5, p25, p50, p75, p95, p99, estimated: values > ranked };
}

export function numberOf(value: DuckDBValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
