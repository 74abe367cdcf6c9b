import type { BackEnd } from "../../src/expression/backends/back-ends.js";
import { compileExpression, type Expression } from "../../src/expression/compile.js";
import { compileValidations } from "../../src/expression/evaluate/validation-program.js";
import type { Constants, Diagnostic } from "../../src/expression/surface/surface.js";
import { scopeWithModels } from "./engines/checks.js";
import { lower, run } from "./lambda.js";
import { rowsOf, tensorOf, type TestColumn } from "./rows.js";

export interface Case {
  readonly text: string;
  readonly expression: Expression;
  /** Whether each row passes the lambda, run as JavaScript. */
  holdsOn(columns: readonly TestColumn[]): boolean[];
}

/** Compiles a lambda for rows of these columns, or returns its diagnostics. */
export function compileCase(
  text: string,
  columns: readonly TestColumn[],
  constants: Constants = {},
): Case | readonly Diagnostic[] {
  const compiled = compileExpression(lower(text), scopeWithModels(columns), constants);
  if (!compiled.ok) return compiled.diagnostics;
  const lambda = run(text, constants);
  return { text, expression: compiled.expression, holdsOn: (rows) => rowsOf(rows).map((row) => lambda(row) === true) };
}

/**
 * Whether each row passes in the generated loop. Rows whose lists differ in length are separate batches, as in the
 * engine.
 */
export function holdsInLoop({ expression }: Case, columns: readonly TestColumn[]): boolean[] {
  const check = compileValidations([{ name: "v", tree: expression.tree }]);
  const rows = columns[0]?.values.length ?? 0;
  const batch = (from: number, to: number) => {
    const part = columns.map((column) => ({ ...column, values: column.values.slice(from, to) }));
    return [...(check(new Map(part.map((column) => [column.name, tensorOf(column)])), to - from).get("v") ?? [])].map(
      (failed) => failed === 0,
    );
  };
  const uniform = columns.every(
    ({ values }) => new Set(values.map((value) => (Array.isArray(value) ? value.length : 0))).size === 1,
  );
  return uniform ? batch(0, rows) : Array.from({ length: rows }, (_, r) => batch(r, r + 1)).flat();
}

/** Compiles lambdas that must have a type. */
export function compileCases(texts: readonly string[], columns: readonly TestColumn[]): Case[] {
  return texts.map((text) => {
    const result = compileCase(text, columns);
    if ("text" in result) return result;
    throw new TypeError(`${text}: ${result.map((d) => d.message).join("; ")}`);
  });
}

/** A lambda's text in a back-end, or its refusal as `CODE: reason`. */
export function textOrRefusal(backEnd: BackEnd, text: string, columns: readonly TestColumn[]): string {
  const [{ strings, refused } = { strings: {}, refused: {} }] = compileCases([text], columns).map((c) => c.expression);
  const refusal = refused[backEnd];
  return strings[backEnd] ?? `${refusal?.code ?? ""}: ${refusal?.reason ?? ""}`;
}
