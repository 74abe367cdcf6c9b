import type {
  ChallengerComparison,
  Comparison,
  OutputComparison,
  Quantiles,
  ValidationComparison,
} from "../logs/comparison.js";

/** A row of a table: a label and its formatted value. */
export type Fact = readonly [label: string, value: string];

const withheldReasons = {
  excluded: "excluded from the log",
  redacted: "redacted in the log",
  long: "the log may hold only its shape and digest",
};

export function championFacts({ rows, first, last, versions, elapsed, failures, withheld }: Comparison): Fact[] {
  if (rows === 0 || first === null || last === null) return [["rows", "none in this period"]];
  return [
    ["rows", formatCount(rows)],
    ["period", `${new Date(first).toISOString()} to ${new Date(last).toISOString()}`],
    [versions.length === 1 ? "version" : "versions", versions.toReversed().join(", ")],
    ...(elapsed === null ? [] : [["request time", formatLatency(elapsed)] as const]),
    ...failures.map(({ validation, rows: checked, failed }): Fact => [
      `fails '${stripControls(validation)}'`,
      `${formatCount(failed)} of ${formatCount(checked)} (${formatPercent(failed, checked)})`,
    ]),
    ...withheld.map(({ column, reason }): Fact => [
      "not compared",
      `${stripControls(column)}: ${withheldReasons[reason]}`,
    ]),
  ];
}

export function challengerFacts(challenger: ChallengerComparison): Fact[] {
  const { rows, answered, notes, elapsed, validations } = challenger;
  const noted = notes.reduce((sum, note) => sum + note.rows, 0);
  const pending = rows - answered - noted;
  return [
    ["verdict", verdict(challenger)],
    ["answered", `${formatCount(answered)} of ${formatCount(rows)} (${formatPercent(answered, rows)})`],
    ...notes.map(({ note, rows: times }): Fact => ["no answer", `${formatCount(times)} × ${stripControls(note)}`]),
    ...(pending > 0 ? [["no answer", `${formatCount(pending)} not logged yet, or lost in a crash`] as const] : []),
    ...(elapsed === null
      ? []
      : [["time to answer", `${formatLatency(elapsed)}, including time in the queue`] as const]),
    ...validations.map((each): Fact => [`fails '${stripControls(each.validation)}'`, validationText(each)]),
  ];
}

/** How a validation judges the challenger: `15 of 1,000 rows, the champion 12; they differ in 5 rows`. */
function validationText({ rows, championFailed, challengerFailed, differing }: ValidationComparison): string {
  if (rows === 0) return "no row to compare";
  const failed = `${formatCount(challengerFailed)} of ${countedRows(rows)}`;
  return differing === 0
    ? `${failed}, the same rows as the champion`
    : `${failed}, the champion ${formatCount(championFailed)}; they differ in ${countedRows(differing)}`;
}

/** Whether a challenger's outputs are the champion's, by the output that differs in most rows. */
function verdict({ answered, outputs }: ChallengerComparison): string {
  if (answered === 0) return "no answer to compare";
  const compared = outputs.filter(({ rows }) => rows > 0);
  const [worst] = compared.toSorted((a, b) => a.agreeing / a.rows - b.agreeing / b.rows);
  if (worst === undefined) return "no output to compare";
  const { rows, agreeing } = worst;
  if (agreeing === rows) return `agrees with the champion in all ${countedRows(rows)}`;
  const where = compared.length === 1 ? "" : `, most in '${outputTitle(worst)}'`;
  return `differs from the champion in ${formatCount(rows - agreeing)} of ${countedRows(rows)} (${formatPercent(rows - agreeing, rows)})${where}`;
}

function countedRows(rows: number): string {
  return `${formatCount(rows)} ${rows === 1 ? "row" : "rows"}`;
}

/**
 * One challenger's row in the overview, for its first output: answered, agreement, correlation, mean absolute
 * difference, median time.
 */
export function challengerSummary({ rows, answered, elapsed, outputs: [first] }: ChallengerComparison): string[] {
  const numbers = first?.numbers ?? null;
  return [
    formatPercent(answered, rows),
    first === undefined ? "–" : formatPercent(first.agreeing, first.rows),
    typeof numbers?.correlation === "number" ? formatNumber(numbers.correlation) : "–",
    numbers === null || numbers.values === 0 ? "–" : formatNumber(numbers.meanAbsolute),
    elapsed === null ? "–" : formatMs(elapsed.p50),
  ];
}

/** @param within the comparison's bound of agreement */
export function outputFacts(
  { rows, agreeing, sameGreatest, numbers }: OutputComparison,
  within: Comparison["within"],
): Fact[] {
  const bound =
    within === null
      ? "a thousandth of the champion's (--within 0.01: a bound of your own)"
      : `${String(within)} of the champion's`;
  const meaning = numbers === null ? "all values equal" : `every value within ${bound}`;
  const facts: Fact[] = [["agreement", `${formatPercent(agreeing, rows)} of ${countedRows(rows)}: ${meaning}`]];
  if (sameGreatest !== null) facts.push(["same greatest value", formatPercent(sameGreatest, rows)]);
  if (numbers === null) return facts;
  const { quantiles: q } = numbers;
  if (numbers.notFinite > 0) facts.push(["not finite", `${formatCount(numbers.notFinite)} values, excluded below`]);
  if (numbers.values === 0) return facts;
  facts.push(
    ["mean", `champion ${formatNumber(numbers.championMean)}, challenger ${formatNumber(numbers.challengerMean)}`],
    ["correlation", numbers.correlation === null ? "none: one side is constant" : formatNumber(numbers.correlation)],
    ["mean difference", `${formatSigned(numbers.mean)}, absolute ${formatNumber(numbers.meanAbsolute)}`],
    ["difference", `${formatSigned(numbers.least)} to ${formatSigned(numbers.greatest)}`],
    [
      `quantiles${q.estimated ? " (to 0.025%)" : ""}`,
      `1% ${formatSigned(q.p1)}, 5% ${formatSigned(q.p5)}, 25% ${formatSigned(q.p25)}, 50% ${formatSigned(q.p50)}, 75% ${formatSigned(q.p75)}, 95% ${formatSigned(q.p95)}, 99% ${formatSigned(q.p99)}`,
    ],
  );
  return facts;
}

/** The title of an output's section. */
export function outputTitle({ champion, challenger }: OutputComparison): string {
  return champion === challenger
    ? stripControls(champion)
    : `${stripControls(champion)} against ${stripControls(challenger)}`;
}

/** Replaces control characters, which a terminal or a page would interpret. */
export function stripControls(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}|\p{Cs}/gu, "?");
}

function formatLatency({ p50, p99, estimated }: Quantiles): string {
  return `median ${formatMs(p50)}, 99% within ${formatMs(p99)}${estimated ? " (to 0.025%)" : ""}`;
}

function formatMs(ns: number): string {
  return `${formatNumber(ns / 1e6)} ms`;
}

export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

/** Rounds to two decimals, but to 100% or 0% only if that is exact. */
export function formatPercent(part: number, all: number): string {
  if (all === 0) return "none";
  if (part === all) return "100%";
  return `${part === 0 ? "0" : Math.min(Math.max((part / all) * 100, 0.01), 99.99).toFixed(2)}%`;
}

/** Formats four significant digits. */
export function formatNumber(value: number): string {
  return value === 0 ? "0" : String(Number(value.toPrecision(4)));
}

function formatSigned(value: number): string {
  return value > 0 ? `+${formatNumber(value)}` : formatNumber(value);
}
