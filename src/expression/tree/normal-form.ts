import { coalesce, compare, conditional, logicalOp, mapOperands, negate, not } from "./builders.js";
import { children, type ExpressionTree, isConstant, type NodeOf } from "./tree.js";

/**
 * One form for the trees of one lambda, however a compiler or minifier wrote it: `x.out > 1` and `1 < x.out`, or
 * `if (a) return b; return false` and `a && b`, have the same. It has the same value as the tree on every row, but is
 * compared and hashed only: it is neither run nor written.
 */
export function normalForm(tree: ExpressionTree): ExpressionTree {
  return new Normalizer().normal(withBinders(tree, new Map(), 0));
}

class Normalizer {
  /** Negations by node, both ways: tests inside tests would be negated again at every level. */
  readonly #inverses = new Map<ExpressionTree, ExpressionTree>();

  normal = (tree: ExpressionTree): ExpressionTree => {
    const node = mapOperands(tree, this.normal);
    switch (node.op) {
      case "-":
        // Exact for every number and bigint: `a - b` is `a + -b`.
        return sorted({ ...node, op: "+", right: opposite(node.right) });
      case "+":
      case "*":
      case "===":
      case "!==":
        return sorted(node);
      case "negate":
        return opposite(node.operand);
      case ">":
        return compare("<", node.right, node.left);
      case ">=":
        return compare("<=", node.right, node.left);
      case "!":
        return this.#inverse(node.operand);
      case "conditional":
        return this.#conditional(node.test, node.then, node.otherwise);
      case "??":
        return nested(node.left, node.right);
      default:
        return node;
    }
  };

  /** The negation with `!` only before what has no other: `!(a && b)` is `!a || !b`. */
  #inverse(node: ExpressionTree): ExpressionTree {
    const known = this.#inverses.get(node);
    if (known !== undefined) return known;
    const inverse = this.#negated(node);
    this.#inverses.set(node, inverse).set(inverse, node);
    return inverse;
  }

  #negated(node: ExpressionTree): ExpressionTree {
    switch (node.op) {
      case "&&":
      case "||":
        return logicalOp(
          node.op === "&&" ? "||" : "&&",
          node.args.map((arg) => this.#inverse(arg)),
        );
      case "every":
      case "some":
        return { ...node, op: node.op === "every" ? "some" : "every", body: this.#inverse(node.body) };
      case "conditional":
        return this.#conditional(node.test, this.#inverse(node.then), this.#inverse(node.otherwise));
      default:
        return not(node);
    }
  }

  #conditional(test: ExpressionTree, then: ExpressionTree, otherwise: ExpressionTree): ExpressionTree {
    if (isNegative(test)) return this.#conditional(this.#inverse(test), otherwise, then);
    if (isConstant(test)) return test.value === true ? then : otherwise;
    if (isSame(then, otherwise)) return then;
    // `v === undefined ? 0 : v` is `v ?? 0`.
    if (test.op === "missing" && isSame(test.operand, otherwise)) return coalesce(otherwise, then);
    if (then.type === "boolean") {
      if (isFalse(then)) return logicalOp("&&", [this.#inverse(test), otherwise]);
      if (isConstant(then) || isSame(test, then)) return logicalOp("||", [test, otherwise]);
      if (isConstant(otherwise) && !isFalse(otherwise)) return logicalOp("||", [this.#inverse(test), then]);
      if (isConstant(otherwise) || isSame(test, otherwise)) return logicalOp("&&", [test, then]);
    }
    // `a ? (b ? c : d) : d` is `a && b ? c : d`, and so on.
    if (then.op === "conditional") {
      if (isSame(then.otherwise, otherwise)) return this.#conditional(and(test, then.test), then.then, otherwise);
      if (isSame(then.then, otherwise))
        return this.#conditional(and(test, this.#inverse(then.test)), then.otherwise, otherwise);
    }
    if (otherwise.op === "conditional") {
      const { test: inner, then: yes, otherwise: no } = otherwise;
      if (isSame(no, then)) return this.#conditional(and(this.#inverse(test), inner), yes, then);
      if (isSame(yes, then)) return this.#conditional(and(this.#inverse(test), this.#inverse(inner)), no, then);
    }
    // `a ? Math.abs(b) : Math.abs(c)` is `Math.abs(a ? b : c)`.
    if (isUnary(then) && then.op === otherwise.op)
      return { ...then, operand: this.#conditional(test, then.operand, otherwise.operand) };
    return conditional(test, then, otherwise);
  }
}

/** Operations whose negation stands as the test of a conditional, with its branches exchanged. */
const negative: ReadonlySet<string> = new Set(["!", "!==", "||", "some"]);

/** Of a test and its negation, one is negative. */
const isNegative = (test: ExpressionTree): boolean =>
  negative.has(test.op) || (test.op === "conditional" && isNegative(test.then));

const opposite = (node: ExpressionTree): ExpressionTree => (node.op === "negate" ? node.operand : negate(node));
const and = (left: ExpressionTree, right: ExpressionTree): ExpressionTree => logicalOp("&&", [left, right]);
const isFalse = (node: ExpressionTree): boolean => isConstant(node) && node.value === false;

/** `(a ?? b) ?? c` as `a ?? (b ?? c)`. */
const nested = (left: ExpressionTree, right: ExpressionTree): ExpressionTree =>
  left.op === "??" ? coalesce(left.left, nested(left.right, right)) : coalesce(left, right);

/** The operands of an operation that takes them in either order, in one order. */
function sorted<N extends NodeOf<"+"> | NodeOf<"<">>(node: N): N {
  return order(node.left, node.right) <= 0 ? node : { ...node, left: node.right, right: node.left };
}

/** Operations of one number, which JavaScript calls as functions. */
const unary = new Set(["abs", "floor", "ceil", "round", "trunc", "sign", "sqrt", "log", "log2", "log10", "exp"]);
const isUnary = (node: ExpressionTree): node is NodeOf<"abs"> => unary.has(node.op);

/** Numbers the binders by their depth: their numbers say nothing. */
function withBinders(node: ExpressionTree, depths: ReadonlyMap<number, number>, depth: number): ExpressionTree {
  const depthOf = (binder: number): number => depths.get(binder) ?? binder;
  switch (node.op) {
    case "read":
      return { ...node, at: node.at.map((i) => (typeof i === "number" ? i : { binder: depthOf(i.binder) })) };
    case "pick":
    case "position":
      return { ...node, binder: depthOf(node.binder) };
    case "every":
    case "some": {
      const inner = new Map(depths).set(node.binder, depth);
      const list = withBinders(node.list, depths, depth) as typeof node.list;
      return { ...node, list, binder: depth, body: withBinders(node.body, inner, depth + 1) };
    }
    default:
      return mapOperands(node, (part) => withBinders(part, depths, depth));
  }
}

const isSame = (a: ExpressionTree, b: ExpressionTree): boolean => order(a, b) === 0;

/** An order of trees: negative, 0 for equal trees, or positive. */
function order(a: ExpressionTree, b: ExpressionTree): number {
  if (a === b) return 0;
  const [own, other] = [ownText(a), ownText(b)];
  if (own !== other) return own < other ? -1 : 1;
  const [left, right] = [children(a), children(b)];
  if (left.length !== right.length) return left.length - right.length;
  for (const [i, child] of left.entries()) {
    const found = order(child, right[i] as ExpressionTree);
    if (found !== 0) return found;
  }
  return 0;
}

/** A node without its operands. */
function ownText(node: ExpressionTree): string {
  switch (node.op) {
    case "read": {
      const { from, port, at } = node;
      return JSON.stringify(["read", from, port, at]);
    }
    case "constant":
      return JSON.stringify(["constant", node.type, node.value]);
    case "pick":
      return JSON.stringify(["pick", node.binder, node.items.map(({ type, value }) => [type, value])]);
    case "position":
      return JSON.stringify(["position", node.binder]);
    case "every":
    case "some":
      return JSON.stringify([node.op, node.binder]);
    case "startsWith":
    case "endsWith":
    case "includes":
      return JSON.stringify([node.op, node.text]);
    case "aggregate":
      return JSON.stringify([node.op, node.fn, node.quantile]);
    default:
      return node.op;
  }
}
