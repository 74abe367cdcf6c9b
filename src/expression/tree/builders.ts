import { rowShape } from "../../../dsl/rows.js";
import type { Port } from "../../../dsl/tensor.js";
import { bounds } from "../../util/bounds.js";
import {
  children,
  elementType,
  type ArithmeticOp,
  type CompareOp,
  type Constant,
  type ConstantValue,
  constantOf,
  type ExpressionTree,
  isConstant,
  isNullable,
  listLength,
  type NumberFunction,
  type NumberTest,
  type Index,
  type Read,
  type Source,
  type ScalarType,
  type StringTest,
  valueOf,
} from "./tree.js";
import { bigintBits } from "./work.js";

// Constructors of typed nodes. They fold operations on constants, exactly as JavaScript computes them.

/** The same operators compute bigints. */
const arithmetic: Readonly<Record<ArithmeticOp, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
};

const comparison: Readonly<Record<CompareOp, (a: ConstantValue, b: ConstantValue) => boolean>> = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "===": (a, b) => a === b,
  "!==": (a, b) => a !== b,
};

/**
 * Both sides are numbers, or both are bigints. A bigint divisor is a constant other than zero. Bigints whose result may
 * be over the bound are not folded; the check of the tree refuses it.
 */
export function compute(op: ArithmeticOp, left: ExpressionTree, right: ExpressionTree): ExpressionTree {
  const node = { op, left, right, type: left.type === "bigint" ? "bigint" : "number" } as const;
  const folds = isConstant(left) && isConstant(right) && bigintBits(node) <= bounds.expressionBits.limit;
  return folds ? constantOf(arithmetic[op](valueOf(left) as number, valueOf(right) as number)) : node;
}

export function compare(op: CompareOp, left: ExpressionTree, right: ExpressionTree): ExpressionTree {
  if (isConstant(left) && isConstant(right)) return constantOf(comparison[op](valueOf(left), valueOf(right)));
  return { op, left, right, type: "boolean" };
}

export function negate(operand: ExpressionTree): ExpressionTree {
  if (isConstant(operand)) return constantOf(-(valueOf(operand) as number));
  return { op: "negate", operand, type: operand.type === "bigint" ? "bigint" : "number" };
}

/** The exact negation. Never `a < b` for `!(a >= b)`: on NaN both are false. */
export function not(operand: ExpressionTree): ExpressionTree {
  switch (operand.op) {
    case "constant":
      return constantOf(!valueOf(operand));
    case "!":
      return operand.operand;
    case "===":
      return { ...operand, op: "!==" };
    case "!==":
      return { ...operand, op: "===" };
    default:
      return { op: "!", operand, type: "boolean" };
  }
}

/** `&&` or `||` of any number of operands, flattened, without constants. */
export function logicalOp(op: "&&" | "||", operands: readonly ExpressionTree[]): ExpressionTree {
  const decides = op === "||";
  const args: ExpressionTree[] = [];
  for (const operand of operands) {
    if (isConstant(operand)) {
      if (operand.value === decides) return constantOf(decides);
    } else if (operand.op === op) args.push(...operand.args);
    else args.push(operand);
  }
  const [only] = args;
  if (only === undefined) return constantOf(!decides);
  return args.length === 1 ? only : { op, args, type: "boolean" };
}

export function conditional(test: ExpressionTree, then: ExpressionTree, otherwise: ExpressionTree): ExpressionTree {
  if (isConstant(test)) return test.value === true ? then : otherwise;
  const type = then.type as ScalarType;
  return { op: "conditional", test, then, otherwise, type, nullable: isNullable(then) || isNullable(otherwise) };
}

export function callFunction(op: NumberFunction, operand: ExpressionTree): ExpressionTree {
  if (isConstant(operand)) return constantOf(Math[op](valueOf(operand) as number));
  return { op, operand, type: "number" };
}

/** `Number(…)` of a number or a bigint. Each branch of a conditional is converted by itself, so that constants fold. */
export function toNumber(operand: ExpressionTree): ExpressionTree {
  if (operand.type === "number") return coalesce(operand, constantOf(Number.NaN));
  if (isConstant(operand)) return constantOf(Number(valueOf(operand)));
  if (operand.op === "conditional")
    return conditional(operand.test, toNumber(operand.then), toNumber(operand.otherwise));
  return { op: "toNumber", operand, type: "number" };
}

export function callTest(op: NumberTest, operand: ExpressionTree): ExpressionTree {
  if (isConstant(operand)) return constantOf(Number[op](valueOf(operand)));
  return { op, operand, type: "boolean" };
}

/** The operand must not be nullable: JavaScript throws on undefined. */
export function callStringTest(op: StringTest, operand: ExpressionTree, text: string): ExpressionTree {
  if (isConstant(operand)) return constantOf(String(valueOf(operand))[op](text));
  return text === "" ? constantOf(true) : { op, operand, text, type: "boolean" };
}

export function isMissing(operand: ExpressionTree): ExpressionTree {
  return isNullable(operand) ? { op: "missing", operand, type: "boolean" } : constantOf(false);
}

export function coalesce(left: ExpressionTree, right: ExpressionTree): ExpressionTree {
  return isNullable(left) ? { op: "??", left, right, type: left.type as ScalarType } : left;
}

export function power(left: ExpressionTree, right: ExpressionTree): ExpressionTree {
  if (isConstant(left) && isConstant(right)) return constantOf((valueOf(left) as number) ** (valueOf(right) as number));
  return { op: "**", left, right, type: "number" };
}

/** `Math.min`, `Math.max` or `Math.hypot` of any number of operands, also of none. */
export function callVariadic(op: "min" | "max" | "hypot", args: readonly ExpressionTree[]): ExpressionTree {
  if (args.every(isConstant)) return constantOf(Math[op](...args.map((a) => valueOf(a) as number)));
  return { op, args, type: "number" };
}

/**
 * A read of a whole port of the row.
 *
 * @param portShape the port's shape; the row axis is left out, and open sizes become null
 */
export function readOf(
  from: Source,
  { name, dtype }: Pick<Port, "name" | "dtype">,
  portShape: NonNullable<Port["shape"]>,
): Read {
  const shape = rowShape(portShape).map((size) => (typeof size === "number" ? size : null));
  const type = shape.length === 0 ? elementType(dtype) : "list";
  return { op: "read", from, port: name, dtype, shape, at: [], type, nullable: false };
}

/** The element of a list at an index. */
export function elementOf(list: Read, index: Index, nullable: boolean): Read {
  const at = [...list.at, index];
  return { ...list, at, type: at.length === list.shape.length ? elementType(list.dtype) : "list", nullable };
}

/** The node with each operand mapped, and folded again. */
export function mapOperands(node: ExpressionTree, put: (part: ExpressionTree) => ExpressionTree): ExpressionTree {
  switch (node.op) {
    case "read":
    case "constant":
    case "pick":
    case "position":
      return node;
    case "length":
      return { ...node, list: put(node.list) as Read };
    case "every":
    case "some":
      return { ...node, list: put(node.list) as Read, body: put(node.body) };
    case "aggregate":
      return node.body === null ? node : { ...node, body: put(node.body) };
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return compute(node.op, put(node.left), put(node.right));
    case "<":
    case ">":
    case "<=":
    case ">=":
    case "===":
    case "!==":
      return compare(node.op, put(node.left), put(node.right));
    case "negate":
      return negate(put(node.operand));
    case "!":
      return not(put(node.operand));
    case "&&":
    case "||":
      return logicalOp(node.op, node.args.map(put));
    case "min":
    case "max":
    case "hypot":
      return callVariadic(node.op, node.args.map(put));
    case "**":
      return power(put(node.left), put(node.right));
    case "??":
      return coalesce(put(node.left), put(node.right));
    case "missing":
      return isMissing(put(node.operand));
    case "startsWith":
    case "endsWith":
    case "includes":
      return callStringTest(node.op, put(node.operand), node.text);
    case "toNumber":
      return toNumber(put(node.operand));
    case "isFinite":
    case "isNaN":
    case "isInteger":
      return callTest(node.op, put(node.operand));
    case "conditional":
      return conditional(put(node.test), put(node.then), put(node.otherwise));
    default:
      return callFunction(node.op, put(node.operand));
  }
}

/** The tree with a binder's position replaced by a number. */
function substituteBinder(tree: ExpressionTree, binder: number, position: number): ExpressionTree {
  const put = (node: ExpressionTree): ExpressionTree => {
    if (node.op === "read")
      return {
        ...node,
        at: node.at.map((index) => (typeof index === "object" && index.binder === binder ? position : index)),
      };
    if (node.op === "pick" && node.binder === binder) return node.items[position] as Constant;
    return node.op === "position" && node.binder === binder ? constantOf(position) : mapOperands(node, put);
  };
  return put(tree);
}

/** The nodes of a tree after `unroll`. */
export function unrolledSize(tree: ExpressionTree, maxLength: number): number {
  if (tree.op === "every" || tree.op === "some") {
    const length = listLength(tree.list);
    const body = unrolledSize(tree.body, maxLength);
    return 1 + (length === null || length > maxLength ? 1 : length) * body;
  }
  return children(tree).reduce((size, child) => size + unrolledSize(child, maxLength), 1);
}

/** Expands each `every` and `some` over a list of known length, up to `maxLength`, element by element. */
export function unroll(tree: ExpressionTree, maxLength: number): ExpressionTree {
  const put = (node: ExpressionTree): ExpressionTree => {
    if (node.op !== "every" && node.op !== "some") return mapOperands(node, put);
    const length = listLength(node.list);
    if (length === null || length > maxLength) return node;
    const bodies = Array.from({ length }, (_, position) => put(substituteBinder(node.body, node.binder, position)));
    return logicalOp(node.op === "every" ? "&&" : "||", bodies);
  };
  return put(tree);
}
