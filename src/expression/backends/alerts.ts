import { LambdaError } from "../../../dsl/errors.js";
import type { AlertEmitter } from "./backend.js";
import { readableTree } from "../tree/print.js";
import { promql } from "./promql.js";
import { sqlAlert } from "./sql.js";

/** A language that is asked about rows one by one. */
const ofRows =
  (label: string): AlertEmitter =>
  () => {
    throw new LambdaError("SL1201", `${label} is asked about each row by itself, and an alert looks at many`);
  };

/** The languages the condition of an alert is written in. */
export const alertBackEnds = {
  "polars-0.18": ofRows("what the platform stores of polars 0.18"),
  "polars-1": ofRows("what a platform stores of polars 1"),
  "polars-1.44": ofRows("what a platform stores of polars 1.44"),
  checks: ofRows("a check of the platform"),
  cel: ofRows("CEL"),
  sql: sqlAlert,
  promql,
  javascript: (tree) => `(all) => ${readableTree(tree)}`,
} as const satisfies Record<string, AlertEmitter>;

export type AlertBackEnd = keyof typeof alertBackEnds;
