import type { DuckDBConnection } from "@duckdb/node-api";
import { tableColumns } from "../schema/columns.js";
import type { LoggedComparison, Quantiles, ValidationFailures } from "../comparison.js";
import { ChallengerStats } from "./challenger-stats.js";
import { scanLog } from "./scan.js";
import { whereClause } from "../schema/where.js";
import { identifier, type DuckDB } from "../duckdb.js";
import { outputPairs, withheldOutputs } from "./output-pairs.js";
import type { Period } from "./output-stats.js";
import type { LogQuery } from "../pipeline-log.js";
import { QuantileSketch } from "./quantile-sketch.js";
import { readError } from "../read/read-pages.js";
import { championTable, type StoredLog } from "../schema/stored-log.js";

/** Maximum numbers kept for exact quantiles: of all sketches together, and of one sketch. */
const maxExactTotal = 8_000_000;
const maxExactPerSketch = 2 ** 18;

/** A log and the range of its rows for a query. */
interface LogRange {
  readonly log: StoredLog;
  readonly firstRow: bigint;
  readonly lastRow: bigint;
}

/**
 * Compares the champion with each challenger in one pass over the log. Memory does not grow with the log.
 *
 * @param logs the pipeline's logs, newest version first
 * @throws StorageError SL7013, SL7010
 */
export async function compareLogs(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  pipeline: string,
  logs: readonly StoredLog[],
  query: LogQuery,
): Promise<LoggedComparison> {
  const where = whereClause(query);
  try {
    const { ranges, period } = await logRanges(connection, logs, where);
    const stored = ranges.map(({ log }) => log);
    const names = [...new Set(stored.flatMap(({ layout }) => layout.challengers.map(({ name }) => name)))];
    const pairs = names.map((name) => ({ name, pairs: outputPairs(name, stored) }));
    const sketches = pairs.reduce((sum, { pairs: outputs }) => sum + 1 + 3 * outputs.length, 1);
    const exactLimit = Math.min(maxExactPerSketch, Math.floor(maxExactTotal / sketches));
    const elapsed = new QuantileSketch(exactLimit);
    const challengers = pairs.map(
      ({ name, pairs: outputs }) =>
        new ChallengerStats(name, outputs, period ?? { first: 0, last: 0 }, exactLimit, query.within),
    );
    let rows = 0;
    for (const { log, firstRow, lastRow } of ranges)
      rows += await scanLog(duckdb, connection, log, { firstRow, lastRow, where }, elapsed, challengers);
    return {
      pipeline,
      within: query.within ?? null,
      rows,
      first: period?.first ?? null,
      last: period?.last ?? null,
      versions: stored.map(({ layout }) => layout.version),
      failures: await countFailures(connection, stored, where),
      elapsed: quantilesOrNull(elapsed),
      challengers: challengers.map((challenger) => challenger.result()),
      withheld: withheldOutputs(stored),
    };
  } catch (error) {
    throw readError(error);
  }
}

/** The logs with rows for a query, and the period of these rows; null without rows. */
async function logRanges(
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  where: string,
): Promise<{ readonly ranges: readonly LogRange[]; readonly period: Period | null }> {
  const ranges: LogRange[] = [];
  let [first, last] = [Infinity, -Infinity];
  for (const log of logs) {
    const sql = `SELECT min(row), max(row), epoch_ms(min(time)), epoch_ms(max(time)) FROM ${identifier(championTable(log.id))} WHERE ${where}`;
    const [[firstRow, lastRow, from, to] = []] = await (await connection.run(sql)).getRows();
    if (typeof firstRow !== "bigint" || typeof lastRow !== "bigint") continue;
    ranges.push({ log, firstRow, lastRow });
    [first, last] = [Math.min(first, Number(from)), Math.max(last, Number(to))];
  }
  return { ranges, period: ranges.length === 0 ? null : { first, last } };
}

async function countFailures(
  connection: DuckDBConnection,
  logs: readonly StoredLog[],
  where: string,
): Promise<ValidationFailures[]> {
  const failures = new Map<string, ValidationFailures>();
  for (const { id, layout } of logs) {
    const flags = tableColumns(layout).champion.filter(({ kind }) => kind === "validation");
    if (flags.length === 0) continue;
    const sums = flags.map(({ column }) => `count(*) FILTER (${identifier(column)})`).join(", ");
    const [[rows, ...failed] = []] = await (
      await connection.run(`SELECT count(*), ${sums} FROM ${identifier(championTable(id))} WHERE ${where}`)
    ).getRows();
    flags.forEach(({ name }, i) => {
      const entry = failures.get(name) ?? { validation: name, rows: 0, failed: 0 };
      failures.set(name, {
        validation: name,
        rows: entry.rows + Number(rows),
        failed: entry.failed + Number(failed[i]),
      });
    });
  }
  return [...failures.values()];
}

function quantilesOrNull(sketch: QuantileSketch): Quantiles | null {
  return sketch.count === 0 ? null : sketch.quantiles();
}
