import { callFunction, callTest, compare, logicalOp, callVariadic, power } from "../tree/builders.js";
import { constantOf, type ExpressionTree, numberFunctions, numberTests } from "../tree/tree.js";

/** A function of numbers; `takes` is how many, null: any number of them. */
export interface KnownFunction {
  readonly takes: number | null;
  make(args: readonly ExpressionTree[]): ExpressionTree;
}

const one = (make: (operand: ExpressionTree) => ExpressionTree): KnownFunction => ({
  takes: 1,
  make: ([operand]) => make(operand as ExpressionTree),
});
const many = (op: "min" | "max" | "hypot"): KnownFunction => ({ takes: null, make: (args) => callVariadic(op, args) });

/** The global functions a lambda may call. */
export const functions: Readonly<Record<string, KnownFunction>> = {
  ...Object.fromEntries(numberFunctions.map((name) => [`Math.${name}`, one((x) => callFunction(name, x))])),
  "Math.min": many("min"),
  "Math.max": many("max"),
  "Math.hypot": many("hypot"),
  "Math.pow": { takes: 2, make: ([left, right]) => power(left as ExpressionTree, right as ExpressionTree) },
  ...Object.fromEntries(numberTests.map((name) => [`Number.${name}`, one((x) => callTest(name, x))])),
  "Number.isSafeInteger": one((x) =>
    logicalOp("&&", [
      callTest("isInteger", x),
      compare("<=", callFunction("abs", x), constantOf(Number.MAX_SAFE_INTEGER)),
    ]),
  ),
};
