import { ConfigError, type ErrorCode } from "../../../../dsl/errors.js";
import type { DType } from "../../../../dsl/tensor.js";
import { coalesce, conditional, compare, logicalOp, isMissing, not } from "../../../expression/tree/builders.js";
import {
  children,
  type CompareOp,
  constantOf,
  type ExpressionTree,
  isConstant,
  isNullable,
  type Read,
} from "../../../expression/tree/tree.js";
import { maxNodes } from "../../../expression/tree/size.js";

/** The precision in which polars calculates: 64 bits, 32 bits, or an integer dtype that doubles hold exactly. */
export type Precision = "float64" | "float32" | "whole";

/**
 * A part of a polars expression in the semantics of JavaScript. Where polars has null, `present` is false and `tree` is
 * `undefined` or NaN. `present` is the constant true if polars never has null.
 */
interface Present {
  readonly tree: ExpressionTree;
  readonly present: ExpressionTree;
}
export interface NumberValue extends Present {
  readonly kind: "number";
  readonly precision: Precision;
  /** Whether it is a literal, which takes the dtype of a column it is combined with. */
  readonly literal: boolean;
  /** Whether the tree may be NaN, not `undefined`, where polars has null. */
  readonly nanIfNull: boolean;
}
export interface BigintValue extends Present {
  readonly kind: "bigint";
  readonly dtype: DType;
}
export interface StringValue extends Present {
  readonly kind: "string";
}
/**
 * A three-valued boolean: null if `isTrue` and `isFalse` are both false. `tree` is its value with `undefined` for
 * null, or null if no tree expresses that.
 */
export interface BooleanValue {
  readonly kind: "boolean";
  readonly isTrue: ExpressionTree;
  readonly isFalse: ExpressionTree;
  readonly tree: ExpressionTree | null;
}
export type Value =
  | NumberValue
  | BigintValue
  | StringValue
  | BooleanValue
  /** An integer literal, which takes the dtype of the other operand. */
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "list"; readonly read: Read }
  | { readonly kind: "series"; readonly items: readonly Value[] }
  | { readonly kind: "null" };

/** Stops reading an expression. `fromDefinition` reports the error as a problem. */
export function fail(path: string, reason: string, code: ErrorCode = "SL4114"): never {
  throw new ConfigError(code, reason, { path });
}

export const alwaysTrue = constantOf(true);
const alwaysFalse = constantOf(false);

export function isAlwaysTrue(tree: ExpressionTree): boolean {
  return isConstant(tree) && tree.value === true;
}

const treeSizes = new WeakMap<ExpressionTree, number>();

/** The tree; fails if it is larger than any that is compiled. Shared parts count once per use. */
export function limitSize(tree: ExpressionTree, path: string): ExpressionTree {
  if (sizeOf(tree) > maxNodes) fail(path, `it has more than ${maxNodes} parts after expansion`, "SL4117");
  return tree;
}

function sizeOf(tree: ExpressionTree): number {
  const known = treeSizes.get(tree);
  if (known !== undefined) return known;
  let size = 1;
  for (const child of children(tree)) size += sizeOf(child);
  treeSizes.set(tree, size);
  return size;
}

const and = (...args: readonly ExpressionTree[]): ExpressionTree => logicalOp("&&", args);
const or = (...args: readonly ExpressionTree[]): ExpressionTree => logicalOp("||", args);

/** A boolean that is never null. */
export function nonNull(tree: ExpressionTree): BooleanValue {
  return { kind: "boolean", isTrue: tree, isFalse: not(tree), tree };
}

export function isNonNull(value: BooleanValue): boolean {
  return value.tree !== null && !isNullable(value.tree);
}

/** A test that is null if an operand is missing. `isTrue` must be false there. */
export function nullableTest(isTrue: ExpressionTree, present: ExpressionTree): BooleanValue {
  if (isAlwaysTrue(present)) return nonNull(isTrue);
  return { kind: "boolean", isTrue, isFalse: and(present, not(isTrue)), tree: null };
}

/** A boolean column or element. */
export function booleanRead(tree: ExpressionTree): BooleanValue {
  if (!isNullable(tree)) return nonNull(tree);
  return {
    kind: "boolean",
    isTrue: compare("===", tree, alwaysTrue),
    isFalse: compare("===", tree, alwaysFalse),
    tree,
  };
}

/** A tree that is true if a value is not null. */
export function presenceOf(value: Value): ExpressionTree {
  switch (value.kind) {
    case "boolean":
      if (isNonNull(value)) return alwaysTrue;
      return value.tree !== null ? not(isMissing(value.tree)) : or(value.isTrue, value.isFalse);
    case "null":
      return alwaysFalse;
    case "number":
    case "bigint":
    case "string":
      return value.present;
    default:
      return alwaysTrue;
  }
}

export function bothPresent(a: Value, b: Value): ExpressionTree {
  return and(presenceOf(a), presenceOf(b));
}

/** A comparison node without constant folding, so that `recognizeFunction` sees the expression as written. */
export function comparisonNode(op: CompareOp, left: ExpressionTree, right: ExpressionTree): ExpressionTree {
  return { op, left, right, type: "boolean" };
}

/** Compares two trees; null if an operand is missing. */
export function compareTrees(
  op: CompareOp,
  left: ExpressionTree,
  right: ExpressionTree,
  present: ExpressionTree,
): BooleanValue {
  if (op !== "!==") return nullableTest(comparisonNode(op, left, right), present);
  const equal = comparisonNode("===", left, right);
  return isAlwaysTrue(present)
    ? nonNull(comparisonNode("!==", left, right))
    : { kind: "boolean", isTrue: and(present, not(equal)), isFalse: equal, tree: null };
}

export function invert(value: BooleanValue): BooleanValue {
  if (isNonNull(value)) return nonNull(not(value.isTrue));
  return { kind: "boolean", isTrue: value.isFalse, isFalse: value.isTrue, tree: null };
}

/** Polars' `&` and `|`: three-valued logic after Kleene. */
export function logical(op: "&&" | "||", left: BooleanValue, right: BooleanValue): BooleanValue {
  const other = op === "&&" ? "||" : "&&";
  const tree = logicalOp(op, [left.isTrue, right.isTrue]);
  if (isNonNull(left) && isNonNull(right)) return nonNull(tree);
  return { kind: "boolean", isTrue: tree, isFalse: logicalOp(other, [left.isFalse, right.isFalse]), tree: null };
}

/** Polars' `==` of booleans, and `^`, which equals `!=`. */
export function compareBooleans(op: "===" | "!==", left: BooleanValue, right: BooleanValue): BooleanValue {
  if (left.tree !== null && right.tree !== null && (!isNullable(left.tree) || !isNullable(right.tree))) {
    return compareTrees(op, left.tree, right.tree, and(presenceOf(left), presenceOf(right)));
  }
  const same = or(and(left.isTrue, right.isTrue), and(left.isFalse, right.isFalse));
  const different = or(and(left.isTrue, right.isFalse), and(left.isFalse, right.isTrue));
  return {
    kind: "boolean",
    isTrue: op === "===" ? same : different,
    isFalse: op === "===" ? different : same,
    tree: null,
  };
}

/** `left`, or `right` where `left` is null. */
export function fillBoolean(left: BooleanValue, right: BooleanValue): BooleanValue {
  if (isNonNull(left)) return left;
  if (left.tree !== null && right.tree !== null) return booleanRead(coalesce(left.tree, right.tree));
  if (right.tree !== null && isConstant(right.tree))
    return nonNull(right.tree.value === true ? not(left.isFalse) : left.isTrue);
  const filled: BooleanValue = {
    kind: "boolean",
    isTrue: or(left.isTrue, and(not(left.isFalse), right.isTrue)),
    isFalse: or(left.isFalse, and(not(left.isTrue), right.isFalse)),
    tree: null,
  };
  return isNonNull(right) ? nonNull(filled.isTrue) : filled;
}

export function chooseBoolean(choice: ExpressionTree, then: BooleanValue, otherwise: BooleanValue): BooleanValue {
  if (then.tree !== null && otherwise.tree !== null) return booleanRead(conditional(choice, then.tree, otherwise.tree));
  return {
    kind: "boolean",
    isTrue: conditional(choice, then.isTrue, otherwise.isTrue),
    isFalse: conditional(choice, then.isFalse, otherwise.isFalse),
    tree: null,
  };
}
