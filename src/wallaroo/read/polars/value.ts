import { ConfigError, type ErrorCode } from "../../../../dsl/errors.js";
import type { DType } from "../../../../dsl/tensor.js";
import { conditional, compare, logicalOp, isMissing, not } from "../../../expression/tree/builders.js";
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

/** What polars calculates a number in: 64 bits, 32 bits, or an integer dtype that doubles hold exactly. */
export type Precision = "float64" | "float32" | "whole";

/**
 * A part of a polars expression as JavaScript means it. Where polars has null, `present` is false and `tree` is
 * `undefined` or NaN; `present` is the constant true where polars never has null.
 */
interface Present {
  readonly tree: ExpressionTree;
  readonly present: ExpressionTree;
}
export interface NumberValue extends Present {
  readonly kind: "number";
  readonly precision: Precision;
  /** A literal: beside a column it takes the column's dtype. */
  readonly literal: boolean;
  /** Where polars has null, the tree may be NaN, not `undefined`. */
  readonly lapses: boolean;
}
export interface BigintValue extends Present {
  readonly kind: "bigint";
  readonly dtype: DType;
}
export interface StringValue extends Present {
  readonly kind: "string";
}
/** Three-valued: where `yes` and `no` are both false, it is null. `tree` is its value, `undefined` for null; null where it cannot be said so. */
export interface BooleanValue {
  readonly kind: "boolean";
  readonly yes: ExpressionTree;
  readonly no: ExpressionTree;
  readonly tree: ExpressionTree | null;
}
export type Value =
  | NumberValue
  | BigintValue
  | StringValue
  | BooleanValue
  /** An integer literal, whose dtype is its neighbour's. */
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "list"; readonly read: Read }
  | { readonly kind: "series"; readonly items: readonly Value[] }
  | { readonly kind: "null" };

/** Ends the reading of an expression; `fromDefinition` makes a problem of it. */
export function unread(path: string, reason: string, code: ErrorCode = "SL4114"): never {
  throw new ConfigError(code, reason, { path });
}

export const yes = constantOf(true);
const never = constantOf(false);

export function isAlways(tree: ExpressionTree): boolean {
  return isConstant(tree) && tree.value === true;
}

const sizes = new WeakMap<ExpressionTree, number>();

/** The tree, or the end where it is larger than any that is compiled; parts that stand twice count twice. */
export function sized(tree: ExpressionTree, path: string): ExpressionTree {
  if (sizeOf(tree) > maxNodes) unread(path, `it has more than ${maxNodes} parts once it is written out`, "SL4117");
  return tree;
}

function sizeOf(tree: ExpressionTree): number {
  const known = sizes.get(tree);
  if (known !== undefined) return known;
  let size = 1;
  for (const child of children(tree)) size += sizeOf(child);
  sizes.set(tree, size);
  return size;
}

const and = (...args: readonly ExpressionTree[]): ExpressionTree => logicalOp("&&", args);
const or = (...args: readonly ExpressionTree[]): ExpressionTree => logicalOp("||", args);

/** A boolean that is never null. */
export function certain(tree: ExpressionTree): BooleanValue {
  return { kind: "boolean", yes: tree, no: not(tree), tree };
}

export function isCertain(value: BooleanValue): boolean {
  return value.tree !== null && !isNullable(value.tree);
}

/** A test that is null where its operands are not all present. `yesTree` is false there by itself. */
export function test(yesTree: ExpressionTree, present: ExpressionTree): BooleanValue {
  if (isAlways(present)) return certain(yesTree);
  return { kind: "boolean", yes: yesTree, no: and(present, not(yesTree)), tree: null };
}

/** A boolean column or element. */
export function booleanRead(tree: ExpressionTree): BooleanValue {
  if (!isNullable(tree)) return certain(tree);
  return { kind: "boolean", yes: compare("===", tree, yes), no: compare("===", tree, never), tree };
}

/** Whether a part is there, as a tree. */
export function presence(value: Value): ExpressionTree {
  switch (value.kind) {
    case "boolean":
      if (isCertain(value)) return yes;
      return value.tree !== null ? not(isMissing(value.tree)) : or(value.yes, value.no);
    case "null":
      return never;
    case "number":
    case "bigint":
    case "string":
      return value.present;
    default:
      return yes;
  }
}

export function both(a: Value, b: Value): ExpressionTree {
  return and(presence(a), presence(b));
}

/** A comparison as it is written: two constants stay until the whole tree is read, so that what the back-end spells out is found. */
export function comparing(op: CompareOp, left: ExpressionTree, right: ExpressionTree): ExpressionTree {
  return { op, left, right, type: "boolean" };
}

/** `left op right` of two trees, null where either is absent. */
export function comparison(
  op: CompareOp,
  left: ExpressionTree,
  right: ExpressionTree,
  present: ExpressionTree,
): BooleanValue {
  if (op !== "!==") return test(comparing(op, left, right), present);
  const equal = comparing("===", left, right);
  return isAlways(present)
    ? certain(comparing("!==", left, right))
    : { kind: "boolean", yes: and(present, not(equal)), no: equal, tree: null };
}

export function invert(value: BooleanValue): BooleanValue {
  if (isCertain(value)) return certain(not(value.yes));
  return { kind: "boolean", yes: value.no, no: value.yes, tree: null };
}

/** polars' `&` and `|`: Kleene's. */
export function logical(op: "&&" | "||", left: BooleanValue, right: BooleanValue): BooleanValue {
  const other = op === "&&" ? "||" : "&&";
  const tree = logicalOp(op, [left.yes, right.yes]);
  if (isCertain(left) && isCertain(right)) return certain(tree);
  return { kind: "boolean", yes: tree, no: logicalOp(other, [left.no, right.no]), tree: null };
}

/** polars' `==` of booleans, and `^`, which is `!=`. */
export function sameBooleans(op: "===" | "!==", left: BooleanValue, right: BooleanValue): BooleanValue {
  if (left.tree !== null && right.tree !== null && (!isNullable(left.tree) || !isNullable(right.tree))) {
    return comparison(op, left.tree, right.tree, and(presence(left), presence(right)));
  }
  const same = or(and(left.yes, right.yes), and(left.no, right.no));
  const different = or(and(left.yes, right.no), and(left.no, right.yes));
  return { kind: "boolean", yes: op === "===" ? same : different, no: op === "===" ? different : same, tree: null };
}

/** `left`, or `right` where it is null. */
export function fillBoolean(
  left: BooleanValue,
  right: BooleanValue,
  orElse: (a: ExpressionTree, b: ExpressionTree) => ExpressionTree,
): BooleanValue {
  if (isCertain(left)) return left;
  if (left.tree !== null && right.tree !== null) return booleanRead(orElse(left.tree, right.tree));
  if (right.tree !== null && isConstant(right.tree))
    return certain(right.tree.value === true ? not(left.no) : left.yes);
  const filled: BooleanValue = {
    kind: "boolean",
    yes: or(left.yes, and(not(left.no), right.yes)),
    no: or(left.no, and(not(left.yes), right.no)),
    tree: null,
  };
  return isCertain(right) ? certain(filled.yes) : filled;
}

export function chooseBoolean(choice: ExpressionTree, then: BooleanValue, otherwise: BooleanValue): BooleanValue {
  if (then.tree !== null && otherwise.tree !== null) return booleanRead(conditional(choice, then.tree, otherwise.tree));
  return {
    kind: "boolean",
    yes: conditional(choice, then.yes, otherwise.yes),
    no: conditional(choice, then.no, otherwise.no),
    tree: null,
  };
}
