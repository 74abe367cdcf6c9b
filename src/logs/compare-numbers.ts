import type { DuckDBMapValue, DuckDBValue } from "@duckdb/node-api";
import type { NumberComparison, TimelinePoint } from "./comparison.js";
import { numberOf, quantilesIn, quantilesOf, type Ask } from "./quantiles.js";

const bins = 40;
const moments = 48;

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The numbers of one pair of outputs.
 *
 * @param source a query in parentheses with the columns `time`, `a` (the champion's numbers) and `b` (the challenger's)
 * @param values how many pairs it gives
 */
export async function compareNumbers(ask: Ask, source: string, values: number, { first, last }: { readonly first: number | null; readonly last: number | null }): Promise<NumberComparison> {
  const finite = `(SELECT time, a, b, b - a AS d FROM ${source} WHERE isfinite(a) AND isfinite(b))`;
  const quantile = (expression: string) => quantilesOf(expression, values);
  const [[found, championMean, challengerMean, mean, meanAbsolute, least, greatest, correlation, ...ranks] = []] = await ask(
    `SELECT count(*), avg(a), avg(b), avg(d), avg(abs(d)), min(d), max(d), CASE WHEN min(a) = max(a) OR min(b) = max(b) THEN NULL ELSE corr(a, b) END,
     ${quantile("d")}, ${quantile("a")}, ${quantile("b")} FROM ${finite}`,
  );
  const [quantiles, champion, challenger] = [0, 1, 2].map((i) => quantilesIn(ranks[i], values)) as [NumberComparison["quantiles"], NumberComparison["quantiles"], NumberComparison["quantiles"]];
  const differences = { from: quantiles.p1, to: quantiles.p99 };
  const both = { from: Math.min(champion.p1, challenger.p1), to: Math.max(champion.p99, challenger.p99) };
  const counted = await countBins(ask, finite, { d: differences, a: both, b: both }, first ?? 0, last ?? 0);
  return {
    values: Number(found),
    notFinite: values - Number(found),
    championMean: numberOf(championMean) ?? 0,
    challengerMean: numberOf(challengerMean) ?? 0,
    mean: numberOf(mean) ?? 0,
    meanAbsolute: numberOf(meanAbsolute) ?? 0,
    least: numberOf(least) ?? 0,
    greatest: numberOf(greatest) ?? 0,
    quantiles,
    correlation: finiteOrNull(numberOf(correlation)),
    histogram: { ...differences, counts: counted.d },
    championValues: { ...both, counts: counted.a },
    challengerValues: { ...both, counts: counted.b },
    timeline: counted.timeline,
  };
}

interface Counted {
  readonly d: number[];
  readonly a: number[];
  readonly b: number[];
  readonly timeline: TimelinePoint[];
}

/** Histograms and the course of the difference, in one pass. */
async function countBins(ask: Ask, source: string, spans: { readonly d: Span; readonly a: Span; readonly b: Span }, first: number, last: number): Promise<Counted> {
  const width = (last - first + 1) / moments;
  const moment = `floor((epoch_ms(time) - ${first}) / ${exact(width)})::INTEGER`;
  const rows = await ask(
    `SELECT ${moment}, count(*), avg(d), avg(abs(d)), histogram(${binOf("d", spans.d)}), histogram(${binOf("a", spans.a)}), histogram(${binOf("b", spans.b)}) FROM ${source} GROUP BY 1 ORDER BY 1`,
  );
  const counted: Counted = { d: empty(), a: empty(), b: empty(), timeline: [] };
  for (const [at, values, mean, meanAbsolute, d, a, b] of rows) {
    counted.timeline.push({ time: Math.round(first + (Number(at) + 0.5) * width), values: Number(values), mean: Number(mean), meanAbsolute: Number(meanAbsolute) });
    add(counted.d, d);
    add(counted.a, a);
    add(counted.b, b);
  }
  return counted;
}

const empty = () => new Array<number>(bins).fill(0);

function binOf(column: string, { from, to }: Span): string {
  const width = to - from;
  return width > 0 ? `least(greatest(floor((${column} - ${exact(from)}) / ${exact(width)} * ${bins}), 0), ${bins - 1})::INTEGER` : `${bins / 2}`;
}

function add(counts: number[], found: DuckDBValue | undefined): void {
  for (const { key, value } of (found as DuckDBMapValue | null)?.entries ?? []) counts[Number(key)] = (counts[Number(key)] ?? 0) + Number(value);
}

/** A number in SQL that is read as a DOUBLE, not as a decimal of fewer digits. */
function exact(value: number): string {
  return `'${value}'::DOUBLE`;
}

function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
