import { callFunction, callTest, conditional, compare, compute, logicalOp, coalesce } from "./builders.js";
import { constantOf, type ExpressionTree, type NumberFunction, type NumberTest } from "./tree.js";

/** The functions that are exactly what simpler ones say together. */
export const expandableOps = ["round", "trunc", "sign", "isInteger"] as const satisfies readonly (
  NumberFunction | NumberTest
)[];
export type ExpandableOp = (typeof expandableOps)[number];

/** Rounding, sign and wholeness in terms of `floor`, `ceil` and comparisons, NaN, infinities and -0 included. */
export function expand(op: ExpandableOp, operand: ExpressionTree): ExpressionTree {
  // What JavaScript calculates with where an element is missing is NaN.
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
