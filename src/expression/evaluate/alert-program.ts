import { ConfigError, LambdaError } from "../../../dsl/errors.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { computeAggregate, aggregateKey, collectAggregates } from "../tree/aggregates.js";
import { printJavaScript } from "../tree/print.js";
import { compileFunction, newWork, RowLoop } from "./row-loop.js";
import type { ExpressionTree } from "../tree/tree.js";
import { alertTree } from "../tree/schema.js";

/**
 * The condition of an alert, in three parts, so that a batch's values can be stored while its rows are in the window.
 */
export interface AlertProgram {
  /**
   * For each aggregate, the results of its function for the rows of a batch, with 1 for true and 0 for false. A row is
   * skipped if a column that the function reads is absent, has another dtype or shape, or has no value for the row.
   * @param columns by name (`in.x`, `out.y`, `out_c1.z`)
   * @param present by column name, 0 for each row without a value
   */
  values(
    columns: ReadonlyMap<string, TensorData>,
    rows: number,
    present?: ReadonlyMap<string, Uint8Array>,
  ): Float64Array[];
  /** The value of each aggregate over all values of the window. */
  aggregates(values: readonly Float64Array[]): number[];
  /** Whether the condition holds. */
  holds(aggregates: readonly number[]): boolean;
}

/**
 * Compiles the condition of an alert.
 *
 * @throws ConfigError SL4002 if the tree does not match the schema
 * @example
 * const drift = alertProgram({ name: "drift", tree });
 * drift.holds(drift.aggregates(drift.values(columns, 1000)));
 */
export function alertProgram({
  name,
  tree: unchecked,
}: {
  readonly name: string;
  readonly tree: ExpressionTree;
}): AlertProgram {
  const checked = alertTree.safeParse(unchecked);
  if (!checked.success) {
    throw new ConfigError(
      "SL4002",
      `the expression of alert '${name}' is not valid: ${checked.error.issues[0]?.message ?? ""}; compile the pipeline again`,
    );
  }
  const tree = checked.data;
  const aggregates = collectAggregates(tree);
  const loop = new RowLoop();
  const expressions = aggregates.map(({ body }) =>
    body === null ? { ready: "true", present: "true", value: "1" } : loop.add(body),
  );
  const run = loop.compile<Float64Array[]>(
    expressions.map(
      ({ ready }, i) => `const ready${i} = ${ready}, v${i} = new Float64Array(ready${i} ? rows : 0); let m${i} = 0;`,
    ),
    expressions.map(({ present, value }, i) => `if (ready${i} && ${present}) v${i}[m${i}++] = ${value};`),
    `[${expressions.map((_, i) => `v${i}.subarray(0, m${i})`).join(", ")}]`,
  );
  const numbers = new Map(aggregates.map((node, i) => [aggregateKey(node), i]));
  const condition = printJavaScript(tree, {
    read: refuseRow,
    length: refuseRow,
    pick: refuseRow,
    position: refuseRow,
    quantifier: refuseRow,
    aggregate: (node) => `a[${numbers.get(aggregateKey(node)) ?? 0}]`,
  });
  const holds = compileFunction<AlertProgram["holds"]>("a", `"use strict"; return ${condition};`);
  return {
    values: (columns, rows, present = new Map()) => run({ columns, rows, present, work: newWork() }),
    aggregates: (values) => aggregates.map((node, i) => computeAggregate(node, values[i] ?? new Float64Array())),
    holds,
  };
}

/** The schema allows row reads only inside aggregates. */
const refuseRow = (): never => {
  throw new LambdaError("SL1123", "a row is read outside of an aggregate");
};
