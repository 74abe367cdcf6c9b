import type { DuckDBConnection } from "@duckdb/node-api";
import { tablesOf } from "./columns.js";
import type { ChallengerComparison, Comparison, OutputComparison, Quantiles, ValidationFailures } from "./comparison.js";
import { compareNumbers } from "./compare-numbers.js";
import { outputPairs, type OutputPair } from "./output-pairs.js";
import type { StoredLog } from "./control.js";
import { identifier } from "./duckdb.js";
import type { LogQuery } from "./pipeline-log.js";
import { conditions, logsWithRows, unreadable } from "./reader.js";
import { numberOf, quantilesIn, quantilesOf, type Ask } from "./quantiles.js";
import { challengerTable, championTable } from "./tables.js";

/**
 * Champion against each challenger, by SQL over the log.
 *
 * @param logs the pipeline's, newest version first
 * @throws StorageError SL7013, SL7010
 */
export async function compareLogs(connection: DuckDBConnection, pipeline: string, logs: readonly StoredLog[], query: LogQuery): Promise<Comparison> {
  const where = conditions(query);
  const ask: Ask = async (sql) => (await connection.run(sql)).getRows();
  try {
    const held = await logsWithRows(connection, logs, query);
    const all = held.map(({ id }) => `SELECT time, list_sum("metadata.elapsed") AS elapsed FROM ${identifier(championTable(id))} WHERE ${where}`).join(" UNION ALL ");
    const [[rows, first, last] = []] = held.length === 0 ? [] : await ask(`SELECT count(*), epoch_ms(min(time)), epoch_ms(max(time)) FROM (${all})`);
    const period = { first: numberOf(first), last: numberOf(last) };
    const names = [...new Set(held.flatMap(({ layout }) => layout.challengers.map(({ name }) => name)))];
    const challengers: ChallengerComparison[] = [];
    for (const name of names) challengers.push(await compareChallenger(ask, name, held, where, period));
    return {
      pipeline,
      rows: Number(rows ?? 0),
      ...period,
      versions: held.map(({ layout }) => layout.version),
      failures: await failuresOf(ask, held, where),
      elapsed: held.length === 0 ? null : await elapsedOf(ask, all, Number(rows)),
      challengers,
    };
  } catch (error) {
    throw unreadable(error);
  }
}

async function failuresOf(ask: Ask, logs: readonly StoredLog[], where: string): Promise<ValidationFailures[]> {
  const failures = new Map<string, { validation: string; rows: number; failed: number }>();
  for (const { id, layout } of logs) {
    const flags = tablesOf(layout).champion.filter(({ kind }) => kind === "flag");
    if (flags.length === 0) continue;
    const sums = flags.map(({ column }) => `count(*) FILTER (${identifier(column)})`).join(", ");
    const [[rows, ...failed] = []] = await ask(`SELECT count(*), ${sums} FROM ${identifier(championTable(id))} WHERE ${where}`);
    flags.forEach(({ name }, i) => {
      const entry = failures.get(name) ?? { validation: name, rows: 0, failed: 0 };
      failures.set(name, { validation: name, rows: entry.rows + Number(rows), failed: entry.failed + Number(failed[i]) });
    });
  }
  return [...failures.values()];
}

async function compareChallenger(ask: Ask, name: string, logs: readonly StoredLog[], where: string, period: { readonly first: number | null; readonly last: number | null }): Promise<ChallengerComparison> {
  const joined = logs.flatMap(({ id, layout }) => {
    const index = layout.challengers.findIndex((challenger) => challenger.name === name);
    const rows = `(SELECT row, time FROM ${identifier(championTable(id))} WHERE ${where}) r`;
    return index < 0 ? [] : [`SELECT k.row IS NOT NULL AS there, k."metadata.note" AS note, k."metadata.elapsed" AS elapsed FROM ${rows} LEFT JOIN ${identifier(challengerTable(id, index))} k USING (row)`];
  });
  const all = joined.join(" UNION ALL ");
  const [[rows, answered, timed] = []] = await ask(`SELECT count(*), count(*) FILTER (there AND note IS NULL), count(elapsed) FROM (${all})`);
  const notes = await ask(`SELECT note, count(*) FROM (${all}) WHERE note IS NOT NULL GROUP BY note ORDER BY count(*) DESC, note LIMIT 20`);
  const outputs: OutputComparison[] = [];
  for (const pair of outputPairs(name, logs)) outputs.push(await compareOutput(ask, pair, where, period));
  return {
    name,
    rows: Number(rows),
    answered: Number(answered),
    notes: notes.map(([note, noted]) => ({ note: String(note), rows: Number(noted) })),
    elapsed: Number(timed) === 0 ? null : await elapsedOf(ask, all, Number(timed)),
    outputs,
  };
}

async function compareOutput(ask: Ask, pair: OutputPair, where: string, period: { readonly first: number | null; readonly last: number | null }): Promise<OutputComparison> {
  const pairs = pair.places.map(
    ({ champion, challenger, championColumn, challengerColumn, flat }) =>
      `SELECT c.time, ${flat(`c.${identifier(championColumn)}`)} AS a, ${flat(`k.${identifier(challengerColumn)}`)} AS b
       FROM (SELECT row, time, ${identifier(championColumn)} FROM ${identifier(champion)} WHERE ${where}) c JOIN ${identifier(challenger)} k USING (row) WHERE k."metadata.note" IS NULL`,
  );
  const source = `(${pairs.join(" UNION ALL ")})`;
  // One value a row is by far the most frequent case, and lambdas are slow.
  const close = (a: string, b: string) => (pair.numeric ? `(${a} = ${b} OR abs(${b}::DOUBLE - ${a}::DOUBLE) <= 1e-3 * abs(${a}::DOUBLE))` : `${a} = ${b}`);
  const agreeing = `CASE WHEN len(a) <> len(b) THEN false WHEN len(a) = 1 THEN ${close("a[1]", "b[1]")} ELSE list_bool_and(list_transform(range(1, len(a) + 1), i -> ${close("a[i]", "b[i]")})) END`;
  const greatest = pair.numeric ? "count(*) FILTER (len(a) > 1), count(*) FILTER (len(a) > 1 AND list_position(a, list_max(a)) = list_position(b, list_max(b)))" : "0, 0";
  const [[rows, agree, several, same, values] = []] = await ask(
    `SELECT count(*), count(*) FILTER (coalesce(${agreeing}, true)), ${greatest}, coalesce(sum(greatest(len(a), len(b))), 0) FROM ${source}`,
  );
  return {
    champion: pair.champion,
    challenger: pair.challenger,
    rows: Number(rows),
    agreeing: Number(agree),
    sameGreatest: Number(several) === 0 ? null : Number(same),
    numbers: pair.numeric && Number(rows) > 0 ? await compareNumbers(ask, `(SELECT time, unnest(a)::DOUBLE AS a, unnest(b)::DOUBLE AS b FROM ${source})`, Number(values), period) : null,
  };
}

async function elapsedOf(ask: Ask, source: string, values: number): Promise<Quantiles> {
  const [[found] = []] = await ask(`SELECT ${quantilesOf("elapsed::DOUBLE", values)} FROM (${source}) WHERE elapsed IS NOT NULL`);
  return quantilesIn(found, values);
}
