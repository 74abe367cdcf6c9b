import { type Aggregate, children, type ExpressionTree } from "./tree.js";

/**
 * The distinct aggregates of an alert's condition, in order of first use. Their index numbers them, also in metrics.
 */
export function collectAggregates(tree: ExpressionTree): readonly Aggregate[] {
  const found = new Map<string, Aggregate>();
  const visit = (node: ExpressionTree): void => {
    if (node.op !== "aggregate") return children(node).forEach(visit);
    const key = aggregateKey(node);
    if (!found.has(key)) found.set(key, node);
  };
  visit(tree);
  return [...found.values()];
}

/** Equal aggregates have equal keys. */
export const aggregateKey = (node: Aggregate): string => JSON.stringify(node);

/**
 * The value of an aggregate. `values` has the result of its function for each row of the window, with 1 for true and 0
 * for false. The order of the rows does not matter: sums add from the least to the greatest value. Never -0.
 */
export function computeAggregate({ fn, quantile }: Pick<Aggregate, "fn" | "quantile">, values: Float64Array): number {
  switch (fn) {
    case "count":
      return sum(values);
    case "share":
      return sum(values) / values.length;
    case "sum":
      return sum(values.toSorted());
    case "avg":
      return sum(values.toSorted()) / values.length + 0;
    case "min":
      return extreme(values, Math.min);
    case "max":
      return extreme(values, Math.max);
    case "quantile":
      return interpolate(values.toSorted(), quantile ?? 0) + 0;
  }
}

const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);

const extreme = (values: Float64Array, choose: (a: number, b: number) => number): number =>
  values.length === 0 ? Number.NaN : values.reduce((best, value) => choose(best, value)) + 0;

/** The quantile of sorted values, interpolated between the two nearest. NaN sorts last. */
function interpolate(sorted: Float64Array, share: number): number {
  const last = sorted.at(-1) ?? Number.NaN;
  if (Number.isNaN(last)) return last;
  const position = (sorted.length - 1) * share;
  const [low = last, high = last] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  return low === high ? low : low + (high - low) * (position - Math.floor(position));
}
