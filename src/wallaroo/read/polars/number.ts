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
  both,
  comparison,
  isAlways,
  type NumberValue,
  presence,
  sized,
  unread,
  type Value,
  yes,
} from "./value.js";

const exactIntegers = 2n ** 53n;

export function literalNumber(value: number): NumberValue {
  return { kind: "number", tree: constantOf(value), present: yes, precision: "float64", literal: true, lapses: false };
}

/** An integer literal as a number, or null where a double does not hold it. */
function asNumber(value: Value): NumberValue | null {
  if (value.kind === "number") return value;
  if (value.kind !== "integer" || value.value > exactIntegers || value.value < -exactIntegers) return null;
  return literalNumber(Number(value.value));
}

export function numberOf(value: Value, path: string): NumberValue {
  const number = asNumber(value);
  if (number !== null) return number;
  if (value.kind === "integer") return unread(path, `a double does not hold the integer ${value.value}`);
  return unread(
    path,
    value.kind === "bigint"
      ? "polars calculates with 64-bit integers, which wrap; a lambda's bigints do not"
      : `a number is needed, and here stands ${named(value)}`,
  );
}

export function named(value: Value): string {
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

const turned = { "<": ">", ">": "<", "<=": ">=", ">=": "<=", "===": "===", "!==": "!==" } as const;

/** A literal beside a 32-bit float is rounded to 32 bits; as long as that shows on no 32-bit float, it stays as it is written. */
function besideFloat32(op: CompareOp, literal: NumberValue): NumberValue {
  const value = isConstant(literal.tree) ? (valueOf(literal.tree) as number) : Number.NaN;
  const rounded = Math.fround(value);
  const hidden = ((op === ">" || op === "<=") && rounded <= value) || ((op === "<" || op === ">=") && rounded >= value);
  return hidden || Object.is(rounded, value) ? literal : literalNumber(rounded);
}

export function compareValues(op: CompareOp, left: Value, right: Value, path: string): BooleanValue {
  if (left.kind === "bigint" || right.kind === "bigint") return compareBigints(op, left, right, path);
  let l = numberOf(left, path);
  let r = numberOf(right, path);
  if (r.literal && !l.literal && l.precision === "float32") r = besideFloat32(op, r);
  if (l.literal && !r.literal && r.precision === "float32") l = besideFloat32(turned[op], l);
  return comparison(op, l.tree, r.tree, both(l, r));
}

const ranges = { int64: [-(2n ** 63n), 2n ** 63n - 1n], uint64: [0n, 2n ** 64n - 1n] } as const;

function compareBigints(op: CompareOp, left: Value, right: Value, path: string): BooleanValue {
  const column = left.kind === "bigint" ? left : (right as BigintValue);
  const other = left.kind === "bigint" ? right : left;
  const sides = (constant: ExpressionTree): BooleanValue =>
    column === left
      ? comparison(op, column.tree, constant, column.present)
      : comparison(op, constant, column.tree, column.present);
  if (other.kind === "bigint") {
    if (column.dtype !== other.dtype) return unread(path, "polars compares int64 with uint64 as floats");
    return comparison(op, column.tree, other.tree, both(left, right));
  }
  if (other.kind !== "integer")
    return besideBigint(column === left ? op : turned[op], column, numberOf(other, path), path);
  const [least, most] = ranges[column.dtype === "uint64" ? "uint64" : "int64"];
  if (other.value < least || other.value > most)
    unread(path, `the constant ${other.value} is outside of ${column.dtype}`);
  return sides(constantOf(other.value));
}

/** polars compares them as doubles, which is exact as long as the constant is small. */
function besideBigint(op: CompareOp, left: BigintValue, right: NumberValue, path: string): BooleanValue {
  const value = right.literal && isConstant(right.tree) ? (valueOf(right.tree) as number) : Number.NaN;
  if (!(Math.abs(value) < Number(exactIntegers)))
    return unread(path, "polars compares a 64-bit integer with a float as floats, which is not exact");
  const number = Number.isInteger(value) ? constantOf(BigInt(value)) : constantOf(value);
  const made = typeComparison(op, left.tree, number);
  if ("message" in made) return unread(path, made.message);
  if (left.dtype === "uint64" && value < 0) return unread(path, `the constant ${value} is below every uint64`);
  return "right" in made
    ? comparison(made.op as CompareOp, left.tree, made.right, left.present)
    : unread(path, "it compares constants");
}

export type Arithmetic = "Plus" | "Minus" | "Multiply" | "TrueDivide" | "FloorDivide" | "Modulus";
const operators = { Plus: "+", Minus: "-", Multiply: "*", TrueDivide: "/", FloorDivide: "/", Modulus: "%" } as const;

const isZero = ({ literal, tree }: NumberValue): boolean => literal && isConstant(tree) && valueOf(tree) === 0;

/** The operand of a calculation. There `v ?? NaN` is `v`: JavaScript calculates with NaN where an element is missing. */
export function operand({ tree }: NumberValue): ExpressionTree {
  return tree.op === "??" && isConstant(tree.right) && Number.isNaN(valueOf(tree.right)) ? tree.left : tree;
}

function precisionOf(name: Arithmetic, l: NumberValue, r: NumberValue, path: string): Precision | null {
  const floats = [l, r].filter(({ literal }) => !literal).map(({ precision }) => precision);
  if (floats.includes("float32") && !floats.includes("float64")) {
    // Taking from zero is exact in any precision.
    return name === "Minus" && isZero(l)
      ? "float32"
      : unread(path, "polars calculates this in 32 bits, a lambda in 64; cast the column to Float64 first");
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
    return unread(path, "polars calculates with integers, which wrap; cast one side to Float64 first");
  const precision = precisionOf(name, l, r, path);
  const isNegation =
    name === "Multiply" && r.literal && isConstant(r.tree) && valueOf(r.tree) === -1 && !isConstant(l.tree);
  const result = isNegation ? negate(operand(l)) : compute(operators[name], operand(l), operand(r));
  const tree = name === "FloorDivide" ? floorOf(result) : result;
  const present = both(l, r);
  return {
    kind: "number",
    tree: sized(tree, path),
    present,
    precision: precision === "whole" ? "float64" : (precision ?? "float64"),
    literal: l.literal && r.literal,
    lapses: !isAlways(present),
  };
}

function floorOf(tree: ExpressionTree): ExpressionTree {
  return isConstant(tree)
    ? constantOf(Math.floor(valueOf(tree) as number))
    : { op: "floor", operand: tree, type: "number" };
}

/** A function of one number that is null where the number is. */
export function apply(value: NumberValue, make: (tree: ExpressionTree) => ExpressionTree, path: string): NumberValue {
  return { ...value, tree: sized(make(operand(value)), path), lapses: !isAlways(value.present), literal: false };
}

/** Both sides of a choice in the dtype that polars gives them. */
function joined(a: NumberValue, b: NumberValue, path: string): readonly [NumberValue, NumberValue, Precision] {
  if (a.literal === b.literal) return [a, b, a.precision === b.precision ? a.precision : "float64"];
  const [literal, column] = a.literal ? [a, b] : [b, a];
  if (column.precision === "float64") return [a, b, "float64"];
  const value = isConstant(literal.tree) ? (valueOf(literal.tree) as number) : Number.NaN;
  if (column.precision === "float32") {
    if (!isConstant(literal.tree))
      return unread(path, "polars rounds the literals beside a 32-bit float; cast the column to Float64 first");
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
  const [a, b, precision] = joined(then, otherwise, path);
  const tree = sized(conditional(test, a.tree, b.tree), path);
  const lapses = a.lapses || b.lapses;
  const always = isAlways(a.present) && isAlways(b.present);
  const present = always
    ? yes
    : !lapses && isNullable(tree)
      ? not(isMissing(tree))
      : conditional(test, a.present, b.present);
  return { kind: "number", tree, present, precision, literal: false, lapses };
}

export function fillNumber(left: NumberValue, right: NumberValue, path: string): NumberValue {
  if (isAlways(left.present)) return left;
  const [a, b, precision] = joined(left, right, path);
  const tree = !a.lapses && isNullable(a.tree) ? coalesce(a.tree, b.tree) : conditional(a.present, a.tree, b.tree);
  const present = isAlways(b.present) ? yes : logicalOp("||", [a.present, b.present]);
  return { kind: "number", tree: sized(tree, path), present, precision, literal: false, lapses: b.lapses };
}

/** A test of one number that is null where the number is. `isTrueOfNothing`: it would hold for what stands where the number is null. */
export function testNumber(
  value: NumberValue,
  make: (tree: ExpressionTree) => ExpressionTree,
  isTrueOfNaN: boolean,
): BooleanValue {
  const tree = make(value.tree);
  const present = presence(value);
  if (isAlways(present)) return { kind: "boolean", yes: tree, no: not(tree), tree };
  const isYes = isTrueOfNaN && value.lapses ? logicalOp("&&", [present, tree]) : tree;
  return { kind: "boolean", yes: isYes, no: logicalOp("&&", [present, not(tree)]), tree: null };
}

/** `x === NaN` of polars' `is_in`: a constant that no comparison equals is left out. */
export function isAmong(value: Value, items: readonly Value[], path: string): ExpressionTree {
  return sized(
    logicalOp(
      "||",
      items.map((item) => compareValues("===", value, item, path).yes),
    ),
    path,
  );
}

/** Between two limits; NaN and the sign of a zero stay. */
export function clipped(value: NumberValue, least: number | null, most: number | null, path: string): NumberValue {
  const limit = (tree: ExpressionTree, op: "<" | ">", bound: number | null): ExpressionTree =>
    bound === null ? tree : conditional(compare(op, tree, constantOf(bound)), constantOf(bound), tree);
  return apply(value, (tree) => limit(limit(tree, ">", most), "<", least), path);
}
