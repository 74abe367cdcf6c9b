import fc from "fast-check";
import type { BackEnd } from "../../src/expression/compile.js";
import { answers, installed as celInstalled, libraries, rowsFor } from "./cel-engines.js";
import { type Case, holdsInLoop, prepare } from "./compare.js";
import { ask, tableOf } from "./duckdb.js";
import { type Engine, engines, evaluate, installed } from "./engines.js";
import { generateColumns, lambdas } from "./generate.js";
import type { TestColumn } from "./rows.js";
import { Tally } from "./tally.js";

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** How many operations deep the lambdas are. */
  readonly depth: number;
  say(line: string): void;
}

/** For each case, what the back-end's engine says of each row: whether the predicate holds, or the engine's error. */
type Judge = (cases: readonly Case[], columns: readonly TestColumn[]) => Promise<readonly ((boolean | null)[] | string)[]>;

const rowsPerBatch = 24;
const casesPerBatch = 250;

/** The engines that hold a back-end's text against the lambda; polars' text is the negation. */
function judges(): Partial<Record<BackEnd, Judge>> {
  const polars = (engine: Engine): Judge => async (cases, columns) => {
    const [said = []] = evaluate(engine, [{ columns, texts: cases.map(({ expression }) => expression.strings[engine] ?? "") }]);
    return said.map((flags) => ("error" in flags ? flags.error : flags.map((flag) => (typeof flag === "boolean" ? !flag : null))));
  };
  const sql: Judge = async (cases, columns) => {
    const connection = await tableOf(columns);
    const said = await ask(connection, cases.map(({ expression }) => expression.strings.sql ?? ""));
    connection.closeSync();
    return said.map(({ selected }) => selected);
  };
  const javascript: Judge = async (cases, columns) => cases.map((one) => holdsInLoop(one, columns));
  /** What both libraries say. */
  const cel: Judge = async (cases, columns) => {
    const each = Object.values(libraries).map((library) => ({ library, rows: rowsFor(library, columns) }));
    return cases.map(({ expression }) => {
      const [one = [], ...others] = each.map(({ library, rows }) => answers(library, expression.strings.cel ?? "", rows));
      return one.map((said, r) => (typeof said === "boolean" && others.every((other) => other[r] === said) ? said : null));
    });
  };
  const real = installed ? Object.fromEntries((Object.keys(engines) as Engine[]).map((engine) => [engine, polars(engine)])) : {};
  return { javascript, sql, ...(celInstalled ? { cel } : {}), ...real };
}

/**
 * Runs generated lambdas in JavaScript and in every engine, and says where they differ.
 *
 * @returns the number of differences
 */
export async function fuzz({ count, seed, depth, say }: FuzzOptions): Promise<number> {
  const table = Object.entries(judges()) as [BackEnd, Judge][];
  const tally = new Tally();
  let untyped = 0;
  if (!installed) say("the real polars engines are not installed; run: npm run oracles");
  for (let done = 0; done < count; done += casesPerBatch) {
    const columns = generateColumns(rowsPerBatch, seed + done, fc.nat(4));
    const texts = fc.sample(lambdas(depth), { numRuns: Math.min(casesPerBatch, count - done), seed: seed + done });
    const prepared = texts.map((text) => prepare(text, columns)).filter((result) => "text" in result);
    untyped += texts.length - prepared.length;
    for (const [backEnd, judge] of table) {
      const cases = prepared.filter(({ expression }) => expression.strings[backEnd] !== undefined);
      const said = cases.length === 0 ? [] : await judge(cases, columns);
      const found = cases.flatMap((one, i) => difference(one, columns, said[i] ?? "no answer"));
      for (const line of found) say(`DIFFERENCE in ${backEnd} (seed ${seed + done}): ${line}`);
      tally.add(backEnd, { compared: cases.length, refused: prepared.length - cases.length, differences: found.length });
    }
  }
  say(`${count} lambdas, ${depth} operations deep, on ${rowsPerBatch} rows each; ${untyped} have no type`);
  return tally.tell(say);
}

function difference({ text, holdsOn }: Case, columns: readonly TestColumn[], answer: (boolean | null)[] | string): string[] {
  if (typeof answer === "string") return [`${text}: ${answer}`];
  const row = holdsOn(columns).findIndex((held, r) => answer[r] !== held);
  return row < 0 ? [] : [`${text}: row ${row} is ${String(answer[row])}`];
}
