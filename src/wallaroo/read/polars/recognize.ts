import {
  callFunction,
  callTest,
  conditional,
  compute,
  logicalOp,
  callVariadic,
} from "../../../expression/tree/builders.js";
import { mayBeNaN } from "../../../expression/tree/may-be-nan.js";
import { expand } from "../../../expression/tree/expand.js";
import {
  children,
  constantOf,
  type ExpressionTree,
  isConstant,
  isNullable,
  type NodeOf,
  valueOf,
} from "../../../expression/tree/tree.js";
import { comparisonNode } from "./value.js";

// Finds the functions that the polars back-end expands into comparisons and choices.

/** Whether two trees are structurally equal. */
export function isSame(a: ExpressionTree, b: ExpressionTree): boolean {
  if (a === b) return true;
  if (a.op !== b.op || a.type !== b.type) return false;
  if (a.op === "read" || a.op === "constant") return JSON.stringify(a) === JSON.stringify(b);
  if ("text" in a && "text" in b && a.text !== b.text) return false;
  const [childrenA, childrenB] = [children(a), children(b)];
  return (
    childrenA.length === childrenB.length &&
    childrenA.every((child, i) => isSame(child, childrenB[i] as ExpressionTree))
  );
}

const nan = constantOf(Number.NaN);
const isNaNConstant = (tree: ExpressionTree): boolean => isConstant(tree) && Number.isNaN(valueOf(tree));

/** `v` for `v ?? NaN`: the operand of a calculation. */
const stripNaNFill = (tree: ExpressionTree): ExpressionTree =>
  tree.op === "??" && isNaNConstant(tree.right) ? tree.left : tree;
/** `v ?? NaN` for a `v` that may be missing: the operand of a comparison. */
const withNaNFill = (tree: ExpressionTree): ExpressionTree =>
  isNullable(tree) ? { op: "??", left: tree, right: nan, type: "number" } : tree;

/** The function that a choice is the expansion of; otherwise the choice itself. */
export function recognizeFunction(tree: ExpressionTree): ExpressionTree {
  if (tree.op !== "conditional" || tree.type !== "number") return tree;
  return recognizeRounding(tree) ?? recognizeSign(tree) ?? recognizeExtreme(tree) ?? tree;
}

type Conditional = NodeOf<"conditional">;

/** `round` and `trunc`: their expansions end in `floor(operand)`. */
function recognizeRounding(tree: Conditional): ExpressionTree | null {
  if (tree.otherwise.op !== "floor") return null;
  const operand = tree.otherwise.operand;
  for (const op of ["round", "trunc"] as const)
    if (isSame(tree, withoutNaNFill(expand(op, operand)))) return { op, operand, type: "number" };
  return null;
}

/** `sign`: its expansion ends in the operand itself. */
function recognizeSign(tree: Conditional): ExpressionTree | null {
  if (tree.otherwise.op !== "conditional") return null;
  const operand = stripNaNFill(tree.otherwise.otherwise);
  return isSame(tree, withoutNaNFill(expand("sign", operand))) ? { op: "sign", operand, type: "number" } : null;
}

/** An expansion as it is read back: with `v` instead of `v ?? NaN` in calculations. */
function withoutNaNFill(tree: ExpressionTree): ExpressionTree {
  switch (tree.op) {
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return compute(tree.op, stripNaNFill(withoutNaNFill(tree.left)), stripNaNFill(withoutNaNFill(tree.right)));
    case "floor":
    case "ceil":
      return callFunction(tree.op, stripNaNFill(withoutNaNFill(tree.operand)));
    case "conditional":
      return conditional(withoutNaNFill(tree.test), withoutNaNFill(tree.then), withoutNaNFill(tree.otherwise));
    case ">":
    case "<":
    case ">=":
    case "===":
      return comparisonNode(tree.op, withoutNaNFill(tree.left), withoutNaNFill(tree.right));
    default:
      return tree;
  }
}

/** Replaces `isFinite(x) && floor(x) === x` in a conjunction with `Number.isInteger(x)`. */
export function recognizeIsInteger(tree: ExpressionTree): ExpressionTree {
  if (tree.op !== "&&") return tree;
  const args: ExpressionTree[] = [];
  for (const arg of tree.args) {
    const previous = args.at(-1);
    if (
      previous?.op === "isFinite" &&
      arg.op === "===" &&
      arg.left.op === "floor" &&
      isSame(stripNaNFill(previous.operand), arg.left.operand) &&
      isSame(previous.operand, arg.right)
    ) {
      args[args.length - 1] = callTest("isInteger", stripNaNFill(previous.operand));
    } else args.push(arg);
  }
  return logicalOp("&&", args);
}

/** The most operands of `Math.min` and `Math.max` that are recognized. */
const maxOperands = 64;

/** `Math.min` and `Math.max`, with or without the test for NaN. */
function recognizeExtreme(tree: Conditional): ExpressionTree | null {
  const guarded = isNaNConstant(tree.then) && hasNaNTests(tree.test);
  const chain = guarded ? tree.otherwise : tree;
  const first: ExpressionTree[] = [];
  let rest = chain;
  while (rest.op === "conditional" && first.length < maxOperands) {
    first.push(rest.then);
    rest = rest.otherwise;
    const found = extremeOf([...first, rest].map(stripNaNFill), chain, guarded ? tree.test : null);
    if (found !== null) return found;
  }
  return null;
}

const hasNaNTests = (test: ExpressionTree): boolean =>
  test.op === "isNaN" || (test.op === "||" && test.args.every(({ op }) => op === "isNaN"));

function extremeOf(
  args: readonly ExpressionTree[],
  chain: ExpressionTree,
  guard: ExpressionTree | null,
): ExpressionTree | null {
  const needTest = args.filter((arg) => mayBeNaN(arg) || isNullable(arg));
  const expected =
    needTest.length === 0
      ? null
      : logicalOp(
          "||",
          needTest.map((arg) => callTest("isNaN", withNaNFill(arg))),
        );
  if (expected === null ? guard !== null : guard === null || !isSame(expected, guard)) return null;
  for (const op of ["max", "min"] as const) {
    for (const zeroSign of [false, true])
      if (isSame(expandedExtreme(op, args.map(withNaNFill), zeroSign), chain)) return callVariadic(op, args);
  }
  return null;
}

/** The expansion that the back-end writes: the first operand that beats or equals all later ones. */
function expandedExtreme(op: "min" | "max", args: readonly ExpressionTree[], zeroSign: boolean): ExpressionTree {
  const [strictOp, looseOp] = op === "max" ? ([">", ">="] as const) : (["<", "<="] as const);
  const reciprocal = (x: ExpressionTree): ExpressionTree => compute("/", constantOf(1), stripNaNFill(x));
  const ordered = (x: ExpressionTree, y: ExpressionTree, isStrict: boolean): ExpressionTree =>
    comparisonNode(isStrict ? strictOp : looseOp, x, y);
  const beats = (x: ExpressionTree, y: ExpressionTree): ExpressionTree =>
    zeroSign
      ? logicalOp("||", [
          ordered(x, y, true),
          logicalOp("&&", [comparisonNode("===", x, y), ordered(reciprocal(x), reciprocal(y), false)]),
        ])
      : ordered(x, y, false);
  let best = args.at(-1) as ExpressionTree;
  for (let i = args.length - 2; i >= 0; i--) {
    const x = args[i] as ExpressionTree;
    best = conditional(
      logicalOp(
        "&&",
        args.slice(i + 1).map((y) => beats(x, y)),
      ),
      x,
      best,
    );
  }
  return best;
}
