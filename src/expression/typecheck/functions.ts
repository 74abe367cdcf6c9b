import { callFunction, callTest, callVariadic, compare, logicalOp, power, toNumber } from "../tree/builders.js";
import { constantOf, type ExpressionTree, numberFunctions, numberTests } from "../tree/tree.js";

/** A global function of numbers. */
export interface KnownFunction {
  /** The number of arguments, or null for any number. */
  readonly arity: number | null;
  /** Whether it takes bigints, too. */
  readonly takesBigints?: true;
  build(args: readonly ExpressionTree[]): ExpressionTree;
}

const unary = (build: (operand: ExpressionTree) => ExpressionTree): KnownFunction => ({
  arity: 1,
  build: ([operand]) => build(operand as ExpressionTree),
});
const variadic = (op: "min" | "max" | "hypot"): KnownFunction => ({
  arity: null,
  build: (args) => callVariadic(op, args),
});

/** The global functions a lambda may call. */
export const functions: Readonly<Record<string, KnownFunction>> = {
  ...Object.fromEntries(numberFunctions.map((name) => [`Math.${name}`, unary((x) => callFunction(name, x))])),
  Number: { ...unary(toNumber), takesBigints: true },
  "Math.min": variadic("min"),
  "Math.max": variadic("max"),
  "Math.hypot": variadic("hypot"),
  "Math.pow": { arity: 2, build: ([left, right]) => power(left as ExpressionTree, right as ExpressionTree) },
  ...Object.fromEntries(numberTests.map((name) => [`Number.${name}`, unary((x) => callTest(name, x))])),
  "Number.isSafeInteger": unary((x) =>
    logicalOp("&&", [
      callTest("isInteger", x),
      compare("<=", callFunction("abs", x), constantOf(Number.MAX_SAFE_INTEGER)),
    ]),
  ),
};
