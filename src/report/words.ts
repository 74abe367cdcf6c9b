import type { ChallengerComparison, Comparison, OutputComparison, Quantiles } from "../logs/comparison.js";

/** A row of a table: what it is, and its value in words. */
export type Fact = readonly [label: string, value: string];

export function championFacts({ rows, first, last, versions, elapsed, failures }: Comparison): Fact[] {
  if (rows === 0 || first === null || last === null) return [["rows", "none in this period"]];
  return [
    ["rows", whole(rows)],
    ["period", `${new Date(first).toISOString()} to ${new Date(last).toISOString()}`],
    [versions.length === 1 ? "version" : "versions", versions.toReversed().join(", ")],
    ...(elapsed === null ? [] : [["time of a request", latency(elapsed)] as const]),
    ...failures.map(({ validation, rows: checked, failed }): Fact => [
      `fails '${plain(validation)}'`,
      `${whole(failed)} of ${whole(checked)} (${percent(failed, checked)})`,
    ]),
  ];
}

export function challengerFacts({ rows, answered, notes, elapsed }: ChallengerComparison): Fact[] {
  const noted = notes.reduce((sum, note) => sum + note.rows, 0);
  const pending = rows - answered - noted;
  return [
    ["answered", `${whole(answered)} of ${whole(rows)} (${percent(answered, rows)})`],
    ...notes.map(({ note, rows: times }): Fact => ["no answer", `${whole(times)} × ${plain(note)}`]),
    ...(pending > 0 ? [["no answer", `${whole(pending)} not logged yet, or lost in a crash`] as const] : []),
    ...(elapsed === null
      ? []
      : [["time to its answer", `${latency(elapsed)}, waiting for its turn included`] as const]),
  ];
}

/** What a table of all challengers says of one, about its first output: answered, agreement, correlation, mean size of the difference, median time. */
export function challengerSummary({ rows, answered, elapsed, outputs: [first] }: ChallengerComparison): string[] {
  const numbers = first?.numbers ?? null;
  return [
    percent(answered, rows),
    first === undefined ? "–" : percent(first.agreeing, first.rows),
    typeof numbers?.correlation === "number" ? short(numbers.correlation) : "–",
    numbers === null || numbers.values === 0 ? "–" : short(numbers.meanAbsolute),
    elapsed === null ? "–" : milliseconds(elapsed.p50),
  ];
}

export function outputFacts({ rows, agreeing, sameGreatest, numbers }: OutputComparison): Fact[] {
  const facts: Fact[] = [
    [
      "agreement",
      `${percent(agreeing, rows)} of ${whole(rows)} ${rows === 1 ? "row" : "rows"}${numbers === null ? "" : ", within a thousandth"}`,
    ],
  ];
  if (sameGreatest !== null) facts.push(["same greatest value", percent(sameGreatest, rows)]);
  if (numbers === null) return facts;
  const { quantiles: q } = numbers;
  if (numbers.notFinite > 0) facts.push(["not finite", `${whole(numbers.notFinite)} values, left out below`]);
  if (numbers.values === 0) return facts;
  facts.push(
    ["mean", `champion ${short(numbers.championMean)}, challenger ${short(numbers.challengerMean)}`],
    ["correlation", numbers.correlation === null ? "none: one side is constant" : short(numbers.correlation)],
    ["mean difference", `${signed(numbers.mean)}, absolute ${short(numbers.meanAbsolute)}`],
    ["difference", `${signed(numbers.least)} to ${signed(numbers.greatest)}`],
    [
      `quantiles${q.estimated ? " (to 0.025%)" : ""}`,
      `1% ${signed(q.p1)}, 5% ${signed(q.p5)}, 25% ${signed(q.p25)}, 50% ${signed(q.p50)}, 75% ${signed(q.p75)}, 95% ${signed(q.p95)}, 99% ${signed(q.p99)}`,
    ],
  );
  return facts;
}

/** The title of an output's part. */
export function outputTitle({ champion, challenger }: OutputComparison): string {
  return champion === challenger ? plain(champion) : `${plain(champion)} against ${plain(challenger)}`;
}

/** A name without what a terminal or a page would act on. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}|\p{Cs}/gu, "?");
}

function latency({ p50, p99, estimated }: Quantiles): string {
  return `median ${milliseconds(p50)}, 99% within ${milliseconds(p99)}${estimated ? " (to 0.025%)" : ""}`;
}

function milliseconds(ns: number): string {
  return `${short(ns / 1e6)} ms`;
}

export function whole(value: number): string {
  return value.toLocaleString("en-US");
}

/** Never 100% where one row differs, nor 0% where one does not. */
export function percent(part: number, all: number): string {
  if (all === 0) return "none";
  if (part === all) return "100%";
  return `${part === 0 ? "0" : Math.min(Math.max((part / all) * 100, 0.01), 99.99).toFixed(2)}%`;
}

/** Four significant digits. */
export function short(value: number): string {
  return value === 0 ? "0" : String(Number(value.toPrecision(4)));
}

function signed(value: number): string {
  return value > 0 ? `+${short(value)}` : short(value);
}
