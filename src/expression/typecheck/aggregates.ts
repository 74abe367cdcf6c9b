import { didYouMean } from "../../util/did-you-mean.js";
import type { Surface } from "../surface/surface.js";
import { aggregateFunctions, columnsRead, type ExpressionTree, isConstant, isNullable, valueOf } from "../tree/tree.js";
import type { Context } from "./context.js";
import { type Resolved, valueOfNode } from "./resolved.js";
import { withArticle } from "./type-names.js";
import { scalar } from "./values.js";

type MethodNode = Extract<Surface, { kind: "method" }>;

export const aggregateHint = `use an aggregate: ${aggregateFunctions.map((fn) => `all.${fn}(…)`).join(", ")}`;

/** A method of the window's rows: `all.avg((x) => …)`. */
export function resolveAggregate(node: MethodNode, args: readonly Resolved[], context: Context): Resolved {
  const { name, span } = node;
  const { reporter } = context;
  const fn = aggregateFunctions.find((known) => known === name);
  if (fn === undefined)
    return reporter.report(
      "SL1115",
      span,
      `'${name}' is not an aggregate${didYouMean(name, aggregateFunctions)}`,
      aggregateHint,
    );
  if (context.insideAggregate)
    return reporter.report(
      "SL1123",
      span,
      `'${name}' aggregates the whole window, and cannot be used on one row`,
      "compare aggregates outside of each other: all.max(f) - all.avg(f) < 1",
    );
  const quantile = fn === "quantile" ? shareOf(node, args, context) : null;
  if (quantile === undefined) return null;
  const [body, more] = fn === "quantile" ? args.slice(1) : args;
  const type = fn === "count" || fn === "share" ? "boolean" : "number";
  const expected = `${fn === "quantile" ? "a share and " : ""}${type === "boolean" ? "a condition of one row" : "a function of one row that returns a number"}`;
  const countRows = () => valueOfNode({ op: "aggregate", fn, quantile: null, body: null, type: "number" });
  if (body === undefined && fn === "count") return countRows();
  if (body === undefined || more !== undefined)
    return reporter.report(
      "SL1116",
      span,
      `'${name}' takes ${expected}, not ${args.length} argument${args.length === 1 ? "" : "s"}`,
      `write all.${fn}(${fn === "quantile" ? "0.9, " : ""}(x) => …)`,
    );
  const tree = bodyOf(node, node.args[args.indexOf(body)] ?? node, body, type, expected, context);
  if (tree === null) return null;
  if (fn === "count" && isConstant(tree) && tree.value === true) return countRows();
  if (columnsRead(tree).length === 0)
    return reporter.report(
      "SL1124",
      span,
      `the function of '${name}' does not read the row`,
      "all.count() is the number of rows",
    );
  return valueOfNode({ op: "aggregate", fn, quantile, body: tree, type: "number" });
}

/** The share of a quantile, or undefined after an error is reported. */
function shareOf(node: MethodNode, [argument]: readonly Resolved[], { reporter }: Context): number | undefined {
  const share = argument?.kind === "value" && isConstant(argument.node) ? valueOf(argument.node) : null;
  if (typeof share === "number" && share >= 0 && share <= 1) return share + 0;
  reporter.report(
    "SL1122",
    node.args[0]?.span ?? node.span,
    "'quantile' takes a constant from 0 to 1",
    "the median is all.quantile(0.5, (x) => …)",
  );
  return undefined;
}

/** The tree of the function of one row that an aggregate takes. */
function bodyOf(
  node: MethodNode,
  argument: Surface,
  resolved: Resolved,
  type: "boolean" | "number",
  expected: string,
  context: Context,
): ExpressionTree | null {
  const { reporter, calls } = context;
  const fn =
    resolved?.kind === "lambda" || resolved?.kind === "function"
      ? calls.functionOf(resolved, argument)
      : reporter.report(
          "SL1116",
          argument.span,
          `'${node.name}' takes ${expected}, and '${reporter.text(argument)}' is not a function`,
        );
  if (fn === null) return null;
  if (fn.params.length > 1)
    return reporter.report(
      "SL1116",
      argument.span,
      `the function of '${node.name}' gets one row, but has ${fn.params.length} parameters`,
    );
  context.insideAggregate = true;
  const tree = calls.apply(fn, [{ kind: "row" }], node.span, (locals) => scalar(fn.body, locals, context));
  context.insideAggregate = false;
  if (tree === null) return null;
  const hint =
    type === "number" && tree.type === "bigint"
      ? "int64 and uint64 ports hold bigints, which have no aggregates; count those that meet a condition"
      : undefined;
  if (tree.type !== type)
    return reporter.report(
      "SL1122",
      argument.span,
      `'${node.name}' takes ${expected}, and this one returns ${withArticle[tree.type]}`,
      hint,
    );
  return isNullable(tree)
    ? reporter.report(
        "SL1118",
        argument.span,
        `the function of '${node.name}' may return a missing value`,
        type === "number" ? "give it a value with ??" : "write === true",
      )
    : tree;
}
