import { lower, run } from "./lambda.js";
import { rowsOf, scopeOf, tensorOf, type TestColumn } from "./rows.js";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { AlertRows } from "../../dsl/index.js";
import { computeAggregate } from "../../src/expression/tree/aggregates.js";
import { alertProgram } from "../../src/expression/evaluate/alert-program.js";
import { type AlertExpression, compileAlert, type Compiled } from "../../src/expression/compile.js";
import type { Constants } from "../../src/expression/surface/surface.js";

export function compiled(
  text: string,
  columns: readonly TestColumn[],
  name = "a",
  constants: Constants = {},
): Compiled<AlertExpression> {
  return compileAlert(lower(text), { scope: scopeOf(columns), pipeline: "p", name, overSeconds: 300 }, constants);
}

/** A compiled condition. Throws if it is refused. */
export function alert(text: string, columns: readonly TestColumn[]): AlertExpression {
  const result = compiled(text, columns);
  if (result.ok) return result.expression;
  throw new TypeError(`${text}: ${result.diagnostics.map((d) => d.message).join("; ")}`);
}

/** The diagnostics of a condition, one line each. */
export function refusals(text: string, columns: readonly TestColumn[]): string[] {
  const result = compiled(text, columns);
  return result.ok
    ? []
    : result.diagnostics.map(
        ({ code, message, hint }) => `${code} ${message}${hint === undefined ? "" : ` (${hint})`}`,
      );
}

/** The condition run as JavaScript over rows, with each aggregate a plain loop. */
export function holdsOn(text: string, columns: readonly TestColumn[]): boolean {
  const rows = rowsOf(columns);
  const numbers = (f: (row: unknown) => unknown) => Float64Array.from(rows, (row) => Number(f(row)));
  const all: AlertRows<unknown> = {
    count: (where = () => true) => rows.filter((row) => where(row)).length,
    share: (where) => rows.filter((row) => where(row)).length / rows.length,
    sum: (f) => inOrder(numbers(f)),
    avg: (f) => (rows.length === 0 ? Number.NaN : inOrder(numbers(f)) / rows.length + 0),
    min: (f) => (rows.length === 0 ? Number.NaN : Math.min(...numbers(f)) + 0),
    max: (f) => (rows.length === 0 ? Number.NaN : Math.max(...numbers(f)) + 0),
    quantile: (quantile, f) => computeAggregate({ fn: "quantile", quantile: Number(quantile) }, numbers(f)),
  };
  return run(text)(all) === true;
}

function inOrder(values: Float64Array): number {
  let sum = 0;
  for (const value of [...values].sort((a, b) => (Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b))) sum += value;
  return sum;
}

/**
 * The condition in the generated loop, in batches of `most` rows. Rows whose lists differ in length are separate
 * batches.
 */
export function holdsInLoop({ tree }: AlertExpression, columns: readonly TestColumn[], most = 3): boolean {
  const program = alertProgram({ name: "a", tree });
  const rows = columns[0]?.values.length ?? 0;
  const uniform = columns.every(
    ({ values }) => new Set(values.map((value) => (Array.isArray(value) ? value.length : 0))).size <= 1,
  );
  const size = uniform ? most : 1;
  const batches = Array.from({ length: Math.ceil(rows / size) }, (_, i) => {
    const part = columns.map((column) => ({ ...column, values: column.values.slice(i * size, (i + 1) * size) }));
    return program.values(new Map(part.map((column) => [column.name, tensorOf(column)])), part[0]?.values.length ?? 0);
  });
  const none = program.values(new Map(), 0);
  return program.holds(
    program.aggregates(none.map((_, i) => Float64Array.from(batches.flatMap((batch) => [...(batch[i] ?? [])])))),
  );
}

/** The result of each text in DuckDB over the table `rows`, per window if `window` is a GROUP BY clause. */
export async function windowsInDuckDb(
  connection: DuckDBConnection,
  texts: readonly string[],
  window: string,
): Promise<(boolean | null)[][]> {
  const answers: (boolean | null)[][] = [];
  for (let from = 0; from < texts.length; from += 25) {
    const part = texts.slice(from, from + 25);
    const table = await connection.run(
      `SELECT ${part.map((text, i) => `(${text}) AS c${i}`).join(", ")} FROM rows${window}`,
    );
    answers.push(...((await table.getColumnsJS()) as (boolean | null)[][]));
  }
  return answers;
}

export const holdsInDuckDb = async (
  connection: DuckDBConnection,
  texts: readonly string[],
): Promise<(boolean | null)[]> => (await windowsInDuckDb(connection, texts, "")).map(([answer]) => answer ?? null);
