import { ConfigError } from "../../../dsl/errors.js";
import { Names, NamedValues } from "../../tensors/named-values.js";
import { expressionTree } from "../tree/schema.js";
import type { ExpressionTree } from "../tree/tree.js";
import { type Columns, newWork, type Present, RowLoop, type Work } from "./row-loop.js";

/**
 * Runs validations on a batch. Returns an array per validation name, with 1 for each row that fails. Callers must not
 * write to the arrays, because batches without failures share them.
 *
 * @param columns by name (`in.x`, `out.y`, `out_c1.z`)
 * @param present by column name, 0 for each row without a value
 * @param work what the request may still take; the program subtracts its own steps
 * @throws InputError SL5050 if the batch needs more steps than are left; nothing has been evaluated then
 */
export type ValidationProgram = (
  columns: Columns,
  rows: number,
  present?: Present,
  work?: Work,
) => ReadonlyMap<string, Uint8Array>;

export interface Validation {
  readonly name: string;
  readonly tree: ExpressionTree;
}

/**
 * Compiles validations to one loop over typed arrays. A row fails if the predicate is not true, or if a column that the
 * predicate reads is absent, has another dtype or shape, or has no value for the row.
 *
 * @param validations names and typed trees, as in a config
 * @throws ConfigError SL4002 if a tree does not match the schema
 * @example compileValidations([{ name: "amt", tree }])(new Map([["out.y", column]]), 1000).get("amt")
 */
export function compileValidations(validations: readonly Validation[]): ValidationProgram {
  const trees = validations.map(({ name, tree }) => {
    const checked = expressionTree.safeParse(tree);
    if (checked.success) return checked.data;
    throw new ConfigError(
      "SL4002",
      `the expression of validation '${name}' is not valid: ${checked.error.issues[0]?.message ?? ""}; compile the pipeline again`,
    );
  });
  const loop = new RowLoop();
  const expressions = trees.map((tree) => loop.add(tree));
  const run = loop.compile<(Uint8Array | null)[]>(
    expressions.map(({ ready }, i) => `const ready${i} = ${ready}; let f${i} = null;`),
    expressions.map(
      ({ present, value }, i) =>
        `if (!(ready${i} && ${present} && (${value}))) (f${i} ??= new Uint8Array(rows))[r] = 1;`,
    ),
    `[${expressions.map((_, i) => `f${i}`).join(", ")}]`,
  );
  const names = new Names(validations.map(({ name }) => name));
  return (columns, rows, present, work = newWork()) => {
    const failed = run({ columns, rows, present, work });
    for (let i = 0; i < failed.length; i++) failed[i] ??= noneFailed(rows);
    return new NamedValues(names, failed as Uint8Array[]);
  };
}

/** Shared by batches without failures, which most are. */
let zeros = new Uint8Array(0);

function noneFailed(rows: number): Uint8Array {
  if (zeros.length !== rows) zeros = new Uint8Array(rows);
  return zeros;
}
