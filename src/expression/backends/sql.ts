import { LambdaError, type ErrorCode } from "../../../dsl/errors.js";
import type { DType } from "../../../dsl/tensor.js";
import type { AlertEmitter, BackEndEmitter } from "./backend.js";
import { type BoundList, boundElement, usesPosition } from "../tree/bound-element.js";
import { negate } from "../tree/builders.js";
import { mayBeNaN } from "../tree/may-be-nan.js";
import { type ExpandableOp, expand } from "../tree/expand.js";
import {
  type ArithmeticOp,
  children,
  columnName,
  type CompareOp,
  type Constant,
  type ExpressionTree,
  isConstant,
  isNullable,
  type NodeOf,
  type NumberFunction,
  type Op,
  type Index,
  type Read,
  type StringTest,
  valueOf,
} from "../tree/tree.js";

const longest = 1024 * 1024;

type Bounds = readonly BoundList[];
/** A text that stands alone beside any operator. Except for elements past the end it has a value on every row. */
type Write<O extends Op> = (node: NodeOf<O>, bounds: Bounds) => string;
type Writers = { readonly [O in Op]: Write<O> };

/**
 * A DuckDB condition over a table with a column for each port (`"in.x"`, `"out.y"`, `"out_c1.z"`; lists inside), as the
 * inference log has it. It is the predicate itself: `WHERE <text>` keeps the rows that hold, `WHERE NOT (<text>)` those that
 * fail, and it is never NULL. A row without a value of a challenger fails, as in the engine.
 */
export const sql: BackEndEmitter = (tree) => {
  const challengers = columns(tree);
  const predicate = write(tree, []);
  if (challengers.length === 0) return predicate.startsWith("(") ? predicate.slice(1, -1) : predicate;
  return [...challengers.map((column) => `${column} IS NOT NULL`), predicate].join(" AND ");
};

/**
 * The condition of an alert as a DuckDB expression with aggregates, over the rows of the window: `SELECT <text> FROM <rows>`.
 * It is never NULL. A row without a value of a challenger is left out of the aggregates that read it.
 */
export const sqlAlert: AlertEmitter = (tree) => {
  columns(tree);
  const condition = write(tree, []);
  return condition.startsWith("(") ? condition.slice(1, -1) : condition;
};

function refuse(code: ErrorCode, reason: string): never {
  throw new LambdaError(code, reason);
}

function put(text: string): string {
  return text.length > longest
    ? refuse("SL1203", `its text is longer than ${longest} characters; split it into several validations`)
    : text;
}

function write(node: ExpressionTree, bounds: Bounds): string {
  return (writers[node.op] as Write<Op>)(node, bounds);
}

/** The challengers' columns. DuckDB's names ignore case, so two columns must differ by more. */
function columns(tree: ExpressionTree): string[] {
  const found = new Map<string, string>();
  const challengers = new Set<string>();
  const visit = (node: ExpressionTree): void => {
    if (node.op === "read") {
      const name = columnName(node);
      if (/[\p{Cc}\p{Cs}]/u.test(name))
        refuse(
          "SL1205",
          `DuckDB has no column '${name.replace(/[\p{Cc}\p{Cs}]/gu, "?")}' with a control character or half a surrogate pair in its name; rename the port`,
        );
      const other = found.get(name.toLowerCase()) ?? name;
      if (other !== name)
        refuse("SL1205", `DuckDB's column names ignore case, so '${other}' and '${name}' are one to it; rename a port`);
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
    return refuse("SL1207", "DuckDB takes two expressions that differ in the sign of a zero for one");
  if (!Number.isFinite(value)) return `'${value}'::DOUBLE`;
  // Without an exponent it would be a decimal.
  const text = String(value);
  const double = text.includes("e") ? text : `${text}e0`;
  return value < 0 ? `(${double})` : double;
}

const isConstantOf =
  (value: number) =>
  (node: ExpressionTree): boolean =>
    isConstant(node) && Object.is(valueOf(node), value);
const isNegativeZero = isConstantOf(-0);

/** Where -0 is among the values to choose from: their opposites, to choose from those. */
function opposites(values: readonly ExpressionTree[]): readonly ExpressionTree[] | null {
  return values.some(isNegativeZero) && !values.some(isConstantOf(0)) ? values.map(negate) : null;
}

const most = 2n ** 127n - 1n;

function constant(node: Constant): string {
  const value = valueOf(node);
  switch (typeof value) {
    case "number":
      return numberLiteral(value);
    case "boolean":
      return String(value);
    case "bigint":
      if (value > most || value < -most) refuse("SL1207", `the constant ${value}n has more than DuckDB's 128 bits`);
      return value < 0n ? `(${value})` : String(value);
    default:
      return stringLiteral(value);
  }
}

function stringLiteral(text: string): string {
  if (/\p{Surrogate}|\0/u.test(text))
    refuse("SL1207", "a string constant holds NUL or half a surrogate pair, which DuckDB's text cannot");
  return `'${text.replaceAll("'", "''")}'`;
}

/** Lists count from 1, as do the places that a lambda is handed. */
const placeIn = (place: Index): string => (typeof place === "number" ? String(place + 1) : `i${place.binder}`);

function path(node: Read, bounds: Bounds): string {
  const element = boundElement(node, bounds);
  const start = element === null ? identifier(columnName(node)) : `v${element.binder}`;
  return start + (element?.rest ?? node.at).map((place) => `[${placeIn(place)}]`).join("");
}

/** A number that is never NULL: what JavaScript calculates with where an element is missing is NaN. */
function number(node: ExpressionTree, bounds: Bounds): string {
  return isNullable(node) ? `coalesce(${write(node, bounds)}, ${nan})` : write(node, bounds);
}

const comparison = { "<": "<", ">": ">", "<=": "<=", ">=": ">=", "===": "=", "!==": "<>" } as const;

/** DuckDB orders by code point, JavaScript by UTF-16 unit: one order where either side has no unit above the surrogates' first. */
function isOrderedAlike(node: ExpressionTree): boolean {
  return isConstant(node) && !/[\ud800-\uffff]/.test(String(node.value));
}

/** NaN is above all numbers to DuckDB, and equals itself. */
const compare: Write<CompareOp> = ({ op, left, right }, bounds) => {
  const side = (node: ExpressionTree): string => (isNegativeZero(node) ? numberLiteral(0) : write(node, bounds));
  const l = side(left);
  const r = side(right);
  if (op === "===" || op === "!==") return equate(op, left, l, right, r);
  if (left.type === "string" && !isOrderedAlike(left) && !isOrderedAlike(right))
    refuse("SL1207", "DuckDB orders strings by their code points, JavaScript by UTF-16 units");
  const [greater, text] = op === "<" || op === "<=" ? [right, r] : [left, l];
  const guard = left.type === "number" && mayBeNaN(greater) ? ` AND NOT isnan(${text})` : "";
  return filled(`${l} ${comparison[op]} ${r}${guard}`, "false", left, right);
};

function equate(op: "===" | "!==", left: ExpressionTree, l: string, right: ExpressionTree, r: string): string {
  const guarded = left.type === "number" && mayBeNaN(left) && mayBeNaN(right);
  if (isNullable(left) && isNullable(right)) {
    const same = `(${l} IS NOT DISTINCT FROM ${r}${guarded ? ` AND NOT coalesce(isnan(${l}), false)` : ""})`;
    return put(op === "===" ? same : `(NOT ${same})`);
  }
  const guard = op === "===" ? ` AND NOT isnan(${l})` : ` OR isnan(${l})`;
  return filled(`${l} ${comparison[op]} ${r}${guarded ? guard : ""}`, String(op === "!=="), left, right);
}

function filled(test: string, value: string, ...operands: readonly ExpressionTree[]): string {
  return put(operands.some(isNullable) ? `coalesce(${test}, ${value})` : `(${test})`);
}

type Range = readonly [least: bigint, most: bigint];
const ranges: Partial<Record<DType, Range>> = { int64: [-(2n ** 63n), 2n ** 63n - 1n], uint64: [0n, 2n ** 64n - 1n] };

/** What a bigint may come to. */
function rangeOf(node: ExpressionTree): Range {
  switch (node.op) {
    case "constant":
    case "pick": {
      const values = (node.op === "pick" ? node.items : [node]).map((item) => valueOf(item) as bigint);
      return spanOf(values);
    }
    case "read":
      return ranges[node.dtype] ?? refuse("SL1207", `'${columnName(node)}' holds no bigints`);
    case "negate": {
      const [least, greatest] = rangeOf(node.operand);
      return [-greatest, -least];
    }
    case "conditional":
      return spanOf([...rangeOf(node.then), ...rangeOf(node.otherwise)]);
    case "??":
      return spanOf([...rangeOf(node.left), ...rangeOf(node.right)]);
    case "+":
    case "-":
    case "*":
    case "/": {
      const ends = rangeOf(node.left).flatMap((a) => rangeOf(node.right).map((b) => ({ a, b })));
      const compute = {
        "+": (a: bigint, b: bigint) => a + b,
        "-": (a: bigint, b: bigint) => a - b,
        "*": (a: bigint, b: bigint) => a * b,
        "/": (a: bigint, b: bigint) => a / b,
      }[node.op];
      return spanOf(ends.map(({ a, b }) => compute(a, b)));
    }
    case "%":
      return spanOf([0n, ...rangeOf(node.left)]);
    default:
      return refuse("SL1201", `DuckDB has no exact '${node.op}' of bigints`);
  }
}

function spanOf(values: readonly bigint[]): Range {
  return [values.reduce((a, b) => (b < a ? b : a)), values.reduce((a, b) => (b > a ? b : a))];
}

/** Bigints are calculated with in 128 bits, where that always holds the result. */
function fits(node: ExpressionTree): void {
  const [least, greatest] = rangeOf(node);
  if (least < -most || greatest > most) refuse("SL1207", "its bigint arithmetic may need more than DuckDB's 128 bits");
}

const calculate: Write<ArithmeticOp> = (node, bounds) => {
  const { op, left, right, type } = node;
  if (isNegativeZero(left) || isNegativeZero(right)) return withNegativeZero(node, bounds);
  if (type === "number") return put(`(${number(left, bounds)} ${op} ${number(right, bounds)})`);
  fits(node);
  return put(`(${write(left, bounds)}::HUGEINT ${op === "/" ? "//" : op} ${write(right, bounds)}::HUGEINT)`);
};

/** The same without a -0 constant. */
function withNegativeZero({ op, left, right }: NodeOf<"+">, bounds: Bounds): string {
  const other = number(isNegativeZero(left) ? right : left, bounds);
  if (op === "+") return other;
  if (op === "-") return put(isNegativeZero(left) ? `(-${other})` : `(${other} + 0e0)`);
  return put(isNegativeZero(left) ? `(-(0e0 ${op} ${other}))` : `(-(${other} ${op} 0e0))`);
}

const logic: Write<"&&" | "||"> = ({ op, args }, bounds) =>
  args.length === 0
    ? String(op === "&&")
    : put(`(${args.map((arg) => write(arg, bounds)).join(op === "&&" ? " AND " : " OR ")})`);

/** -0 is less than 0; NaN is the greatest already. */
const steps = {
  max: "CASE WHEN a > b THEN a WHEN b > a THEN b WHEN a = 0 THEN a + b ELSE a END",
  min: `CASE WHEN isnan(a) OR isnan(b) THEN ${nan} WHEN a < b THEN a WHEN b < a THEN b WHEN a = 0 THEN -(-a - b) ELSE a END`,
} as const;

const extreme =
  (op: "min" | "max"): Write<"min" | "max"> =>
  ({ args, type }, bounds) => {
    const turned = opposites(args);
    if (turned !== null) return put(`(-${write({ op: op === "min" ? "max" : "min", args: turned, type }, bounds)})`);
    const texts = args.map((arg) => number(arg, bounds));
    return texts.length === 1
      ? (texts[0] as string)
      : put(`list_reduce([${texts.join(", ")}], lambda a, b: ${steps[op]})`);
  };

const callNumber =
  (op: "abs" | "floor" | "ceil" | "trunc"): Write<NumberFunction> =>
  ({ operand }, bounds) =>
    put(`${op}(${number(operand, bounds)})`);
const callSpelledOut =
  (op: ExpandableOp): Write<ExpandableOp> =>
  ({ operand }, bounds) =>
    write(expand(op, operand), bounds);
const testString =
  (name: string): Write<StringTest> =>
  ({ operand, text }, bounds) =>
    put(`${name}(${write(operand, bounds)}, ${stringLiteral(text)})`);

/** Functions whose last bit differs from machine to machine and from JavaScript's. */
const rounded = (name: string) => (): never =>
  refuse("SL1207", `DuckDB rounds ${name} otherwise than JavaScript, in the last bit`);

const quantifier: Write<"every" | "some"> = ({ op, list, binder, body }, bounds) => {
  const bound = { list, binder };
  const params = usesPosition(body, bound) ? `v${binder}, i${binder}` : `v${binder}`;
  const test = write(body, [bound, ...bounds]);
  return put(
    `(len(list_filter(${path(list, bounds)}, lambda ${params}: ${op === "every" ? `NOT ${test}` : test})) ${op === "every" ? "=" : ">"} 0)`,
  );
};

/** What is asked of the rows; a row without a value of a challenger it reads is not among them. */
const aggregate: Write<"aggregate"> = (node) => {
  const { fn, body } = node;
  if (body === null) return "count(*)::DOUBLE";
  const there = columns(body).map((column) => `${column} IS NOT NULL`);
  const filter = (...tests: readonly string[]): string =>
    tests.length === 0 ? "" : ` FILTER (WHERE ${tests.join(" AND ")})`;
  const x = number(body, []);
  const all = filter(...there);
  const asked = (): string => `count(*)${filter(...there, x)}::DOUBLE`;
  const count = `count(*)${all}::DOUBLE`;
  // In the order of the rows a sum would differ from one scan to the next.
  const sum = `sum(${x} ORDER BY ${x})${all}`;
  // + 0 makes 0 of -0.
  const unlessNaN = (text: string): string =>
    `CASE WHEN coalesce(bool_or(isnan(${x}))${all}, true) THEN ${nan} ELSE ${text} + 0e0 END`;
  switch (fn) {
    case "count":
      return put(asked());
    case "share":
      return put(`(${asked()} / ${count})`);
    case "sum":
      return put(`coalesce(${sum}, 0e0)`);
    case "avg":
      return put(`(coalesce(${sum}, 0e0) / ${count} + 0e0)`);
    case "quantile":
      return put(unlessNaN(quantile(`list(${x} ORDER BY ${x})${all}`, node.quantile ?? 0)));
    default:
      return put(unlessNaN(`${fn}(${x})${all}`));
  }
};

/** Between the two nearest of the sorted values. */
function quantile(sorted: string, share: number): string {
  const lambda = (low: string, high: string, part: string): string =>
    `CASE WHEN ${low} = ${high} THEN ${low} ELSE ${low} + (${high} - ${low}) * ${part} END`;
  const place = `(len(v) - 1)::DOUBLE * ${numberLiteral(share)}`;
  const at = (round: string): string => `v[${round}(${place})::BIGINT + 1]`;
  return `list_transform([${sorted}], lambda v: ${lambda(at("floor"), at("ceil"), `(${place} - floor(${place}))`)})[1]`;
}

const writers: Writers = {
  aggregate,
  read: (node, bounds) => path(node, bounds) + (node.type === "number" && node.dtype !== "float64" ? "::DOUBLE" : ""),
  constant,
  pick: ({ items, binder }) => put(`[${items.map(constant).join(", ")}][i${binder}]`),
  position: ({ binder }) => `(i${binder} - 1)::DOUBLE`,
  length: ({ list }, bounds) => `len(${path(list, bounds)})::DOUBLE`,
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
  negate(node, bounds) {
    if (node.type === "number") return put(`(-${number(node.operand, bounds)})`);
    fits(node);
    return put(`(-${write(node.operand, bounds)}::HUGEINT)`);
  },
  "!": ({ operand }, bounds) => put(`(NOT ${write(operand, bounds)})`),
  "&&": logic,
  "||": logic,
  min: extreme("min"),
  max: extreme("max"),
  "**": () => refuse("SL1207", "DuckDB rounds ** otherwise than JavaScript; multiply, as in x * x"),
  hypot: rounded("Math.hypot"),
  log: rounded("Math.log"),
  log2: rounded("Math.log2"),
  log10: rounded("Math.log10"),
  exp: rounded("Math.exp"),
  abs: callNumber("abs"),
  floor: callNumber("floor"),
  ceil: callNumber("ceil"),
  trunc: callNumber("trunc"),
  round: callSpelledOut("round"),
  sign: callSpelledOut("sign"),
  isInteger: callSpelledOut("isInteger"),
  startsWith: testString("starts_with"),
  endsWith: testString("ends_with"),
  includes: testString("contains"),
  missing: ({ operand }, bounds) => put(`(${write(operand, bounds)} IS NULL)`),
  "??": ({ left, right }, bounds) => put(`coalesce(${write(left, bounds)}, ${write(right, bounds)})`),
  // The root of a negative number is an error to DuckDB.
  sqrt({ operand }, bounds) {
    const x = number(operand, bounds);
    return put(`sqrt(CASE WHEN ${x} < 0 THEN ${nan} ELSE ${x} END)`);
  },
  isFinite: ({ operand }, bounds) => filled(`isfinite(${write(operand, bounds)})`, "false", operand),
  isNaN: ({ operand }, bounds) => filled(`isnan(${write(operand, bounds)})`, "false", operand),
  conditional(node, bounds) {
    const [then, otherwise] = (node.nullable ? null : opposites([node.then, node.otherwise])) ?? [];
    if (then !== undefined && otherwise !== undefined) return put(`(-${write({ ...node, then, otherwise }, bounds)})`);
    return put(
      `CASE WHEN ${write(node.test, bounds)} THEN ${write(node.then, bounds)} ELSE ${write(node.otherwise, bounds)} END`,
    );
  },
  every: quantifier,
  some: quantifier,
};
