import fc from "fast-check";
import type { BackEnd } from "../../../src/expression/backends/back-ends.js";
import { evaluateInCel, installed as celInstalled, libraries, rowsFor } from "../engines/cel.js";
import { holdsInChecks } from "../engines/checks.js";
import { type Case, holdsInLoop, compileCase } from "../cases.js";
import { evaluateInDuckDb, createRowsTable } from "../engines/duckdb.js";
import { type Engine, engines, evaluate, installed } from "../engines/polars.js";
import { checkLambdas, generateColumns, lambdas } from "./generate-lambdas.js";
import type { TestColumn } from "../rows.js";
import { Progress, Tally } from "./tally.js";

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** How many operations deep the lambdas are. */
  readonly depth: number;
  /** Whether to stop, checked between batches. */
  stopped(): boolean;
  print(line: string): void;
}

/** Evaluates cases in a back-end's engine: for each case whether each row passes, or the engine's error. */
type Evaluate = (
  cases: readonly Case[],
  columns: readonly TestColumn[],
) => Promise<readonly ((boolean | null)[] | string)[]>;

const rowsPerBatch = 24;
const casesPerBatch = 250;

/** The engine of each back-end. The text for polars is the negation. */
function installedEngines(): Partial<Record<BackEnd, Evaluate>> & { readonly checks: Evaluate } {
  const polars =
    (engine: Engine): Evaluate =>
    async (cases, columns) => {
      const [results = []] = evaluate(engine, [
        { columns, texts: cases.map(({ expression }) => expression.strings[engine] ?? "") },
      ]);
      return results.map((flags) =>
        "error" in flags ? flags.error : flags.map((flag) => (typeof flag === "boolean" ? !flag : null)),
      );
    };
  const sql: Evaluate = async (cases, columns) => {
    const connection = await createRowsTable(columns);
    const results = await evaluateInDuckDb(
      connection,
      cases.map(({ expression }) => expression.strings.sql ?? ""),
    );
    connection.closeSync();
    return results.map(({ selected }) => selected);
  };
  const javascript: Evaluate = async (cases, columns) => cases.map((one) => holdsInLoop(one, columns));
  const checks: Evaluate = async (cases, columns) =>
    cases.map(({ expression }) => holdsInChecks(expression.strings.checks ?? "", columns));
  /** The result on which both libraries agree. */
  const cel: Evaluate = async (cases, columns) => {
    const each = Object.values(libraries).map((library) => ({ library, rows: rowsFor(library, columns) }));
    return cases.map(({ expression }) => {
      const [one = [], ...others] = each.map(({ library, rows }) =>
        evaluateInCel(library, expression.strings.cel ?? "", rows),
      );
      return one.map((result, r) =>
        typeof result === "boolean" && others.every((other) => other[r] === result) ? result : null,
      );
    });
  };
  const real = installed
    ? Object.fromEntries((Object.keys(engines) as Engine[]).map((engine) => [engine, polars(engine)]))
    : {};
  return { javascript, sql, checks, ...(celInstalled ? { cel } : {}), ...real };
}

/**
 * Runs generated lambdas in JavaScript and in every engine, and prints the differences.
 *
 * @returns the number of differences
 */
export async function fuzz({ count, seed, depth, print, stopped }: FuzzOptions): Promise<number> {
  const table = installedEngines();
  const tally = new Tally();
  const progress = new Progress(print);
  let untyped = 0;
  let done = 0;
  if (!installed) print("the real polars engines are not installed; run: npm run oracles");
  for (; done < count && !stopped(); done += Math.min(casesPerBatch, count - done)) {
    const columns = generateColumns(rowsPerBatch, seed + done, fc.nat(4));
    const sampled = (texts: fc.Arbitrary<string>) =>
      fc.sample(texts, { numRuns: Math.min(casesPerBatch, count - done), seed: seed + done });
    const cases = (texts: readonly string[]) =>
      texts.map((text) => compileCase(text, columns)).filter((result) => "text" in result);
    const compare = async (
      prepared: readonly Case[],
      backEnd: BackEnd,
      evaluateIn: Evaluate,
      name: string = backEnd,
    ) => {
      const written = prepared.filter(({ expression }) => expression.strings[backEnd] !== undefined);
      const results = written.length === 0 ? [] : await evaluateIn(written, columns);
      const found = written.flatMap((one, i) => difference(one, columns, results[i] ?? "no result"));
      for (const line of found) print(`DIFFERENCE in ${name} (seed ${seed + done}): ${line}`);
      tally.add(name, {
        compared: written.length,
        refused: prepared.length - written.length,
        differences: found.length,
      });
    };
    const texts = sampled(lambdas(depth));
    const prepared = cases(texts);
    untyped += texts.length - prepared.length;
    for (const [backEnd, evaluateIn] of Object.entries(table) as [BackEnd, Evaluate][])
      await compare(prepared, backEnd, evaluateIn);
    // The checks can express few of the lambdas above, so they get lambdas of their own.
    await compare(cases(sampled(checkLambdas(depth))), "checks", table.checks, "checks, own lambdas");
    progress.report(`${done + texts.length} lambdas, ${tally.differences} differences`);
  }
  print(`${done} lambdas, ${depth} operations deep, on ${rowsPerBatch} rows each; ${untyped} have no type`);
  return tally.print(print);
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
