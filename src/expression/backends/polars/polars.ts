import { not } from "../../tree/builders.js";
import { mayBeNaN } from "../../tree/may-be-nan.js";
import {
  type ArithmeticOp,
  arithmeticOps,
  columnName,
  type CompareOp,
  compareOps,
  type Constant,
  type ExpressionTree,
  isConstant,
  isNullable,
  listLength,
  type NodeOf,
  type NumberFunction,
  type Op,
  type Read,
  type StringTest,
  stringTests,
  valueOf,
} from "../../tree/tree.js";
import { type ValidationBackEnd, commonGuards, type Guards, rowByRow } from "../backend.js";
import {
  checkInteger,
  eachRow,
  emit,
  expandedRows,
  inexactRows,
  noAggregates,
  refuse,
  refuseListLength,
  refuseStringOrder,
  rows,
  unrolled,
  type Write as WriteWith,
  type Writers,
} from "../emitter.js";
import { json, type Json } from "./json.js";
import { formatRustNumber, parsePolarsNumber } from "./number.js";
import type { Profile } from "./profile.js";

type BinaryOperator =
  | "Eq"
  | "NotEq"
  | "Lt"
  | "LtEq"
  | "Gt"
  | "GtEq"
  | "Plus"
  | "Minus"
  | "Multiply"
  | "TrueDivide"
  | "Modulus"
  | "And"
  | "Or";

const arithmetic = { "+": "Plus", "-": "Minus", "*": "Multiply", "/": "TrueDivide", "%": "Modulus" } as const;
const comparison = { "<": "Lt", ">": "Gt", "<=": "LtEq", ">=": "GtEq", "===": "Eq", "!==": "NotEq" } as const;

const binary = (left: Json, op: BinaryOperator, right: Json): Json =>
  json(`{"BinaryExpr":{"left":${left.text},"op":"${op}","right":${right.text}}}`, 2, left, right);

const ternary = (predicate: Json, truthy: Json, falsy: Json): Json =>
  json(
    `{"Ternary":{"predicate":${predicate.text},"truthy":${truthy.text},"falsy":${falsy.text}}}`,
    2,
    predicate,
    truthy,
    falsy,
  );

/** The polars version, and whether the sign of a zero is visible in the result that a node is part of. */
interface Context {
  readonly profile: Profile;
  readonly zeroSign: boolean;
}

type Write<O extends Op> = WriteWith<O, Context, Json>;

const withZeroSign = (context: Context): Context => (context.zeroSign ? context : { ...context, zeroSign: true });
const withoutZeroSign = (context: Context): Context => (context.zeroSign ? { ...context, zeroSign: false } : context);

/**
 * The back-end of one polars version. Its text is the lambda's negation: platforms that store it flag the rows where it
 * is true.
 */
export function polars(profile: Profile): ValidationBackEnd {
  return {
    validation(tree, name) {
      const flag = write(unrolled(not(tree)), { profile, zeroSign: false });
      if (!flag.perRow) refuse("SL1204", "it reads no column, and polars would return one row for the whole batch");
      return name === undefined ? flag.text : json(`{"Alias":[${flag.text},${JSON.stringify(name)}]}`, 2, flag).text;
    },
    alert: rowByRow(profile.label),
    guards: profile.guards,
  };
}

function write(node: ExpressionTree, context: Context): Json {
  return emit(writers, node, context);
}

const writePlain = (node: ExpressionTree, context: Context): Json => write(node, withoutZeroSign(context));

/** A number that is never null: JavaScript calculates with NaN for a missing element. */
function number(node: ExpressionTree, context: Context): Json {
  const text = write(node, context);
  return isNullable(node) ? context.profile.call("fillNull", [text, nan(context.profile)]) : text;
}

const literal = (text: string): Json => json(`{"Literal":${text}}`, 2);

/** A string literal. Polars strings are UTF-8, which has no half of a surrogate pair. */
function stringLiteral(profile: Profile, text: string): Json {
  if (/\p{Surrogate}/u.test(text))
    refuse("SL1207", "a string constant holds half a surrogate pair, which UTF-8 cannot hold");
  return literal(profile.literals.string(JSON.stringify(text)));
}

function numberLiteral(profile: Profile, value: number): Json {
  const zero = () => literal(profile.literals.number("0.0"));
  if (Number.isNaN(value)) return binary(zero(), "TrueDivide", zero());
  if (!Number.isFinite(value))
    return binary(literal(profile.literals.number(value > 0 ? "1.0" : "-1.0")), "TrueDivide", zero());
  const text = formatRustNumber(value);
  if (Object.is(parsePolarsNumber(text), value)) return literal(profile.literals.number(text));
  return profile.castToFloat64(stringLiteral(profile, text));
}

const nan = (profile: Profile): Json => numberLiteral(profile, Number.NaN);
const booleanLiteral = (profile: Profile, value: boolean): Json => literal(profile.literals.boolean(value));

const refuseBigintArithmetic = (): never => refuse("SL1207", "bigint arithmetic wraps at 64 bits in polars");

function constant(node: Constant, { profile }: Context): Json {
  const value = valueOf(node);
  switch (typeof value) {
    case "number":
      return numberLiteral(profile, value);
    case "boolean":
      return booleanLiteral(profile, value);
    case "bigint":
      return refuseBigintArithmetic();
    default:
      return stringLiteral(profile, value);
  }
}

const refusePosition = (): never => refuse("SL1202", "polars cannot use a position inside a list");

function read(node: Read, { profile }: Context): Json {
  if (node.dtype === "float16") refuse("SL1206", `polars has no 16-bit floats, and '${columnName(node)}' holds them`);
  if (/^\^.*\$$/s.test(node.port) || node.port === "*")
    refuse("SL1205", `polars reads the port name '${node.port}' as a pattern; rename the port`);
  let value: Json = { ...json(`{"Column":${JSON.stringify(columnName(node))}}`, 1), perRow: true };
  for (const index of node.at) value = profile.get(value, typeof index === "number" ? index : refusePosition());
  const cast = node.type === "number" && node.dtype !== "float64";
  return cast ? profile.castToFloat64(value) : value;
}

function compareNumbers({ op, left, right }: NodeOf<CompareOp>, context: Context): Json {
  const { profile } = context;
  const l = write(left, context);
  const r = write(right, context);
  const nullable = isNullable(left) || isNullable(right);
  if (profile.nan === "greatest on the right") {
    const mirrored = (op === "<" || op === "<=") && mayBeNaN(right);
    const test = mirrored ? binary(r, op === "<" ? "Gt" : "GtEq", l) : binary(l, comparison[op], r);
    return replaceNull(profile, test, op === "!==", nullable);
  }
  const bare = replaceNull(profile, binary(l, comparison[op], r), op === "!==", nullable);
  const guarded = (node: ExpressionTree, text: Json) =>
    mayBeNaN(node) ? binary(bare, "And", profile.call("isNotNan", [text])) : bare;
  switch (op) {
    case "<":
    case "<=":
      return guarded(right, r);
    case ">":
    case ">=":
      return guarded(left, l);
    default: {
      // Only two NaN compare wrongly, so guarding one side is enough.
      if (!mayBeNaN(left) || !mayBeNaN(right)) return bare;
      return op === "===" ? guarded(left, l) : binary(bare, "Or", profile.call("isNan", [l]));
    }
  }
}

/** A test that returns `value` where its result would be null. */
function replaceNull(profile: Profile, test: Json, value: boolean, nullable: boolean): Json {
  return nullable ? profile.call("fillNull", [test, booleanLiteral(profile, value)]) : test;
}

/** Bigints are compared in their column's dtype. A comparison with a constant outside of its range is refused. */
function compareBigints({ op, left, right }: NodeOf<CompareOp>, context: Context): Json {
  const { profile } = context;
  const test = (l: Json, r: Json): Json =>
    replaceNull(profile, binary(l, comparison[op], r), op === "!==", isNullable(left) || isNullable(right));
  const column = [left, right].find((side): side is Read => side.op === "read");
  const dtype = column?.dtype === "uint64" ? "uint64" : "int64";
  const other = column === left ? right : left;
  if (column === undefined || (other.op !== "read" && !isConstant(other))) return refuseBigintArithmetic();
  if (other.op === "read") {
    if (other.dtype !== column.dtype) return refuse("SL1207", "polars compares int64 with uint64 as floats");
    return test(read(left as Read, context), read(right as Read, context));
  }
  const value = valueOf(other) as bigint;
  checkInteger(value, dtype);
  const side = (tree: ExpressionTree): Json =>
    tree === column ? read(column, context) : literal(profile.literals.integer(String(value), dtype));
  return test(side(left), side(right));
}

const compare: Write<CompareOp> = (node, outer) => {
  const context = withoutZeroSign(outer);
  const { op, left, right } = node;
  const isEquality = op === "===" || op === "!==";
  // Two missing elements are equal in JavaScript. Two nulls are not equal in polars.
  if (isEquality && isNullable(left) && isNullable(right)) {
    return refuse("SL1207", "it compares two elements that both may be missing");
  }
  if (left.type === "number") return compareNumbers(node, context);
  if (left.type === "bigint") return compareBigints(node, context);
  if (!isEquality) return refuseStringOrder("polars");
  const test = binary(write(left, context), comparison[op], write(right, context));
  return replaceNull(context.profile, test, op === "!==", isNullable(left) || isNullable(right));
};

const calculate: Write<ArithmeticOp> = ({ op, left, right, type }, context) => {
  const { profile } = context;
  if (type === "bigint") refuseBigintArithmetic();
  if (op === "%" && profile.remainder === "sign of the right")
    refuse(
      "SL1207",
      `the remainder in ${profile.label} has the sign of the right side, in JavaScript that of the left`,
    );
  // The sign of a zero is visible in a divisor; elsewhere only if the result's sign is visible.
  const l = number(left, context);
  const r = number(right, op === "/" ? withZeroSign(context) : context);
  // Polars takes no shortcut with a number that has a value for each row. Where the other side is NaN, so is the
  // result.
  const perRow = (constant: Json, beside: Json) =>
    ternary(profile.call("isNan", [beside]), numberLiteral(profile, 1), constant);
  if (profile.shortcuts && isConstant(right) && isShortcut(op, valueOf(right) as number, context, false))
    return binary(l, arithmetic[op], perRow(r, l));
  if (profile.shortcuts && isConstant(left) && isShortcut(op, valueOf(left) as number, context, true))
    return binary(perRow(l, r), arithmetic[op], r);
  return binary(l, arithmetic[op], r);
};

/** Whether polars takes a shortcut with this constant on one side that changes the result. */
function isShortcut(op: ArithmeticOp, value: number, { zeroSign }: Context, onTheLeft: boolean): boolean {
  if (op === "/") return !onTheLeft && !hasExactReciprocal(value);
  if (op === "*" || !zeroSign) return false;
  return Object.is(value, op === "-" && !onTheLeft ? -0 : 0);
}

/** Whether `x * (1 / value)` is `x / value` for every x: zeros, infinities, NaN and most powers of two. */
function hasExactReciprocal(value: number): boolean {
  const size = Math.abs(value);
  if (size === 0 || !Number.isFinite(size)) return true;
  return 2 ** Math.round(Math.log2(size)) === size && Number.isFinite(1 / size);
}

/** Joins parts in a balanced tree, so that many parts stay within the reader's depth. */
function joinBalanced(parts: readonly Json[], op: "And" | "Or"): Json {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const half = Math.ceil(parts.length / 2);
  return binary(joinBalanced(parts.slice(0, half), op), op, joinBalanced(parts.slice(half), op));
}

/** Joins parts: a few nest to the left, as people write them. */
function join(parts: readonly Json[], op: "And" | "Or"): Json {
  return parts.length > 8 ? joinBalanced(parts, op) : parts.reduce((all, part) => binary(all, op, part));
}

const logic: Write<"&&" | "||"> = ({ op, args }, context) =>
  args.length === 0
    ? booleanLiteral(context.profile, op === "&&")
    : join(
        args.map((arg) => writePlain(arg, context)),
        op === "&&" ? "And" : "Or",
      );

/** NaN if any is NaN. Otherwise the first that no later one beats. -0 is less than 0. */
const extreme: Write<"min" | "max"> = ({ op, args }, context) => {
  const { profile, zeroSign } = context;
  const texts = args.map((arg) => number(arg, context));
  const wins = op === "max" ? "Gt" : "Lt";
  const reciprocal = (x: Json): Json => binary(numberLiteral(profile, 1), "TrueDivide", x);
  const beats = (x: Json, y: Json): Json => {
    if (!zeroSign) return binary(x, wins === "Gt" ? "GtEq" : "LtEq", y);
    const ordersZeros = binary(reciprocal(x), wins === "Gt" ? "GtEq" : "LtEq", reciprocal(y));
    return binary(binary(x, wins, y), "Or", binary(binary(x, "Eq", y), "And", ordersZeros));
  };
  let best = texts[texts.length - 1] as Json;
  for (let i = texts.length - 2; i >= 0; i--) {
    const x = texts[i] as Json;
    best = ternary(
      join(
        texts.slice(i + 1).map((y) => beats(x, y)),
        "And",
      ),
      x,
      best,
    );
  }
  const tests = args.flatMap((arg, i) =>
    mayBeNaN(arg) || isNullable(arg) ? [profile.call("isNan", [texts[i] as Json])] : [],
  );
  return tests.length === 0 || args.length === 1 ? best : ternary(join(tests, "Or"), nan(profile), best);
};

const callNumber =
  (op: "abs" | "floor" | "ceil" | "sqrt"): Write<NumberFunction> =>
  ({ operand }, context) =>
    context.profile.call(op, [number(operand, op === "abs" ? withoutZeroSign(context) : context)]);

const testNumber =
  (name: "isFinite" | "isNan"): Write<"isFinite" | "isNaN"> =>
  ({ operand }, context) =>
    replaceNull(
      context.profile,
      context.profile.call(name, [writePlain(operand, context)]),
      false,
      isNullable(operand),
    );

const testString: Write<StringTest> = ({ op, operand, text }, context) =>
  context.profile.call(op, [writePlain(operand, context), stringLiteral(context.profile, text)]);

/** A list that `unroll` left: too long, or of unknown length. */
const quantifier: Write<"every" | "some"> = ({ op, list }, { profile }) => {
  const length = listLength(list);
  return length === null
    ? refuse("SL1202", `the length of '${columnName(list)}' is not known, and ${profile.label} has no text for '${op}'`)
    : refuseListLength(list, length);
};

const writers: Writers<Context, Json> = {
  ...noAggregates,
  read,
  constant,
  ...rows(["pick", "position"], refusePosition),
  length({ list }, context) {
    const { profile } = context;
    if (profile.length === null) return refuse("SL1201", `${profile.label} has no text for the length of a list`);
    return profile.castToFloat64(profile.length(read(list, context)));
  },
  ...rows(arithmeticOps, calculate),
  ...rows(compareOps, compare),
  negate({ operand, type }, context) {
    if (type === "bigint") refuseBigintArithmetic();
    return binary(number(operand, context), "Multiply", numberLiteral(context.profile, -1));
  },
  "!": ({ operand }, context) => context.profile.call("not", [writePlain(operand, context)]),
  ...rows(["&&", "||"], logic),
  ...rows(["min", "max"], extreme),
  ...eachRow(["abs", "floor", "ceil", "sqrt"], callNumber),
  ...expandedRows(["round", "trunc", "sign", "isInteger"], write),
  ...inexactRows("polars"),
  ...rows(stringTests, testString),
  missing: ({ operand }, context) => context.profile.call("isNull", [writePlain(operand, context)]),
  "??"({ left, right, type }, context) {
    if (type === "bigint") refuse("SL1207", "bigints are compared in their column's own dtype, without a fallback");
    return context.profile.call("fillNull", [write(left, context), write(right, context)]);
  },
  toNumber({ operand }, context) {
    const { profile } = context;
    const value = profile.castToFloat64(writePlain(operand, context));
    return isNullable(operand) ? profile.call("fillNull", [value, nan(profile)]) : value;
  },
  isFinite: testNumber("isFinite"),
  isNaN: testNumber("isNan"),
  conditional: ({ test, then, otherwise }, context) =>
    ternary(writePlain(test, context), write(then, context), write(otherwise, context)),
  ...rows(["every", "some"], quantifier),
};

/** The guards of every polars version. */
export const polarsGuards: Guards = {
  read: "float32 and integers are cast to Float64",
  constant: "numbers that the JSON reader would misread are cast from text",
  negate: "times -1, which keeps -0",
  toNumber: "cast to Float64; NaN where an element is missing",
  min: commonGuards.zeros,
  max: commonGuards.zeros,
  round: commonGuards.rounding,
  trunc: commonGuards.rounding,
  sign: commonGuards.sign,
  isInteger: "with isFinite and floor",
  every: "element by element",
  some: "element by element",
  ...rows(["isFinite", "isNaN", "===", "!=="], commonGuards.filled),
};
