import { ConfigError, LambdaError } from "../../../dsl/errors.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { computeAggregate, aggregateKey, collectAggregates } from "../tree/aggregates.js";
import { printJavaScript } from "../tree/print.js";
import { compileFunction, RowLoop } from "./row-loop.js";
import type { ExpressionTree } from "../tree/tree.js";
import { alertTree } from "../tree/schema.js";

/** The condition of an alert, in three parts, so that the values of a batch can be kept while its rows are in the window. */
export interface AlertProgram {
  /**
   * For each aggregate the values of its function for the rows of a batch, 1 and 0 for true and false. A row is left out
   * where a column that the function reads is absent, of another dtype or shape, or has no value for it.
   * @param columns by name (`in.x`, `out.y`, `out_c1.z`)
   * @param present by column, 0 where a row has no value
   */
  values(
    columns: ReadonlyMap<string, TensorData>,
    rows: number,
    present?: ReadonlyMap<string, Uint8Array>,
  ): Float64Array[];
  /** What each aggregate comes to over all values of the window. */
  aggregates(values: readonly Float64Array[]): number[];
  /** Whether the condition holds. */
  holds(aggregates: readonly number[]): boolean;
}

/**
 * Compiles the condition of an alert.
 *
 * @throws ConfigError SL4002 where its tree is not of the schema
 * @example
 * const drift = alertProgram({ name: "drift", tree });
 * drift.holds(drift.aggregates(drift.values(columns, 1000)));
 */
export function alertProgram({
  name,
  tree: given,
}: {
  readonly name: string;
  readonly tree: ExpressionTree;
}): AlertProgram {
  const checked = alertTree.safeParse(given);
  if (!checked.success) {
    throw new ConfigError(
      "SL4002",
      `the expression of alert '${name}' is not valid: ${checked.error.issues[0]?.message ?? ""}; compile the pipeline again`,
    );
  }
  const tree = checked.data;
  const aggregates = collectAggregates(tree);
  const loop = new RowLoop();
  const asked = aggregates.map(({ body }) =>
    body === null ? { ready: "true", present: "true", value: "1" } : loop.add(body),
  );
  const run = loop.compile<Float64Array[]>(
    asked.map(
      ({ ready }, i) => `const ready${i} = ${ready}, v${i} = new Float64Array(ready${i} ? rows : 0); let m${i} = 0;`,
    ),
    asked.map(({ present, value }, i) => `if (ready${i} && ${present}) v${i}[m${i}++] = ${value};`),
    `[${asked.map((_, i) => `v${i}.subarray(0, m${i})`).join(", ")}]`,
  );
  const numbers = new Map(aggregates.map((node, i) => [aggregateKey(node), i]));
  const condition = printJavaScript(tree, {
    read: ofARow,
    length: ofARow,
    pick: ofARow,
    position: ofARow,
    quantifier: ofARow,
    aggregate: (node) => `a[${numbers.get(aggregateKey(node)) ?? 0}]`,
  });
  const holds = compileFunction<AlertProgram["holds"]>("a", `"use strict"; return ${condition};`);
  return {
    values: (columns, rows, present = new Map()) => run({ columns, rows, present }),
    aggregates: (values) => aggregates.map((node, i) => computeAggregate(node, values[i] ?? new Float64Array())),
    holds,
  };
}

/** The schema has no such tree. */
const ofARow = (): never => {
  throw new LambdaError("SL1123", "a row is read outside of an aggregate");
};
