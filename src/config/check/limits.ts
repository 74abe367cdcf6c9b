import type { Problem } from "../../../dsl/errors.js";
import { rowShape } from "../../../dsl/rows.js";
import type { Port } from "../../../dsl/tensor.js";
import { measureTree } from "../../expression/tree/size.js";
import { rowSteps } from "../../expression/tree/work.js";
import { type Bound, bounds, exceeded } from "../../util/bounds.js";
import type { UnhashedConfig } from "../schema.js";

/**
 * What is larger in a config than its limits allow. A config can come from anybody, and its sizes decide how much
 * memory and time a deployment takes. `build()` reports the same.
 */
export function limitProblems({ inputs, models, steps }: Omit<UnhashedConfig, "shapeline">): Problem[] {
  const problems: Problem[] = [];
  const check = (bound: Bound, found: number, where = "") => {
    if (found > bound.limit) problems.push({ code: "SL4008", message: `${where}${exceeded(bound, found)}` });
  };
  check(bounds.configSteps, steps.length);
  check(bounds.configModels, models.length);
  const ports = models.reduce((count, { inputs: ins, outputs }) => count + ins.length + outputs.length, inputs.length);
  check(bounds.configPorts, ports);
  if (problems.length > 0) return problems;

  const trees = steps.flatMap((step) => ("expression" in step ? [step.expression.tree] : []));
  check(bounds.configNodes, sum(trees.map((tree) => measureTree(tree).size)));
  check(bounds.evaluationSteps, sum(trees.map(rowSteps)));

  const refined = new Map(steps.flatMap((step) => (step.kind === "refine" ? Object.entries(step.sizes) : [])));
  for (const [symbol, size] of refined) check(bounds.tensorElements, size, `size of '${symbol}': `);
  const checkPorts = (list: readonly Port[], where: string, rows: number) => {
    for (const { name, shape } of list) {
      if (shape === null) continue;
      check(bounds.tensorRank, shape.length, `${where} '${name}': `);
      check(bounds.tensorElements, elements(shape, refined, rows), `${where} '${name}': `);
    }
  };
  checkPorts(inputs, "inputs:", 1);
  for (const { name, inputs: ins, outputs, batchSize = 1 } of models) {
    checkPorts(ins, `model '${name}': input`, batchSize);
    checkPorts(outputs, `model '${name}': output`, batchSize);
  }
  return problems;
}

/** The elements of a tensor with the sizes that are known; the largest size where one of them is 0. */
function elements(shape: NonNullable<Port["shape"]>, refined: ReadonlyMap<string, number>, rows: number): number {
  const sizes = rowShape(shape).map((dim) => (typeof dim === "string" ? refined.get(dim) : dim) ?? 1);
  return Math.max(
    sizes.reduce((product, size) => product * size, rows),
    ...sizes,
    rows,
  );
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
