import { ConfigError } from "../../dsl/errors.js";
import type { TensorData } from "../tensors/tensor-data.js";
import type { BackEndEmitter } from "./back-end.js";
import { readableTree } from "./print.js";
import { RowLoop } from "./row-loop.js";
import { type ExpressionTree, expressionTree } from "./tree.js";

/** The predicate itself as JavaScript source, to be read by people: `(x) => x.out.score[0] < 0.9`. */
export const javascript: BackEndEmitter = (tree) => `(x) => ${readableTree(tree)}`;

/**
 * Checks a batch. `columns` by name (`in.x`, `out.y`, `out_c1.z`); `present`, by column, is 0 where a row has no value.
 * The answer holds, by validation name, 1 for each row that fails it.
 */
export type Checks = (
  columns: ReadonlyMap<string, TensorData>,
  rows: number,
  present?: ReadonlyMap<string, Uint8Array>,
) => Map<string, Uint8Array>;

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
 * @example compileChecks([{ name: "amt", tree }])(new Map([["out.y", column]]), 1000).get("amt")
 */
export function compileChecks(validations: readonly Validation[]): Checks {
  const trees = validations.map(({ name, tree }) => {
    const checked = expressionTree.safeParse(tree);
    if (checked.success) return checked.data;
    throw new ConfigError("SL4002", `the expression of validation '${name}' is not valid: ${checked.error.issues[0]?.message ?? ""}; compile the pipeline again`);
  });
  const loop = new RowLoop();
  const asked = trees.map((tree) => loop.ask(tree));
  const run = loop.compile<Uint8Array[]>(
    asked.map(({ ready }, i) => `const ready${i} = ${ready}, f${i} = new Uint8Array(rows);`),
    asked.map(({ present, value }, i) => `f${i}[r] = ready${i} && ${present} && (${value}) ? 0 : 1;`),
    `[${asked.map((_, i) => `f${i}`).join(", ")}]`,
  );
  return (columns, rows, present = none) => {
    const failed = run({ columns, rows, present });
    return new Map(validations.map(({ name }, i) => [name, failed[i] ?? new Uint8Array(rows).fill(1)]));
  };
}

const none: ReadonlyMap<string, Uint8Array> = new Map();
