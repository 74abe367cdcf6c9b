import { compileExpression, type Expression } from "../../src/expression/compile.js";
import { compileValidations } from "../../src/expression/evaluate/validation-program.js";
import type { Constants, Diagnostic } from "../../src/expression/surface/surface.js";
import { scopeWithModels } from "./engines/checks.js";
import { lower, run } from "./lambda.js";
import { rowsOf, tensorOf, type TestColumn } from "./rows.js";

export interface Case {
  readonly text: string;
  readonly expression: Expression;
  /** What the lambda itself says of each row. */
  holdsOn(columns: readonly TestColumn[]): boolean[];
}

/** Compiles a lambda's text for rows of these columns; diagnostics where it is refused. */
export function prepare(
  text: string,
  columns: readonly TestColumn[],
  constants: Constants = {},
): Case | readonly Diagnostic[] {
  const compiled = compileExpression(lower(text), scopeWithModels(columns), constants);
  if (!compiled.ok) return compiled.diagnostics;
  const lambda = run(text, constants);
  return { text, expression: compiled.expression, holdsOn: (rows) => rowsOf(rows).map((row) => lambda(row) === true) };
}

/** What the generated loop says of each row. Rows of other lengths are batches of their own, as in the engine. */
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
