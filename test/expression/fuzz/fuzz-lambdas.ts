import fc from "fast-check";
import type { BackEnd } from "../../../src/expression/backends/back-ends.js";
import { answers, installed as celInstalled, libraries, rowsFor } from "../engines/cel.js";
import { holdsInChecks } from "../engines/checks.js";
import { type Case, holdsInLoop, prepare } from "../cases.js";
import { ask, tableOf } from "../engines/duckdb.js";
import { type Engine, engines, evaluate, installed } from "../engines/polars.js";
import { checkLambdas, generateColumns, lambdas } from "./generate-lambdas.js";
import type { TestColumn } from "../rows.js";
import { Progress, Tally } from "./tally.js";

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** How many operations deep the lambdas are. */
  readonly depth: number;
  /** Asked between two batches: whether to end here. */
  stopped(): boolean;
  say(line: string): void;
}

/** For each case, what the back-end's engine says of each row: whether the predicate holds, or the engine's error. */
type Judge = (
  cases: readonly Case[],
  columns: readonly TestColumn[],
) => Promise<readonly ((boolean | null)[] | string)[]>;

const rowsPerBatch = 24;
const casesPerBatch = 250;

/** The engines that hold a back-end's text against the lambda; polars' text is the negation. */
function judges(): Partial<Record<BackEnd, Judge>> & { readonly checks: Judge } {
  const polars =
    (engine: Engine): Judge =>
    async (cases, columns) => {
      const [said = []] = evaluate(engine, [
        { columns, texts: cases.map(({ expression }) => expression.strings[engine] ?? "") },
      ]);
      return said.map((flags) =>
        "error" in flags ? flags.error : flags.map((flag) => (typeof flag === "boolean" ? !flag : null)),
      );
    };
  const sql: Judge = async (cases, columns) => {
    const connection = await tableOf(columns);
    const said = await ask(
      connection,
      cases.map(({ expression }) => expression.strings.sql ?? ""),
    );
    connection.closeSync();
    return said.map(({ selected }) => selected);
  };
  const javascript: Judge = async (cases, columns) => cases.map((one) => holdsInLoop(one, columns));
  const checks: Judge = async (cases, columns) =>
    cases.map(({ expression }) => holdsInChecks(expression.strings.checks ?? "", columns));
  /** What both libraries say. */
  const cel: Judge = async (cases, columns) => {
    const each = Object.values(libraries).map((library) => ({ library, rows: rowsFor(library, columns) }));
    return cases.map(({ expression }) => {
      const [one = [], ...others] = each.map(({ library, rows }) =>
        answers(library, expression.strings.cel ?? "", rows),
      );
      return one.map((said, r) =>
        typeof said === "boolean" && others.every((other) => other[r] === said) ? said : null,
      );
    });
  };
  const real = installed
    ? Object.fromEntries((Object.keys(engines) as Engine[]).map((engine) => [engine, polars(engine)]))
    : {};
  return { javascript, sql, checks, ...(celInstalled ? { cel } : {}), ...real };
}

/**
 * Runs generated lambdas in JavaScript and in every engine, and says where they differ.
 *
 * @returns the number of differences
 */
export async function fuzz({ count, seed, depth, say, stopped }: FuzzOptions): Promise<number> {
  const table = judges();
  const tally = new Tally();
  const progress = new Progress(say);
  let untyped = 0;
  let done = 0;
  if (!installed) say("the real polars engines are not installed; run: npm run oracles");
  for (; done < count && !stopped(); done += Math.min(casesPerBatch, count - done)) {
    const columns = generateColumns(rowsPerBatch, seed + done, fc.nat(4));
    const sampled = (texts: fc.Arbitrary<string>) =>
      fc.sample(texts, { numRuns: Math.min(casesPerBatch, count - done), seed: seed + done });
    const cases = (texts: readonly string[]) =>
      texts.map((text) => prepare(text, columns)).filter((result) => "text" in result);
    const judged = async (prepared: readonly Case[], backEnd: BackEnd, judge: Judge, name: string = backEnd) => {
      const written = prepared.filter(({ expression }) => expression.strings[backEnd] !== undefined);
      const said = written.length === 0 ? [] : await judge(written, columns);
      const found = written.flatMap((one, i) => difference(one, columns, said[i] ?? "no answer"));
      for (const line of found) say(`DIFFERENCE in ${name} (seed ${seed + done}): ${line}`);
      tally.add(name, {
        compared: written.length,
        refused: prepared.length - written.length,
        differences: found.length,
      });
    };
    const texts = sampled(lambdas(depth));
    const prepared = cases(texts);
    untyped += texts.length - prepared.length;
    for (const [backEnd, judge] of Object.entries(table) as [BackEnd, Judge][]) await judged(prepared, backEnd, judge);
    // Of all lambdas the checks can say few; these are of the kind that they can.
    await judged(cases(sampled(checkLambdas(depth))), "checks", table.checks, "checks, in its own words");
    progress.tell(`${done + texts.length} lambdas, ${tally.differences} differences`);
  }
  say(`${done} lambdas, ${depth} operations deep, on ${rowsPerBatch} rows each; ${untyped} have no type`);
  return tally.tell(say);
}

function difference(
  { text, holdsOn }: Case,
  columns: readonly TestColumn[],
  answer: (boolean | null)[] | string,
): string[] {
  if (typeof answer === "string") return [`${text}: ${answer}`];
  const row = holdsOn(columns).findIndex((held, r) => answer[r] !== held);
  return row < 0 ? [] : [`${text}: row ${row} is ${String(answer[row])}`];
}
