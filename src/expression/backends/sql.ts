import type { DType } from "../../../dsl/tensor.js";
import { type BoundList, boundElement, usesPosition } from "../tree/bound-element.js";
import { negate } from "../tree/builders.js";
import { mayBeNaN } from "../tree/may-be-nan.js";
import {
  type ArithmeticOp,
  arithmeticOps,
  children,
  columnName,
  type CompareOp,
  compareOps,
  type Constant,
  type ExpressionTree,
  type Index,
  isConstant,
  isNullable,
  type NodeOf,
  type NumberFunction,
  type Op,
  type Read,
  type StringTest,
  valueOf,
} from "../tree/tree.js";
import { type ValidationBackEnd, commonGuards, type ValidationEmitter } from "./backend.js";
import {
  comparesByCodePoint,
  eachRow,
  emit,
  expandedRows,
  inexactRows,
  integerRanges,
  lengthLimit,
  refuse,
  refuseStringOrder,
  rows,
  type Write as WriteWith,
  type Writers,
} from "./emitter.js";

const checkLength = lengthLimit(1024 * 1024);

/** The lists around a node, innermost first. */
type Bounds = readonly BoundList[];
/**
 * Writes a text that keeps its meaning beside any operator. It has a value on every row, except for elements past the
 * end of a list.
 */
type Write<O extends Op> = WriteWith<O, Bounds>;

/**
 * A DuckDB condition over a table with a column per port (`"in.x"`, `"out.y"`, `"out_c1.z"`, lists inside), such as the
 * inference log. It is the predicate itself: `WHERE <text>` keeps the rows that pass, `WHERE NOT (<text>)` those that
 * fail. It is never NULL. A row without a challenger's value fails, as in the engine.
 */
const emitValidation: ValidationEmitter = (tree) => {
  const challengers = columns(tree);
  const predicate = write(tree, []);
  if (challengers.length === 0) return predicate.startsWith("(") ? predicate.slice(1, -1) : predicate;
  return [...challengers.map((column) => `${column} IS NOT NULL`), predicate].join(" AND ");
};

/**
 * The condition of an alert as a DuckDB expression with aggregates over the rows of the window:
 * `SELECT <text> FROM <rows>`. It is never NULL. Aggregates skip rows without a value of a challenger they read.
 */
export function alertSql(tree: ExpressionTree): string {
  columns(tree);
  const condition = write(tree, []);
  return condition.startsWith("(") ? condition.slice(1, -1) : condition;
}

function write(node: ExpressionTree, bounds: Bounds): string {
  return emit(writers, node, bounds);
}

/** The challengers' columns. Column names that DuckDB cannot hold or tell apart are refused. */
function columns(tree: ExpressionTree): string[] {
  const found = new Map<string, string>();
  const challengers = new Set<string>();
  const visit = (node: ExpressionTree): void => {
    if (node.op === "read") {
      const name = columnName(node);
      if (/[\p{Cc}\p{Cs}]/u.test(name))
        refuse(
          "SL1205",
          `DuckDB column names hold no control character and no half of a surrogate pair, and '${name.replace(/[\p{Cc}\p{Cs}]/gu, "?")}' has one; rename the port`,
        );
      const other = found.get(name.toLowerCase()) ?? name;
      if (other !== name)
        refuse(
          "SL1205",
          `DuckDB's column names ignore case, so '${other}' and '${name}' are the same column; rename a port`,
        );
      found.set(name.toLowerCase(), name);
      if (typeof node.from === "object") challengers.add(identifier(name));
    }
    children(node).forEach(visit);
  };
  visit(tree);
  return [...challengers];
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const nan = "'NaN'::DOUBLE";

function numberLiteral(value: number): string {
  if (Object.is(value, -0))
    return refuse("SL1207", "DuckDB treats two expressions that differ only in the sign of a zero as the same");
  if (!Number.isFinite(value)) return `'${value}'::DOUBLE`;
  // Without an exponent the literal would be a decimal.
  const text = String(value);
  const double = text.includes("e") ? text : `${text}e0`;
  return value < 0 ? `(${double})` : double;
}

const isConstantOf =
  (value: number) =>
  (node: ExpressionTree): boolean =>
    isConstant(node) && Object.is(valueOf(node), value);
const isNegativeZero = isConstantOf(-0);

/** The negated values of a choice that has -0 but not 0; null for other choices. */
function negatedChoices(values: readonly ExpressionTree[]): readonly ExpressionTree[] | null {
  return values.some(isNegativeZero) && !values.some(isConstantOf(0)) ? values.map(negate) : null;
}

/** The largest value of DuckDB's 128-bit integers. */
const maxInt128 = 2n ** 127n - 1n;

function constant(node: Constant): string {
  const value = valueOf(node);
  switch (typeof value) {
    case "number":
      return numberLiteral(value);
    case "boolean":
      return String(value);
    case "bigint":
      if (value > maxInt128 || value < -maxInt128)
        refuse("SL1207", `the constant ${value}n has more than DuckDB's 128 bits`);
      return value < 0n ? `(${value})` : String(value);
    default:
      return stringLiteral(value);
  }
}

function stringLiteral(text: string): string {
  if (/\p{Surrogate}|\0/u.test(text))
    refuse("SL1207", "a string constant holds NUL or half a surrogate pair, which DuckDB text cannot hold");
  return `'${text.replaceAll("'", "''")}'`;
}

/** Indexes and the positions of DuckDB's lambdas start at 1. */
const duckDbIndex = (index: Index): string => (typeof index === "number" ? String(index + 1) : `i${index.binder}`);

function path(node: Read, bounds: Bounds): string {
  const element = boundElement(node, bounds);
  const start = element === null ? identifier(columnName(node)) : `v${element.binder}`;
  return start + (element?.rest ?? node.at).map((index) => `[${duckDbIndex(index)}]`).join("");
}

/** A number that is never NULL: JavaScript calculates with NaN for a missing element. */
function number(node: ExpressionTree, bounds: Bounds): string {
  return isNullable(node) ? `coalesce(${write(node, bounds)}, ${nan})` : write(node, bounds);
}

const comparison = { "<": "<", ">": ">", "<=": "<=", ">=": ">=", "===": "=", "!==": "<>" } as const;

/** In DuckDB NaN is above all numbers and equals itself. */
const compare: Write<CompareOp> = ({ op, left, right }, bounds) => {
  const side = (node: ExpressionTree): string => (isNegativeZero(node) ? numberLiteral(0) : write(node, bounds));
  const l = side(left);
  const r = side(right);
  if (op === "===" || op === "!==") return equate(op, left, l, right, r);
  if (left.type === "string" && !comparesByCodePoint(left) && !comparesByCodePoint(right)) refuseStringOrder("DuckDB");
  const [greater, text] = op === "<" || op === "<=" ? [right, r] : [left, l];
  const guard = left.type === "number" && mayBeNaN(greater) ? ` AND NOT isnan(${text})` : "";
  return replaceNull(`${l} ${comparison[op]} ${r}${guard}`, "false", left, right);
};

function equate(op: "===" | "!==", left: ExpressionTree, l: string, right: ExpressionTree, r: string): string {
  const guarded = left.type === "number" && mayBeNaN(left) && mayBeNaN(right);
  if (isNullable(left) && isNullable(right)) {
    const same = `(${l} IS NOT DISTINCT FROM ${r}${guarded ? ` AND NOT coalesce(isnan(${l}), false)` : ""})`;
    return checkLength(op === "===" ? same : `(NOT ${same})`);
  }
  const guard = op === "===" ? ` AND NOT isnan(${l})` : ` OR isnan(${l})`;
  return replaceNull(`${l} ${comparison[op]} ${r}${guarded ? guard : ""}`, String(op === "!=="), left, right);
}

/** A test that returns `value` where its result would be NULL. */
function replaceNull(test: string, value: string, ...operands: readonly ExpressionTree[]): string {
  return checkLength(operands.some(isNullable) ? `coalesce(${test}, ${value})` : `(${test})`);
}

type Range = readonly [min: bigint, max: bigint];
const ranges: Partial<Record<DType, Range>> = integerRanges;

/** The values that a bigint expression can have. */
function rangeOf(node: ExpressionTree): Range {
  switch (node.op) {
    case "constant":
    case "pick": {
      const values = (node.op === "pick" ? node.items : [node]).map((item) => valueOf(item) as bigint);
      return hull(values);
    }
    case "read":
      return ranges[node.dtype] ?? refuse("SL1207", `'${columnName(node)}' holds no bigints`);
    case "negate": {
      const [min, max] = rangeOf(node.operand);
      return [-max, -min];
    }
    case "conditional":
      return hull([...rangeOf(node.then), ...rangeOf(node.otherwise)]);
    case "??":
      return hull([...rangeOf(node.left), ...rangeOf(node.right)]);
    case "+":
    case "-":
    case "*":
    case "/": {
      const right = rangeOf(node.right);
      const ends = rangeOf(node.left).flatMap((a) => right.map((b) => ({ a, b })));
      const compute = {
        "+": (a: bigint, b: bigint) => a + b,
        "-": (a: bigint, b: bigint) => a - b,
        "*": (a: bigint, b: bigint) => a * b,
        "/": (a: bigint, b: bigint) => a / b,
      }[node.op];
      return hull(ends.map(({ a, b }) => compute(a, b)));
    }
    case "%":
      return hull([0n, ...rangeOf(node.left)]);
    default:
      return refuse("SL1201", `DuckDB has no exact '${node.op}' of bigints`);
  }
}

/** The smallest range that contains all values. */
function hull(values: readonly bigint[]): Range {
  return [values.reduce((a, b) => (b < a ? b : a)), values.reduce((a, b) => (b > a ? b : a))];
}

/** Bigints are calculated in 128 bits. Refuses expressions whose result may need more. */
function checkRange(node: ExpressionTree): void {
  const [min, max] = rangeOf(node);
  if (min < -maxInt128 || max > maxInt128)
    refuse("SL1207", "its bigint arithmetic may need more than DuckDB's 128 bits");
}

/** DuckDB rounds an integer of 64 bits once, as JavaScript does, and one of 128 bits in two steps. */
const toNumber: Write<"toNumber"> = ({ operand }, bounds) => {
  const range = rangeOf(operand);
  const fits = ([min, max]: Range): boolean => range[0] >= min && range[1] <= max;
  const integer = fits(integerRanges.int64) ? "BIGINT" : fits(integerRanges.uint64) ? "UBIGINT" : null;
  if (integer === null) refuse("SL1207", "DuckDB rounds a bigint of more than 64 bits differently from JavaScript");
  const value = `${write(operand, bounds)}::${integer}::DOUBLE`;
  return checkLength(isNullable(operand) ? `coalesce(${value}, ${nan})` : value);
};

const calculate: Write<ArithmeticOp> = (node, bounds) => {
  const { op, left, right, type } = node;
  if (isNegativeZero(left) || isNegativeZero(right)) return withNegativeZero(node, bounds);
  if (type === "number") return checkLength(`(${number(left, bounds)} ${op} ${number(right, bounds)})`);
  checkRange(node);
  return checkLength(`(${write(left, bounds)}::HUGEINT ${op === "/" ? "//" : op} ${write(right, bounds)}::HUGEINT)`);
};

/** The same calculation without a -0 constant. */
function withNegativeZero({ op, left, right }: NodeOf<"+">, bounds: Bounds): string {
  const other = number(isNegativeZero(left) ? right : left, bounds);
  if (op === "+") return other;
  if (op === "-") return checkLength(isNegativeZero(left) ? `(-${other})` : `(${other} + 0e0)`);
  return checkLength(isNegativeZero(left) ? `(-(0e0 ${op} ${other}))` : `(-(${other} ${op} 0e0))`);
}

const logic: Write<"&&" | "||"> = ({ op, args }, bounds) =>
  args.length === 0
    ? String(op === "&&")
    : checkLength(`(${args.map((arg) => write(arg, bounds)).join(op === "&&" ? " AND " : " OR ")})`);

/** -0 is less than 0. NaN is already the greatest. */
const pairwise = {
  max: "CASE WHEN a > b THEN a WHEN b > a THEN b WHEN a = 0 THEN a + b ELSE a END",
  min: `CASE WHEN isnan(a) OR isnan(b) THEN ${nan} WHEN a < b THEN a WHEN b < a THEN b WHEN a = 0 THEN -(-a - b) ELSE a END`,
} as const;

const extreme =
  (op: "min" | "max"): Write<"min" | "max"> =>
  ({ args, type }, bounds) => {
    const negated = negatedChoices(args);
    if (negated !== null)
      return checkLength(`(-${write({ op: op === "min" ? "max" : "min", args: negated, type }, bounds)})`);
    const texts = args.map((arg) => number(arg, bounds));
    return texts.length === 1
      ? (texts[0] as string)
      : checkLength(`list_reduce([${texts.join(", ")}], lambda a, b: ${pairwise[op]})`);
  };

const callNumber =
  (op: "abs" | "floor" | "ceil" | "trunc"): Write<NumberFunction> =>
  ({ operand }, bounds) =>
    checkLength(`${op}(${number(operand, bounds)})`);
const testString =
  (name: string): Write<StringTest> =>
  ({ operand, text }, bounds) =>
    checkLength(`${name}(${write(operand, bounds)}, ${stringLiteral(text)})`);

const quantifier: Write<"every" | "some"> = ({ op, list, binder, body }, bounds) => {
  const bound = { list, binder };
  const params = usesPosition(body, bound) ? `v${binder}, i${binder}` : `v${binder}`;
  const test = write(body, [bound, ...bounds]);
  return checkLength(
    `(len(list_filter(${path(list, bounds)}, lambda ${params}: ${op === "every" ? `NOT ${test}` : test})) ${op === "every" ? "=" : ">"} 0)`,
  );
};

/** An aggregate over the rows that have a value of each challenger it reads. */
const aggregate: Write<"aggregate"> = (node) => {
  const { fn, body } = node;
  if (body === null) return "count(*)::DOUBLE";
  const presence = columns(body).map((column) => `${column} IS NOT NULL`);
  const filter = (...tests: readonly string[]): string =>
    tests.length === 0 ? "" : ` FILTER (WHERE ${tests.join(" AND ")})`;
  const x = number(body, []);
  const all = filter(...presence);
  const countTrue = (): string => `count(*)${filter(...presence, x)}::DOUBLE`;
  const count = `count(*)${all}::DOUBLE`;
  // Without an order, the sum would differ from one scan to the next.
  const sum = `sum(${x} ORDER BY ${x})${all}`;
  // + 0 turns -0 into 0.
  const unlessNaN = (text: string): string =>
    `CASE WHEN coalesce(bool_or(isnan(${x}))${all}, true) THEN ${nan} ELSE ${text} + 0e0 END`;
  switch (fn) {
    case "count":
      return checkLength(countTrue());
    case "share":
      return checkLength(`(${countTrue()} / ${count})`);
    case "sum":
      return checkLength(`coalesce(${sum}, 0e0)`);
    case "avg":
      return checkLength(`(coalesce(${sum}, 0e0) / ${count} + 0e0)`);
    case "quantile":
      return checkLength(unlessNaN(quantile(`list(${x} ORDER BY ${x})${all}`, node.quantile ?? 0)));
    default:
      return checkLength(unlessNaN(`${fn}(${x})${all}`));
  }
};

/** Interpolates between the two nearest of the sorted values. */
function quantile(sorted: string, share: number): string {
  const lambda = (low: string, high: string, part: string): string =>
    `CASE WHEN ${low} = ${high} THEN ${low} ELSE ${low} + (${high} - ${low}) * ${part} END`;
  const position = `(len(v) - 1)::DOUBLE * ${numberLiteral(share)}`;
  const at = (round: string): string => `v[${round}(${position})::BIGINT + 1]`;
  return `list_transform([${sorted}], lambda v: ${lambda(at("floor"), at("ceil"), `(${position} - floor(${position}))`)})[1]`;
}

const writers: Writers<Bounds> = {
  aggregate,
  read: (node, bounds) => path(node, bounds) + (node.type === "number" && node.dtype !== "float64" ? "::DOUBLE" : ""),
  constant,
  pick: ({ items, binder }) => checkLength(`[${items.map(constant).join(", ")}][i${binder}]`),
  position: ({ binder }) => `(i${binder} - 1)::DOUBLE`,
  length: ({ list }, bounds) => `len(${path(list, bounds)})::DOUBLE`,
  ...rows(arithmeticOps, calculate),
  ...rows(compareOps, compare),
  negate(node, bounds) {
    if (node.type === "number") return checkLength(`(-${number(node.operand, bounds)})`);
    checkRange(node);
    return checkLength(`(-${write(node.operand, bounds)}::HUGEINT)`);
  },
  "!": ({ operand }, bounds) => checkLength(`(NOT ${write(operand, bounds)})`),
  ...rows(["&&", "||"], logic),
  ...eachRow(["min", "max"], extreme),
  ...inexactRows("DuckDB"),
  ...eachRow(["abs", "floor", "ceil", "trunc"], callNumber),
  ...expandedRows(["round", "sign", "isInteger"], write),
  startsWith: testString("starts_with"),
  endsWith: testString("ends_with"),
  includes: testString("contains"),
  missing: ({ operand }, bounds) => checkLength(`(${write(operand, bounds)} IS NULL)`),
  "??": ({ left, right }, bounds) => checkLength(`coalesce(${write(left, bounds)}, ${write(right, bounds)})`),
  // DuckDB fails on the root of a negative number.
  sqrt({ operand }, bounds) {
    const x = number(operand, bounds);
    return checkLength(`sqrt(CASE WHEN ${x} < 0 THEN ${nan} ELSE ${x} END)`);
  },
  toNumber,
  isFinite: ({ operand }, bounds) => replaceNull(`isfinite(${write(operand, bounds)})`, "false", operand),
  isNaN: ({ operand }, bounds) => replaceNull(`isnan(${write(operand, bounds)})`, "false", operand),
  conditional(node, bounds) {
    const [then, otherwise] = (node.nullable ? null : negatedChoices([node.then, node.otherwise])) ?? [];
    if (then !== undefined && otherwise !== undefined)
      return checkLength(`(-${write({ ...node, then, otherwise }, bounds)})`);
    return checkLength(
      `CASE WHEN ${write(node.test, bounds)} THEN ${write(node.then, bounds)} ELSE ${write(node.otherwise, bounds)} END`,
    );
  },
  ...rows(["every", "some"], quantifier),
};

const minusZero = "-0 constants are rewritten; bigints are calculated in 128 bits";

export const sql: ValidationBackEnd = {
  validation: emitValidation,
  alert: alertSql,
  guards: {
    read: "cast to DOUBLE",
    length: "cast to DOUBLE",
    ...commonGuards.orderings(commonGuards.nanOrder),
    "===": commonGuards.nanEquality,
    "!==": commonGuards.nanEquality,
    ...rows(arithmeticOps, minusZero),
    min: commonGuards.zeros,
    max: commonGuards.zeros,
    round: commonGuards.rounding,
    sign: commonGuards.sign,
    isInteger: "with isfinite and floor",
    toNumber: "cast through 64 bits; NaN where an element is missing",
    sqrt: "NaN for negative numbers, where DuckDB fails",
    isFinite: commonGuards.filled,
    isNaN: commonGuards.filled,
    every: "with list_filter",
    some: "with list_filter",
    aggregate: "NaN wins, -0 becomes 0, an empty window has a value, and sums add in sorted order",
  },
};
