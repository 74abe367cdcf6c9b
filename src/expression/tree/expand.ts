import { callFunction, callTest, conditional, compare, compute, logicalOp, coalesce } from "./builders.js";
import { constantOf, type ExpressionTree, type NumberFunction, type NumberTest } from "./tree.js";

/** The functions that simpler ones express exactly. */
export const expandableOps = ["round", "trunc", "sign", "isInteger"] as const satisfies readonly (
  NumberFunction | NumberTest
)[];
export type ExpandableOp = (typeof expandableOps)[number];

/** An equal expression of `floor`, `ceil` and comparisons, exact also for NaN, infinities and -0. */
export function expand(op: ExpandableOp, operand: ExpressionTree): ExpressionTree {
  // JavaScript calculates with NaN for a missing element.
  const x = coalesce(operand, constantOf(Number.NaN));
  const floor = callFunction("floor", x);
  const ceil = callFunction("ceil", x);
  const zero = constantOf(0);
  switch (op) {
    case "round":
      // Adding one half first would round twice.
      return conditional(compare(">=", compute("-", x, floor), constantOf(0.5)), ceil, floor);
    case "trunc":
      return conditional(compare("<", x, zero), ceil, floor);
    case "sign":
      return conditional(compare(">", x, zero), constantOf(1), conditional(compare("<", x, zero), constantOf(-1), x));
    case "isInteger":
      return logicalOp("&&", [callTest("isFinite", x), compare("===", floor, x)]);
  }
}
