import { callFunction, callTest, choose, compare, compute, connect, orElse } from "./builders.js";
import { constantOf, type ExpressionTree, type NumberFunction, type NumberTest } from "./tree.js";

/** The functions that are exactly what simpler ones say together. */
export const spelledOut = ["round", "trunc", "sign", "isInteger"] as const satisfies readonly (
  NumberFunction | NumberTest
)[];
export type SpelledOut = (typeof spelledOut)[number];

/** Rounding, sign and wholeness in terms of `floor`, `ceil` and comparisons, NaN, infinities and -0 included. */
export function spellOut(op: SpelledOut, operand: ExpressionTree): ExpressionTree {
  // What JavaScript calculates with where an element is missing is NaN.
  const x = orElse(operand, constantOf(Number.NaN));
  const floor = callFunction("floor", x);
  const ceil = callFunction("ceil", x);
  const zero = constantOf(0);
  switch (op) {
    case "round":
      // Adding one half first would round twice.
      return choose(compare(">=", compute("-", x, floor), constantOf(0.5)), ceil, floor);
    case "trunc":
      return choose(compare("<", x, zero), ceil, floor);
    case "sign":
      return choose(compare(">", x, zero), constantOf(1), choose(compare("<", x, zero), constantOf(-1), x));
    case "isInteger":
      return connect("&&", [callTest("isFinite", x), compare("===", floor, x)]);
  }
}
