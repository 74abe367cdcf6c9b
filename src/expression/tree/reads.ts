import type { RowScope } from "../../../dsl/row.js";
import type { Port } from "../../../dsl/tensor.js";
import { readOf } from "./builders.js";
import { children, columnName, type ExpressionTree, type Read } from "./tree.js";

/** The error message for a tree that reads a port which a row does not have, or has otherwise; or null. */
export function readsProblem(tree: ExpressionTree, scope: RowScope): string | null {
  if (tree.op === "read") return readProblem(tree, scope);
  for (const child of children(tree)) {
    const problem = readsProblem(child, scope);
    if (problem !== null) return problem;
  }
  return null;
}

function readProblem(read: Read, scope: RowScope): string | null {
  const port = portsOf(read, scope)?.find(({ name }) => name === read.port);
  if (port === undefined) return `it reads '${columnName(read)}', which a row does not have at this step`;
  if (port.shape === null) return `it reads '${columnName(read)}', whose rank is not known at this step`;
  const { dtype, shape } = readOf(read.from, port, port.shape);
  const isSame =
    dtype === read.dtype && shape.length === read.shape.length && shape.every((size, i) => size === read.shape[i]);
  return isSame
    ? null
    : `it reads '${columnName(read)}' as ${text(read)}, and at this step a row has ${text({ dtype, shape })}`;
}

/** The champion of a shadow is read as `out`. */
function portsOf({ from }: Read, { inputs, outputs, models, champion }: RowScope): readonly Port[] | undefined {
  if (from === "in") return inputs;
  if (from === "out") return outputs;
  return Object.hasOwn(models, from.model) && from.model !== champion ? models[from.model] : undefined;
}

const text = ({ dtype, shape }: Pick<Read, "dtype" | "shape">): string =>
  `${dtype}[${shape.map((size) => size ?? "?").join(", ")}]`;
