import { bounds, exceeded } from "../../util/bounds.js";
import { children, type Constant, type ExpressionTree, listLength, type NodeOf, type Read } from "./tree.js";

// How much work an expression is: estimates from the tree alone, for bounds. Nested lists multiply.

/** Bits of a bigint that are computed in one step. */
const limbBits = 64;
/** Characters of a text that are compared in one step. */
const stepCharacters = 16;

/**
 * The estimated steps of evaluating a tree on one row, at least: a list of open length counts as one element. A step is
 * about one operation of JavaScript: 1 to 5 ns.
 *
 * @example rowSteps(tree) // 11 for `x.out.y.every((v) => v < 1)` with two elements
 */
export function rowSteps(tree: ExpressionTree): number {
  let steps = ownSteps(tree);
  if (tree.op === "every" || tree.op === "some")
    return steps + (listLength(tree.list) ?? 1) * (1 + rowSteps(tree.body));
  for (const child of children(tree)) steps += rowSteps(child);
  return steps;
}

/**
 * The same estimate as the text of a sum, for lists whose lengths are known only at run time.
 *
 * @param lengthText the text of a list's length
 */
export function rowStepsText(tree: ExpressionTree, lengthText: (list: Read) => string): string {
  if (!hasOpenList(tree)) return String(rowSteps(tree));
  if (tree.op === "every" || tree.op === "some")
    return `${ownSteps(tree)} + ${lengthText(tree.list)} * (1 + ${rowStepsText(tree.body, lengthText)})`;
  return [String(ownSteps(tree)), ...children(tree).map((child) => rowStepsText(child, lengthText))].join(" + ");
}

/**
 * The most elements of one row that a tree combines with one another: 900 where each of 30 elements is compared with
 * each of 30. Lists that are elements of the list around them, as rows of a matrix, are not combined. Infinite for a
 * list of open length inside another list.
 */
export function combinedElements(tree: ExpressionTree, outer: readonly NodeOf<"every" | "some">[] = []): number {
  if (tree.op !== "every" && tree.op !== "some")
    return Math.max(1, ...children(tree).map((child) => combinedElements(child, outer)));
  const { list, body } = tree;
  const isElement = (binder: number) => list.at.some((index) => typeof index === "object" && index.binder === binder);
  const lists = [...outer, tree];
  const own = outer.every(({ binder }) => isElement(binder))
    ? 1
    : lists.reduce((product, { list: each }) => product * (listLength(each) ?? Infinity), 1);
  return Math.max(own, combinedElements(body, lists));
}

/** Whether a tree visits the elements of a list of open length. */
function hasOpenList(tree: ExpressionTree): boolean {
  if ((tree.op === "every" || tree.op === "some") && listLength(tree.list) === null) return true;
  return children(tree).some(hasOpenList);
}

/** The steps of a node without those of its operands. */
function ownSteps(node: ExpressionTree): number {
  switch (node.op) {
    case "read":
      return 1 + node.at.length;
    case "pick":
      return 1 + node.items.length;
    case "startsWith":
    case "endsWith":
    case "includes":
      return 1 + Math.ceil(node.text.length / stepCharacters);
    case "*":
    case "/":
    case "%":
      return node.type === "bigint" ? 1 + limbs(node.left) * limbs(node.right) : 1;
    case "toNumber":
      return limbs(node.operand);
    default:
      return node.type === "bigint" ? limbs(node) : 1;
  }
}

/** The length of the longest text constant of a node. */
function longestText(node: ExpressionTree): number {
  if ("text" in node) return node.text.length;
  const constants = node.op === "constant" ? [node] : node.op === "pick" ? node.items : [];
  return constants.reduce(
    (longest, { type, value }) => (type === "string" ? Math.max(longest, String(value).length) : longest),
    0,
  );
}

const limbs = (node: ExpressionTree): number => Math.ceil(bigintBits(node) / limbBits);

const known = new WeakMap<ExpressionTree, number>();

/** The most bits that a bigint expression's value can have: sums add one, products add up. */
export function bigintBits(node: ExpressionTree): number {
  const found = known.get(node);
  if (found !== undefined) return found;
  const bits = countBits(node);
  known.set(node, bits);
  return bits;
}

function countBits(node: ExpressionTree): number {
  switch (node.op) {
    case "constant":
      return constantBits(node);
    case "pick":
      return Math.max(...node.items.map(constantBits));
    case "read":
      return 64;
    case "+":
    case "-":
      return 1 + Math.max(bigintBits(node.left), bigintBits(node.right));
    case "*":
      return bigintBits(node.left) + bigintBits(node.right);
    case "/":
    case "%":
      return bigintBits(node.left);
    case "negate":
      return bigintBits(node.operand);
    case "conditional":
      return Math.max(bigintBits(node.then), bigintBits(node.otherwise));
    case "??":
      return Math.max(bigintBits(node.left), bigintBits(node.right));
    default:
      return 0;
  }
}

/** Digits of a decimal number are at most this many bits each. */
const bitsPerDigit = Math.log2(10);

const constantBits = (node: Constant): number => Math.ceil(String(node.value).length * bitsPerDigit);

/** The error message for a tree whose texts, bigints or lists inside lists are over a bound, or null. */
export function workProblem(tree: ExpressionTree): string | null {
  const problem = valueProblem(tree);
  if (problem !== null) return problem;
  const steps = rowSteps(tree);
  return steps > bounds.evaluationSteps.limit ? exceeded(bounds.evaluationSteps, steps) : null;
}

function valueProblem(node: ExpressionTree): string | null {
  if (node.type === "bigint" && bigintBits(node) > bounds.expressionBits.limit) return exceeded(bounds.expressionBits);
  const longest = longestText(node);
  if (longest > bounds.expressionText.limit) return exceeded(bounds.expressionText, longest);
  for (const child of children(node)) {
    const problem = valueProblem(child);
    if (problem !== null) return problem;
  }
  return null;
}
