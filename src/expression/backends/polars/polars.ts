import type { BackEndEmitter } from "../backend.js";
import { not, unroll } from "../../tree/builders.js";
import { mayBeNaN } from "../../tree/may-be-nan.js";
import { json, type Json, type Profile, refuse } from "./json.js";
import { parsePolarsNumber, formatRustNumber } from "./number.js";
import { type ExpandableOp, expand } from "../../tree/expand.js";
import {
  type ArithmeticOp,
  columnName,
  type CompareOp,
  type Constant,
  type ExpressionTree,
  isConstant,
  isNullable,
  type NodeOf,
  type NumberFunction,
  type Op,
  type Read,
  type StringTest,
  valueOf,
} from "../../tree/tree.js";

/** The longest list that is written out element by element. */
const longestList = 256;

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

const literal = (text: string): Json => json(`{"Literal":${text}}`, 2);

/** A string literal; polars holds UTF-8, which has no half of a surrogate pair. */
function stringLiteral(profile: Profile, text: string): Json {
  if (/\p{Surrogate}/u.test(text))
    refuse("SL1207", "a string constant holds half a surrogate pair, which UTF-8 cannot");
  return literal(profile.literals.string(JSON.stringify(text)));
}

const arithmetic = { "+": "Plus", "-": "Minus", "*": "Multiply", "/": "TrueDivide", "%": "Modulus" } as const;
const comparison = { "<": "Lt", ">": "Gt", "<=": "LtEq", ">=": "GtEq", "===": "Eq", "!==": "NotEq" } as const;

/** Where a number is used: whether the sign of a zero can be seen from there. */
interface Use {
  readonly zeroSign: boolean;
}
const plain: Use = { zeroSign: false };

/**
 * The back-end of one polars. Its text is the lambda's negation: platforms that store it flag the rows where it is true.
 */
export function polars(profile: Profile): BackEndEmitter {
  return (tree, name) => {
    const flag = write(profile, unroll(not(tree), longestList), plain);
    if (!flag.perRow) refuse("SL1204", "it reads no column, and polars would then answer one row for the whole batch");
    return name === undefined ? flag.text : json(`{"Alias":[${flag.text},${JSON.stringify(name)}]}`, 2, flag).text;
  };
}

type Write<O extends Op> = (profile: Profile, node: NodeOf<O>, use: Use) => Json;
type Writers = { readonly [O in Op]: Write<O> };

function write(profile: Profile, node: ExpressionTree, use: Use): Json {
  const writer = writers[node.op] as Write<Op>;
  return writer(profile, node, use);
}

/** A number that is never null: what JavaScript calculates with where an element is missing is NaN. */
function number(profile: Profile, node: ExpressionTree, use: Use): Json {
  const text = write(profile, node, use);
  return isNullable(node) ? profile.call("fillNull", [text, nan(profile)]) : text;
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

function constant(profile: Profile, node: Constant): Json {
  const value = valueOf(node);
  switch (typeof value) {
    case "number":
      return numberLiteral(profile, value);
    case "boolean":
      return booleanLiteral(profile, value);
    case "bigint":
      return refuse("SL1207", "bigint arithmetic wraps at 64 bits in polars");
    default:
      return stringLiteral(profile, value);
  }
}

function read(profile: Profile, node: Read): Json {
  if (node.dtype === "float16") refuse("SL1206", `polars has no 16-bit floats, and '${columnName(node)}' holds them`);
  if (/^\^.*\$$/s.test(node.port) || node.port === "*")
    refuse("SL1205", `polars reads the port name '${node.port}' as a pattern; rename the port`);
  let value: Json = { ...json(`{"Column":${JSON.stringify(columnName(node))}}`, 1), perRow: true };
  for (const place of node.at)
    value = profile.get(
      value,
      typeof place === "number" ? place : refuse("SL1202", "a position inside a list is not known"),
    );
  const cast = node.type === "number" && node.dtype !== "float64";
  return cast ? profile.castToFloat64(value) : value;
}

function compareNumbers(profile: Profile, { op, left, right }: NodeOf<CompareOp>): Json {
  const l = write(profile, left, plain);
  const r = write(profile, right, plain);
  const nullable = isNullable(left) || isNullable(right);
  if (profile.nan === "greatest on the right") {
    const turn = (op === "<" || op === "<=") && mayBeNaN(right);
    return filled(
      profile,
      turn ? binary(r, op === "<" ? "Gt" : "GtEq", l) : binary(l, comparison[op], r),
      op === "!==",
      nullable,
    );
  }
  const bare = filled(profile, binary(l, comparison[op], r), op === "!==", nullable);
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
      // Only two NaN are equal that should not be, so one side's guard is enough.
      if (!mayBeNaN(left) || !mayBeNaN(right)) return bare;
      return op === "===" ? guarded(left, l) : binary(bare, "Or", profile.call("isNan", [l]));
    }
  }
}

function filled(profile: Profile, test: Json, value: boolean, nullable: boolean): Json {
  return nullable ? profile.call("fillNull", [test, booleanLiteral(profile, value)]) : test;
}

const limits = { int64: [-(2n ** 63n), 2n ** 63n - 1n], uint64: [0n, 2n ** 64n - 1n] } as const;

/** Bigints are compared in their column's own dtype; beyond its range the answer is known. */
function compareBigints(profile: Profile, node: NodeOf<CompareOp>): Json {
  const { op, left, right } = node;
  const nullable = isNullable(left) || isNullable(right);
  const column = [left, right].find((side): side is Read => side.op === "read");
  const dtype = column?.dtype === "uint64" ? "uint64" : "int64";
  const other = column === left ? right : left;
  if (column === undefined || (other.op !== "read" && !isConstant(other)))
    return refuse("SL1207", "bigint arithmetic wraps at 64 bits in polars");
  if (other.op === "read") {
    if (other.dtype !== column.dtype) return refuse("SL1207", "polars compares int64 with uint64 as floats");
    return filled(
      profile,
      binary(read(profile, left as Read), comparison[op], read(profile, right as Read)),
      op === "!==",
      nullable,
    );
  }
  const digits = valueOf(other) as bigint;
  const [least, most] = limits[dtype];
  if (digits < least || digits > most)
    return refuse(
      "SL1207",
      `the constant ${digits}n is outside of ${dtype}, so the comparison has one answer; leave it out`,
    );
  const side = (tree: ExpressionTree): Json =>
    tree === column ? read(profile, column) : literal(profile.literals.integer(String(digits), dtype));
  return filled(profile, binary(side(left), comparison[op], side(right)), op === "!==", nullable);
}

function compareOthers(profile: Profile, node: NodeOf<CompareOp>): Json {
  const { op, left, right } = node;
  if (op !== "===" && op !== "!==") {
    return refuse("SL1207", "polars orders strings by their code points, JavaScript by UTF-16 units");
  }
  return filled(
    profile,
    binary(write(profile, left, plain), comparison[op], write(profile, right, plain)),
    op === "!==",
    isNullable(left) || isNullable(right),
  );
}

const compare: Write<CompareOp> = (profile, node) => {
  // Two missing elements are equal in JavaScript; two nulls are not, in polars.
  if ((node.op === "===" || node.op === "!==") && isNullable(node.left) && isNullable(node.right)) {
    return refuse("SL1207", "it compares two elements that both may be missing");
  }
  if (node.left.type === "number") return compareNumbers(profile, node);
  return node.left.type === "bigint" ? compareBigints(profile, node) : compareOthers(profile, node);
};

const calculate: Write<ArithmeticOp> = (profile, { op, left, right, type }, use) => {
  if (type === "bigint") refuse("SL1207", "bigint arithmetic wraps at 64 bits in polars");
  if (op === "%" && profile.remainder === "sign of the right")
    refuse(
      "SL1207",
      `the remainder in ${profile.label} has the sign of the right side, in JavaScript that of the left`,
    );
  // A zero's sign shows where it divides; elsewhere only as far as the result's does.
  const l = number(profile, left, use);
  const r = number(profile, right, op === "/" ? { zeroSign: true } : use);
  // A number with a value for each row is calculated with as it is. Where the other side is NaN, so is the result.
  const perRow = (constant: Json, beside: Json) =>
    ternary(profile.call("isNan", [beside]), numberLiteral(profile, 1), constant);
  if (profile.shortCuts && isConstant(right) && isCutShort(op, valueOf(right) as number, use, false))
    return binary(l, arithmetic[op], perRow(r, l));
  if (profile.shortCuts && isConstant(left) && isCutShort(op, valueOf(left) as number, use, true))
    return binary(perRow(l, r), arithmetic[op], r);
  return binary(l, arithmetic[op], r);
};

/** Whether a short cut with this constant on one side would show. */
function isCutShort(op: ArithmeticOp, value: number, use: Use, onTheLeft: boolean): boolean {
  if (op === "/") return !onTheLeft && !hasExactReciprocal(value);
  if (op === "*" || !use.zeroSign) return false;
  return Object.is(value, op === "-" && !onTheLeft ? -0 : 0);
}

/** Whether `x * (1 / value)` is `x / value` for every x: zeros, infinities, NaN and most powers of two. */
function hasExactReciprocal(value: number): boolean {
  const size = Math.abs(value);
  if (size === 0 || !Number.isFinite(size)) return true;
  return 2 ** Math.round(Math.log2(size)) === size && Number.isFinite(1 / size);
}

/** A balanced tree, so that a long list stays within the reader's depth. */
function balanced(parts: readonly Json[], op: "And" | "Or"): Json {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const half = Math.ceil(parts.length / 2);
  return binary(balanced(parts.slice(0, half), op), op, balanced(parts.slice(half), op));
}

/** Few operands nest to the left, as people write them. */
function joined(parts: readonly Json[], op: "And" | "Or"): Json {
  return parts.length > 8 ? balanced(parts, op) : parts.reduce((all, part) => binary(all, op, part));
}

const logic: Write<"&&" | "||"> = (profile, { op, args }) =>
  args.length === 0
    ? booleanLiteral(profile, op === "&&")
    : joined(
        args.map((arg) => write(profile, arg, plain)),
        op === "&&" ? "And" : "Or",
      );

/** NaN where one is NaN; else the first that none of the later ones beats. -0 is less than 0. */
const extreme: Write<"min" | "max"> = (profile, { op, args }, use) => {
  const texts = args.map((arg) => number(profile, arg, use));
  const wins = op === "max" ? "Gt" : "Lt";
  const over = (x: Json): Json => binary(numberLiteral(profile, 1), "TrueDivide", x);
  const beats = (x: Json, y: Json): Json => {
    if (!use.zeroSign) return binary(x, wins === "Gt" ? "GtEq" : "LtEq", y);
    const ordersZeros = binary(over(x), wins === "Gt" ? "GtEq" : "LtEq", over(y));
    return binary(binary(x, wins, y), "Or", binary(binary(x, "Eq", y), "And", ordersZeros));
  };
  let best = texts[texts.length - 1] as Json;
  for (let i = texts.length - 2; i >= 0; i--) {
    const x = texts[i] as Json;
    best = ternary(
      joined(
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
  return tests.length === 0 || args.length === 1 ? best : ternary(joined(tests, "Or"), nan(profile), best);
};

const callNumber =
  (op: "abs" | "floor" | "ceil" | "sqrt"): Write<NumberFunction> =>
  (profile, { operand }, use) =>
    profile.call(op, [number(profile, operand, op === "abs" ? plain : use)]);

const callSpelledOut =
  (op: ExpandableOp): Write<ExpandableOp> =>
  (profile, { operand }, use) =>
    write(profile, expand(op, operand), use);

/** Functions whose last bit differs from machine to machine and from JavaScript's. */
const rounded = (name: string): never =>
  refuse("SL1207", `polars rounds ${name} otherwise than JavaScript, in the last bit`);

const testString: Write<StringTest> = (profile, { op, operand, text }) =>
  profile.call(op, [write(profile, operand, plain), stringLiteral(profile, text)]);

/** What `unroll` has left. */
const quantifier: Write<"every" | "some"> = (profile, { op, list }) => {
  const length = list.shape[list.at.length] ?? null;
  return length === null
    ? refuse("SL1202", `the length of '${columnName(list)}' is not known, and ${profile.label} has no text for '${op}'`)
    : refuse(
        "SL1202",
        `'${columnName(list)}' has ${length} elements, and at most ${longestList} are written out one by one`,
      );
};

const writers: Writers = {
  aggregate: () => refuse("SL1201", "it looks at one row, and an aggregate at many"),
  read,
  constant,
  pick: () => refuse("SL1202", "a position inside a list is not known"),
  position: () => refuse("SL1202", "a position inside a list is not known"),
  length(profile, { list }) {
    if (profile.length === null) return refuse("SL1201", `${profile.label} has no text for the length of a list`);
    return profile.castToFloat64(profile.length(read(profile, list)));
  },
  "+": calculate,
  "-": calculate,
  "*": calculate,
  "/": calculate,
  "%": calculate,
  "<": compare,
  ">": compare,
  "<=": compare,
  ">=": compare,
  "===": compare,
  "!==": compare,
  negate(profile, { operand, type }, use) {
    if (type === "bigint") refuse("SL1207", "bigint arithmetic wraps at 64 bits in polars");
    return binary(number(profile, operand, use), "Multiply", numberLiteral(profile, -1));
  },
  "!": (profile, { operand }) => profile.call("not", [write(profile, operand, plain)]),
  "&&": logic,
  "||": logic,
  "**": () => refuse("SL1207", "polars rounds ** otherwise than JavaScript; multiply, as in x * x"),
  min: extreme,
  max: extreme,
  hypot: () => rounded("Math.hypot"),
  abs: callNumber("abs"),
  floor: callNumber("floor"),
  ceil: callNumber("ceil"),
  round: callSpelledOut("round"),
  trunc: callSpelledOut("trunc"),
  sign: callSpelledOut("sign"),
  sqrt: callNumber("sqrt"),
  log: () => rounded("Math.log"),
  log2: () => rounded("Math.log2"),
  log10: () => rounded("Math.log10"),
  exp: () => rounded("Math.exp"),
  isInteger: callSpelledOut("isInteger"),
  startsWith: testString,
  endsWith: testString,
  includes: testString,
  missing: (profile, { operand }) => profile.call("isNull", [write(profile, operand, plain)]),
  "??"(profile, { left, right, type }, use) {
    if (type === "bigint") refuse("SL1207", "bigints are compared in their column's own dtype, without a fallback");
    return profile.call("fillNull", [write(profile, left, use), write(profile, right, use)]);
  },
  isFinite: (profile, { operand }) =>
    filled(profile, profile.call("isFinite", [write(profile, operand, plain)]), false, isNullable(operand)),
  isNaN: (profile, { operand }) =>
    filled(profile, profile.call("isNan", [write(profile, operand, plain)]), false, isNullable(operand)),
  conditional: (profile, { test, then, otherwise }, use) =>
    ternary(write(profile, test, plain), write(profile, then, use), write(profile, otherwise, use)),
  every: quantifier,
  some: quantifier,
};
