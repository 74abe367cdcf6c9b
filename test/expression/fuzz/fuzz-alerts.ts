import fc from "fast-check";
import { collectAggregates } from "../../../src/expression/tree/aggregates.js";
import { compiled, holdsInLoop, holdsOn, windowsInDuckDb } from "../alert-cases.js";
import { createRowsTable } from "../engines/duckdb.js";
import type { FuzzOptions } from "./fuzz-lambdas.js";
import { float, generateColumns } from "./generate-lambdas.js";
import { alertConditions } from "./generate-alerts.js";
import { differences, promtool } from "../engines/promtool.js";
import type { TestColumn } from "../rows.js";
import { Progress, Tally } from "./tally.js";

const alertsPerBatch = 100;
/** The ends of the windows that the rows of a batch are cut into. */
const ends = [1, 3, 9, 24];
const window = ` GROUP BY CASE ${ends.map((end, i) => `WHEN row < ${end} THEN ${i}`).join(" ")} END ORDER BY CASE ${ends.map((end, i) => `WHEN row < ${end} THEN ${i}`).join(" ")} END`;

const cut = (columns: readonly TestColumn[]): TestColumn[][] =>
  ends.map((end, i) => columns.map((column) => ({ ...column, values: column.values.slice(ends[i - 1] ?? 0, end) })));

/**
 * Runs generated conditions of alerts over several windows in JavaScript, in the generated loop and in DuckDB, and with
 * generated values of their aggregates in Prometheus. Prints the differences.
 *
 * @returns the number of differences
 */
export async function fuzzAlerts({ count, seed, depth, print, stopped }: FuzzOptions): Promise<number> {
  const tally = new Tally();
  const progress = new Progress(print);
  let untyped = 0;
  let done = 0;
  if (promtool === null) print("promtool is not installed; Debian's package is prometheus");
  for (; done < count && !stopped(); done += Math.min(alertsPerBatch, count - done)) {
    progress.report(`${done} conditions of alerts, ${tally.differences} differences`);
    const columns = generateColumns(ends.at(-1) ?? 1, seed + done, fc.nat(4));
    const windows = cut(columns);
    const texts = fc.sample(alertConditions(depth), {
      numRuns: Math.min(alertsPerBatch, count - done),
      seed: seed + done,
    });
    const typed = texts.flatMap((text, i) => {
      const result = compiled(text, columns, `a${i}`);
      return result.ok ? [{ text, name: `a${i}`, ...result.expression }] : [];
    });
    untyped += texts.length - typed.length;
    const expected = typed.map(({ text }) => windows.map((rows) => holdsOn(text, rows)));
    const printDifference = (backEnd: string, text: string) =>
      print(`DIFFERENCE in ${backEnd} (seed ${seed + done}): ${text}`);

    const inLoop = typed.filter((one, i) => windows.some((rows, w) => holdsInLoop(one, rows) !== expected[i]?.[w]));
    inLoop.forEach(({ text }) => printDifference("javascript", text));
    tally.add("alerts, javascript", { compared: typed.length, refused: 0, differences: inLoop.length });

    const written = typed
      .map((one, i) => ({ ...one, expected: expected[i] }))
      .filter(({ strings }) => strings.sql !== undefined);
    const connection = await createRowsTable(columns);
    const answers = await windowsInDuckDb(
      connection,
      written.map(({ strings }) => strings.sql ?? ""),
      window,
    );
    connection.closeSync();
    const inSql = written.filter((one, i) => ends.some((_, w) => answers[i]?.[w] !== one.expected?.[w]));
    inSql.forEach(({ text }) => printDifference("sql", text));
    tally.add("alerts, sql", {
      compared: written.length,
      refused: typed.length - written.length,
      differences: inSql.length,
    });

    if (promtool === null) continue;
    const values = (salt: number, width: number) =>
      fc.sample(fc.array(float, { minLength: width, maxLength: width }), { numRuns: 8, seed: seed + done + salt });
    const rules = typed.flatMap(({ name, tree, strings }, i) =>
      strings.promql === undefined
        ? []
        : [{ name, tree, text: strings.promql, values: values(i, collectAggregates(tree).length) }],
    );
    const found = differences(rules);
    if (found !== "") printDifference("promql", found);
    tally.add("alerts, promql", {
      compared: rules.length,
      refused: typed.length - rules.length,
      differences: found === "" ? 0 : 1,
    });
  }
  print(
    `${done} conditions of alerts, ${depth} operations deep, on ${ends.length} windows each; ${untyped} have no type`,
  );
  return tally.print(print);
}
