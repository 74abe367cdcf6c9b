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
import { comparing } from "./value.js";

// What the polars back-end spells out with comparisons and choices, found again as the function it stands for.

/** Whether two trees are the same. */
export function isSame(a: ExpressionTree, b: ExpressionTree): boolean {
  if (a === b) return true;
  if (a.op !== b.op || a.type !== b.type) return false;
  if (a.op === "read" || a.op === "constant") return JSON.stringify(a) === JSON.stringify(b);
  if ("text" in a && "text" in b && a.text !== b.text) return false;
  const [below, other] = [children(a), children(b)];
  return below.length === other.length && below.every((child, i) => isSame(child, other[i] as ExpressionTree));
}

const nan = constantOf(Number.NaN);
const isNaNConstant = (tree: ExpressionTree): boolean => isConstant(tree) && Number.isNaN(valueOf(tree));

/** What is calculated with: `v` for `v ?? NaN`. */
const bare = (tree: ExpressionTree): ExpressionTree =>
  tree.op === "??" && isNaNConstant(tree.right) ? tree.left : tree;
/** What is compared: `v ?? NaN` for a `v` that may be missing. */
const filled = (tree: ExpressionTree): ExpressionTree =>
  isNullable(tree) ? { op: "??", left: tree, right: nan, type: "number" } : tree;

/** A choice, or the function that it spells out. */
export function recognised(tree: ExpressionTree): ExpressionTree {
  if (tree.op !== "conditional" || tree.type !== "number") return tree;
  return rounding(tree) ?? sign(tree) ?? extreme(tree) ?? tree;
}

type Conditional = NodeOf<"conditional">;

/** `round` and `trunc` end in `floor` of their operand. */
function rounding(tree: Conditional): ExpressionTree | null {
  if (tree.otherwise.op !== "floor") return null;
  const operand = tree.otherwise.operand;
  for (const op of ["round", "trunc"] as const)
    if (isSame(tree, unfilled(expand(op, operand)))) return { op, operand, type: "number" };
  return null;
}

/** `sign` ends in its operand itself. */
function sign(tree: Conditional): ExpressionTree | null {
  if (tree.otherwise.op !== "conditional") return null;
  const operand = bare(tree.otherwise.otherwise);
  return isSame(tree, unfilled(expand("sign", operand))) ? { op: "sign", operand, type: "number" } : null;
}

/** The tree as it is read back: calculations with `v ?? NaN` are calculations with `v`. */
function unfilled(tree: ExpressionTree): ExpressionTree {
  switch (tree.op) {
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return compute(tree.op, bare(unfilled(tree.left)), bare(unfilled(tree.right)));
    case "floor":
    case "ceil":
      return callFunction(tree.op, bare(unfilled(tree.operand)));
    case "conditional":
      return conditional(unfilled(tree.test), unfilled(tree.then), unfilled(tree.otherwise));
    case ">":
    case "<":
    case ">=":
    case "===":
      return comparing(tree.op, unfilled(tree.left), unfilled(tree.right));
    default:
      return tree;
  }
}

/** `isFinite(x)` and then `floor(x) === x` among the parts of a conjunction. */
export function wholeNumbers(tree: ExpressionTree): ExpressionTree {
  if (tree.op !== "&&") return tree;
  const args: ExpressionTree[] = [];
  for (const arg of tree.args) {
    const before = args.at(-1);
    if (
      before?.op === "isFinite" &&
      arg.op === "===" &&
      arg.left.op === "floor" &&
      isSame(bare(before.operand), arg.left.operand) &&
      isSame(before.operand, arg.right)
    ) {
      args[args.length - 1] = callTest("isInteger", bare(before.operand));
    } else args.push(arg);
  }
  return logicalOp("&&", args);
}

/** The most operands that are looked for. */
const mostOperands = 64;

function extreme(tree: Conditional): ExpressionTree | null {
  const guarded = isNaNConstant(tree.then) && hasNaNTests(tree.test);
  const chain = guarded ? tree.otherwise : tree;
  const first: ExpressionTree[] = [];
  let rest = chain;
  while (rest.op === "conditional" && first.length < mostOperands) {
    first.push(rest.then);
    rest = rest.otherwise;
    const found = extremeOf([...first, rest].map(bare), chain, guarded ? tree.test : null);
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
  const suspects = args.filter((arg) => mayBeNaN(arg) || isNullable(arg));
  const expected =
    suspects.length === 0
      ? null
      : logicalOp(
          "||",
          suspects.map((arg) => callTest("isNaN", filled(arg))),
        );
  if (expected === null ? guard !== null : guard === null || !isSame(expected, guard)) return null;
  for (const op of ["max", "min"] as const) {
    for (const zeroSign of [false, true])
      if (isSame(spelledOut(op, args.map(filled), zeroSign), chain)) return callVariadic(op, args);
  }
  return null;
}

/** The first that none of the later ones beats, as the back-end writes it. */
function spelledOut(op: "min" | "max", args: readonly ExpressionTree[], zeroSign: boolean): ExpressionTree {
  const [wins, holds] = op === "max" ? ([">", ">="] as const) : (["<", "<="] as const);
  const over = (x: ExpressionTree): ExpressionTree => compute("/", constantOf(1), bare(x));
  const turned = (x: ExpressionTree, y: ExpressionTree, strict: boolean): ExpressionTree =>
    comparing(strict ? wins : holds, x, y);
  const beats = (x: ExpressionTree, y: ExpressionTree): ExpressionTree =>
    zeroSign
      ? logicalOp("||", [
          turned(x, y, true),
          logicalOp("&&", [comparing("===", x, y), turned(over(x), over(y), false)]),
        ])
      : turned(x, y, false);
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
