import type { Comparison } from "../../src/logs/comparison.js";

/** The comparison of a pipeline without logged rows. */
export const emptyComparison = (pipeline: string): Comparison => ({
  pipeline,
  within: null,
  rows: 0,
  first: null,
  last: null,
  versions: [],
  failures: [],
  elapsed: null,
  challengers: [],
  withheld: [],
});
