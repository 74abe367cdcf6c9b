import { callFunction, callTest, extreme } from "./fold.js";
import { type ExpressionTree, numberFunctions, numberTests } from "./tree.js";

/** A function of numbers: of one, or of one and more. */
export interface KnownFunction {
  readonly many: boolean;
  make(args: readonly ExpressionTree[]): ExpressionTree;
}

const one = (make: (operand: ExpressionTree) => ExpressionTree): KnownFunction => ({ many: false, make: ([operand]) => make(operand as ExpressionTree) });

/** The global functions a lambda may call. */
export const functions: Readonly<Record<string, KnownFunction>> = {
  ...Object.fromEntries(numberFunctions.map((name) => [`Math.${name}`, one((x) => callFunction(name, x))])),
  "Math.min": { many: true, make: (args) => extreme("min", args) },
  "Math.max": { many: true, make: (args) => extreme("max", args) },
  ...Object.fromEntries(numberTests.map((name) => [`Number.${name}`, one((x) => callTest(name, x))])),
};

