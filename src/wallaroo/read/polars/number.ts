import {
  compare,
  compute,
  logicalOp,
  negate,
  not,
  coalesce,
  conditional,
  isMissing,
} from "../../../expression/tree/builders.js";
import { typeComparison } from "../../../expression/typecheck/operators.js";
import {
  type CompareOp,
  constantOf,
  type ExpressionTree,
  isConstant,
  isNullable,
  valueOf,
} from "../../../expression/tree/tree.js";
import {
  type BigintValue,
  type BooleanValue,
  bothPresent,
  compareTrees,
  isAlwaysTrue,
  type NumberValue,
  presenceOf,
  limitSize,
  fail,
  type Value,
  alwaysTrue,
} from "./value.js";

/** The largest range of integers that doubles hold exactly. */
const exactIntegers = 2n ** 53n;

export function literalNumber(value: number): NumberValue {
  return {
    kind: "number",
    tree: constantOf(value),
    present: alwaysTrue,
    precision: "float64",
    literal: true,
    nanIfNull: false,
  };
}

/** The value as a number; null if it is not one, or an integer literal that a double cannot hold exactly. */
function toNumber(value: Value): NumberValue | null {
  if (value.kind === "number") return value;
  if (value.kind !== "integer" || value.value > exactIntegers || value.value < -exactIntegers) return null;
  return literalNumber(Number(value.value));
}

export function numberOf(value: Value, path: string): NumberValue {
  const number = toNumber(value);
  if (number !== null) return number;
  if (value.kind === "integer") return fail(path, `a double cannot hold the integer ${value.value} exactly`);
  return fail(
    path,
    value.kind === "bigint"
      ? "polars calculates with 64-bit integers, which wrap; bigints in a lambda do not"
      : `expected a number, found ${describeValue(value)}`,
  );
}

/** The kind of a value, for messages. */
export function describeValue(value: Value): string {
  const words = {
    number: "a number",
    bigint: "a 64-bit integer",
    string: "a string",
    boolean: "a boolean",
    integer: "an integer",
    list: "a list",
    series: "a series",
    null: "null",
  } as const;
  return words[value.kind];
}

const mirrored = { "<": ">", ">": "<", "<=": ">=", ">=": "<=", "===": "===", "!==": "!==" } as const;

/**
 * Polars rounds a literal compared with a 32-bit float to 32 bits. The literal is kept if rounding changes no result.
 */
function roundForFloat32(op: CompareOp, literal: NumberValue): NumberValue {
  const value = isConstant(literal.tree) ? (valueOf(literal.tree) as number) : Number.NaN;
  const rounded = Math.fround(value);
  const hasSameResults =
    ((op === ">" || op === "<=") && rounded <= value) || ((op === "<" || op === ">=") && rounded >= value);
  return hasSameResults || Object.is(rounded, value) ? literal : literalNumber(rounded);
}

export function compareValues(op: CompareOp, left: Value, right: Value, path: string): BooleanValue {
  if (left.kind === "bigint" || right.kind === "bigint") return compareBigints(op, left, right, path);
  let l = numberOf(left, path);
  let r = numberOf(right, path);
  if (r.literal && !l.literal && l.precision === "float32") r = roundForFloat32(op, r);
  if (l.literal && !r.literal && r.precision === "float32") l = roundForFloat32(mirrored[op], l);
  return compareTrees(op, l.tree, r.tree, bothPresent(l, r));
}

const ranges = { int64: [-(2n ** 63n), 2n ** 63n - 1n], uint64: [0n, 2n ** 64n - 1n] } as const;

function compareBigints(op: CompareOp, left: Value, right: Value, path: string): BooleanValue {
  const column = left.kind === "bigint" ? left : (right as BigintValue);
  const other = left.kind === "bigint" ? right : left;
  const sides = (constant: ExpressionTree): BooleanValue =>
    column === left
      ? compareTrees(op, column.tree, constant, column.present)
      : compareTrees(op, constant, column.tree, column.present);
  if (other.kind === "bigint") {
    if (column.dtype !== other.dtype) return fail(path, "polars compares int64 with uint64 as floats");
    return compareTrees(op, column.tree, other.tree, bothPresent(left, right));
  }
  if (other.kind !== "integer")
    return compareBigintWithFloat(column === left ? op : mirrored[op], column, numberOf(other, path), path);
  const [min, max] = ranges[column.dtype === "uint64" ? "uint64" : "int64"];
  if (other.value < min || other.value > max)
    fail(path, `the constant ${other.value} is outside the range of ${column.dtype}`);
  return sides(constantOf(other.value));
}

/** Polars compares a 64-bit integer with a float as doubles, which is exact if the constant is small. */
function compareBigintWithFloat(op: CompareOp, left: BigintValue, right: NumberValue, path: string): BooleanValue {
  const value = right.literal && isConstant(right.tree) ? (valueOf(right.tree) as number) : Number.NaN;
  if (!(Math.abs(value) < Number(exactIntegers)))
    return fail(path, "polars compares a 64-bit integer with a float as floats, which is not exact");
  const number = Number.isInteger(value) ? constantOf(BigInt(value)) : constantOf(value);
  const made = typeComparison(op, left.tree, number);
  if ("message" in made) return fail(path, made.message);
  if (left.dtype === "uint64" && value < 0) return fail(path, `the constant ${value} is below every uint64`);
  return "right" in made
    ? compareTrees(made.op as CompareOp, left.tree, made.right, left.present)
    : fail(path, "both sides are constants");
}

export type Arithmetic = "Plus" | "Minus" | "Multiply" | "TrueDivide" | "FloorDivide" | "Modulus";
const operators = { Plus: "+", Minus: "-", Multiply: "*", TrueDivide: "/", FloorDivide: "/", Modulus: "%" } as const;

const isZeroLiteral = ({ literal, tree }: NumberValue): boolean => literal && isConstant(tree) && valueOf(tree) === 0;

/**
 * The operand of a calculation: `v` for `v ?? NaN`, since arithmetic on a missing element gives NaN in JavaScript too.
 */
export function operand({ tree }: NumberValue): ExpressionTree {
  return tree.op === "??" && isConstant(tree.right) && Number.isNaN(valueOf(tree.right)) ? tree.left : tree;
}

function precisionOf(name: Arithmetic, l: NumberValue, r: NumberValue, path: string): Precision | null {
  const floats = [l, r].filter(({ literal }) => !literal).map(({ precision }) => precision);
  if (floats.includes("float32") && !floats.includes("float64")) {
    // Negation is exact in any precision.
    return name === "Minus" && isZeroLiteral(l)
      ? "float32"
      : fail(path, "polars calculates this in 32 bits, a lambda in 64; cast the column to Float64 first");
  }
  const whole = floats.length > 0 && floats.every((precision) => precision === "whole");
  return whole ? "whole" : "float64";
}
type Precision = NumberValue["precision"];

export function calculate(name: Arithmetic, left: Value, right: Value, path: string): NumberValue {
  const l = numberOf(left, path);
  const r = numberOf(right, path);
  const integers =
    (left.kind === "integer" || l.precision === "whole") && (right.kind === "integer" || r.precision === "whole");
  if (integers && name !== "TrueDivide")
    return fail(path, "polars calculates with integers, which wrap; cast one side to Float64 first");
  const precision = precisionOf(name, l, r, path);
  const isNegation =
    name === "Multiply" && r.literal && isConstant(r.tree) && valueOf(r.tree) === -1 && !isConstant(l.tree);
  const result = isNegation ? negate(operand(l)) : compute(operators[name], operand(l), operand(r));
  const tree = name === "FloorDivide" ? floorOf(result) : result;
  const present = bothPresent(l, r);
  return {
    kind: "number",
    tree: limitSize(tree, path),
    present,
    precision: precision === "whole" ? "float64" : (precision ?? "float64"),
    literal: l.literal && r.literal,
    nanIfNull: !isAlwaysTrue(present),
  };
}

function floorOf(tree: ExpressionTree): ExpressionTree {
  return isConstant(tree)
    ? constantOf(Math.floor(valueOf(tree) as number))
    : { op: "floor", operand: tree, type: "number" };
}

/** Applies a function of one number. The result is null if the number is null. */
export function applyToNumber(
  value: NumberValue,
  make: (tree: ExpressionTree) => ExpressionTree,
  path: string,
): NumberValue {
  return {
    ...value,
    tree: limitSize(make(operand(value)), path),
    nanIfNull: !isAlwaysTrue(value.present),
    literal: false,
  };
}

/** Both branches of a choice in the dtype that polars uses for both. */
function toCommonDtype(a: NumberValue, b: NumberValue, path: string): readonly [NumberValue, NumberValue, Precision] {
  if (a.literal === b.literal) return [a, b, a.precision === b.precision ? a.precision : "float64"];
  const [literal, column] = a.literal ? [a, b] : [b, a];
  if (column.precision === "float64") return [a, b, "float64"];
  const value = isConstant(literal.tree) ? (valueOf(literal.tree) as number) : Number.NaN;
  if (column.precision === "float32") {
    if (!isConstant(literal.tree))
      return fail(path, "polars rounds the literals beside a 32-bit float; cast the column to Float64 first");
    const rounded = literalNumber(Math.fround(value));
    return a.literal ? [rounded, b, "float32"] : [a, rounded, "float32"];
  }
  return [a, b, Number.isInteger(value) ? "whole" : "float64"];
}

export function chooseNumber(
  test: ExpressionTree,
  then: NumberValue,
  otherwise: NumberValue,
  path: string,
): NumberValue {
  const [a, b, precision] = toCommonDtype(then, otherwise, path);
  const tree = limitSize(conditional(test, a.tree, b.tree), path);
  const nanIfNull = a.nanIfNull || b.nanIfNull;
  const always = isAlwaysTrue(a.present) && isAlwaysTrue(b.present);
  const present = always
    ? alwaysTrue
    : !nanIfNull && isNullable(tree)
      ? not(isMissing(tree))
      : conditional(test, a.present, b.present);
  return { kind: "number", tree, present, precision, literal: false, nanIfNull };
}

export function fillNumber(left: NumberValue, right: NumberValue, path: string): NumberValue {
  if (isAlwaysTrue(left.present)) return left;
  const [a, b, precision] = toCommonDtype(left, right, path);
  const tree = !a.nanIfNull && isNullable(a.tree) ? coalesce(a.tree, b.tree) : conditional(a.present, a.tree, b.tree);
  const present = isAlwaysTrue(b.present) ? alwaysTrue : logicalOp("||", [a.present, b.present]);
  return { kind: "number", tree: limitSize(tree, path), present, precision, literal: false, nanIfNull: b.nanIfNull };
}

/**
 * A test of one number. The result is null if the number is null.
 *
 * @param isTrueOfNaN whether the test holds for NaN, which the tree may have where polars has null
 */
export function testNumber(
  value: NumberValue,
  make: (tree: ExpressionTree) => ExpressionTree,
  isTrueOfNaN: boolean,
): BooleanValue {
  const tree = make(value.tree);
  const present = presenceOf(value);
  if (isAlwaysTrue(present)) return { kind: "boolean", isTrue: tree, isFalse: not(tree), tree };
  const isYes = isTrueOfNaN && value.nanIfNull ? logicalOp("&&", [present, tree]) : tree;
  return { kind: "boolean", isTrue: isYes, isFalse: logicalOp("&&", [present, not(tree)]), tree: null };
}

/** Polars' `is_in`. An item that never equals the value, such as NaN, adds nothing. */
export function isAmong(value: Value, items: readonly Value[], path: string): ExpressionTree {
  return limitSize(
    logicalOp(
      "||",
      items.map((item) => compareValues("===", value, item, path).isTrue),
    ),
    path,
  );
}

/** Limits a number to a range. NaN and the sign of zero are kept. */
export function clip(value: NumberValue, min: number | null, max: number | null, path: string): NumberValue {
  const limit = (tree: ExpressionTree, op: "<" | ">", bound: number | null): ExpressionTree =>
    bound === null ? tree : conditional(compare(op, tree, constantOf(bound)), constantOf(bound), tree);
  return applyToNumber(value, (tree) => limit(limit(tree, ">", max), "<", min), path);
}
