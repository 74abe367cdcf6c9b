import { ConfigError } from "../../../dsl/errors.js";
import { expressionTree } from "../tree/schema.js";
import type { ExpressionTree } from "../tree/tree.js";
import { type Columns, type Present, RowLoop } from "./row-loop.js";

/**
 * Checks a batch. `columns` by name (`in.x`, `out.y`, `out_c1.z`); `present`, by column, is 0 where a row has no value.
 * The answer holds, by validation name, 1 for each row that fails it; its arrays
 * are not to be written to.
 */
export type ValidationProgram = (columns: Columns, rows: number, present?: Present) => ReadonlyMap<string, Uint8Array>;

export interface Validation {
  readonly name: string;
  readonly tree: ExpressionTree;
}

/**
 * Compiles validations to one loop over typed arrays. A row fails where its predicate is not true, or where a column it
 * reads is absent, of another dtype or shape, or has no value for it.
 *
 * @param validations names and typed trees, as in a config
 * @throws ConfigError SL4002 where a tree is not of the schema
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
  const asked = trees.map((tree) => loop.add(tree));
  const run = loop.compile<(Uint8Array | null)[]>(
    asked.map(({ ready }, i) => `const ready${i} = ${ready}; let f${i} = null;`),
    asked.map(
      ({ present, value }, i) =>
        `if (!(ready${i} && ${present} && (${value}))) (f${i} ??= new Uint8Array(rows))[r] = 1;`,
    ),
    `[${asked.map((_, i) => `f${i}`).join(", ")}]`,
  );
  return (columns, rows, present = allPresent) => {
    const failed = run({ columns, rows, present });
    const failures = new Map<string, Uint8Array>();
    for (let i = 0; i < validations.length; i++)
      failures.set(validations[i]?.name ?? "", failed[i] ?? noneFailed(rows));
    return failures;
  };
}

const allPresent: Present = new Map();

/** Most batches pass: they share this. */
let zeros = new Uint8Array(0);

function noneFailed(rows: number): Uint8Array {
  if (zeros.length !== rows) zeros = new Uint8Array(rows);
  return zeros;
}
