import { type Aggregate, children, type ExpressionTree } from "./tree.js";

/** The aggregates of an alert's condition, each once, in order of first mention. Their places are their numbers, in metrics too. */
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

/** Two aggregates with one key are the same. */
export const aggregateKey = (node: Aggregate): string => JSON.stringify(node);

/**
 * What an aggregate comes to over the values of its function for the window's rows, 1 and 0 for true and false. Rows count
 * alike in any order: a sum is made from the least to the greatest value. The result is never -0.
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

/** NaN sorts last. */
function interpolate(sorted: Float64Array, share: number): number {
  const last = sorted.at(-1) ?? Number.NaN;
  if (Number.isNaN(last)) return last;
  const place = (sorted.length - 1) * share;
  const [low = last, high = last] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low === high ? low : low + (high - low) * (place - Math.floor(place));
}
