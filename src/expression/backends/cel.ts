import { LambdaError, type ErrorCode } from "../../../dsl/errors.js";
import type { BackEndEmitter } from "./backend.js";
import { type BoundList, boundElement, usesPosition } from "../tree/bound-element.js";
import { unroll } from "../tree/builders.js";
import {
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
  type Read,
  type Source,
  type StringTest,
  valueOf,
} from "../tree/tree.js";

/** Limits of cel-go, the strictest reader. */
const longest = 100_000;
const deepest = 240;
/** The longest list that is written out element by element. */
const longestList = 256;

type Bounds = readonly BoundList[];
/** A text that stands alone beside any operator. A value that may be missing is asked for only where it is there. */
type Write<O extends Op> = (node: NodeOf<O>, bounds: Bounds) => string;
type Writers = { readonly [O in Op]: Write<O> };

/**
 * A CEL expression over the variable `x`, a map as the lambda sees it: `x["in"].pixels[0]`, `x.out.risk[0]`,
 * `x.models.c1.risk[0]`. It is the predicate itself: true for the rows that hold. Standard functions and macros alone.
 * Numbers may come as doubles or integers, int64 ports as int, uint64 ports as uint. A row without a challenger's port fails.
 */
export const cel: BackEndEmitter = (tree) => {
  const guards = [...challengerPorts(tree)].map(([key, { model, port }]) => ({
    key,
    text: `${quote(model)} in x.models && ${quote(port)} in ${modelPath(model)}`,
  }));
  const predicate = write(tree, []);
  const whole =
    guards.length === 0 && predicate.startsWith("(")
      ? predicate.slice(1, -1)
      : [...guards.map(({ text }) => text), predicate].join(" && ");
  if (Array.from(whole).length > longest) tooLong();
  if (nesting(whole) > deepest) refuse("SL1203", "it nests too deep for CEL; split it into several validations");
  return whole;
};

function refuse(code: ErrorCode, reason: string): never {
  throw new LambdaError(code, reason);
}

const tooLong = (): never =>
  refuse("SL1203", `its text is longer than ${longest} characters; split it into several validations`);

function put(text: string): string {
  // An astral character is two units and one character.
  return text.length > 2 * longest ? tooLong() : text;
}

/** How deep brackets nest, those in strings left out. */
function nesting(text: string): number {
  let depth = 0;
  let deepestYet = 0;
  for (const bracket of text.replace(/"(?:[^"\\]|\\.)*"/gs, "").match(/[()[\]]/g) ?? []) {
    depth += "([".includes(bracket) ? 1 : -1;
    deepestYet = Math.max(deepestYet, depth);
  }
  return deepestYet;
}

function challengerPorts(
  node: ExpressionTree,
  found = new Map<string, { readonly model: string; readonly port: string }>(),
): typeof found {
  if (node.op === "read" && typeof node.from === "object")
    found.set(columnName(node), { model: node.from.model, port: node.port });
  for (const child of children(node)) challengerPorts(child, found);
  return found;
}

function write(node: ExpressionTree, bounds: Bounds): string {
  return (writers[node.op] as Write<Op>)(node, bounds);
}

const nan = "(0.0 / 0.0)";

function numberLiteral(value: number): string {
  if (Number.isNaN(value)) return nan;
  if (!Number.isFinite(value)) return value > 0 ? "(1.0 / 0.0)" : "(-1.0 / 0.0)";
  if (Object.is(value, -0)) return "(-0.0)";
  const text = String(value);
  const double = /[.e]/.test(text) ? text : `${text}.0`;
  return value < 0 ? `(${double})` : double;
}

/** A string literal; CEL's strings are of code points, which half a surrogate pair is none of. */
function quote(text: string): string {
  if (/\p{Surrogate}/u.test(text))
    refuse("SL1207", "a string constant holds half a surrogate pair, which CEL's strings cannot");
  return JSON.stringify(text);
}

function constant(node: Constant, unsigned = false): string {
  const value = valueOf(node);
  switch (typeof value) {
    case "number":
      return numberLiteral(value);
    case "boolean":
      return String(value);
    case "bigint": {
      const [least, most] = unsigned ? [0n, 2n ** 64n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n];
      if (value < least || value > most)
        refuse(
          "SL1207",
          `the constant ${value}n is outside of ${unsigned ? "uint64" : "int64"}, so the comparison has one answer; leave it out`,
        );
      return unsigned ? `${value}u` : value < 0n ? `(${value})` : String(value);
    }
    default:
      return quote(value);
  }
}

/** What CEL keeps for itself; `true`, `false` and `null` too. */
const reserved: ReadonlySet<string> = new Set(
  "false in null true as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);
const member = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) && !reserved.has(name) ? `.${name}` : `[${quote(name)}]`;
const modelPath = (model: string): string => `x.models${member(model)}`;
const owner = (from: Source): string => (typeof from === "string" ? `x${member(from)}` : modelPath(from.model));

function path(node: Read, bounds: Bounds): string {
  const element = boundElement(node, bounds);
  const start = element === null ? owner(node.from) + member(node.port) : `v${element.binder}`;
  return (element?.rest ?? node.at).reduce<string>(
    (list, place) => (typeof place === "number" ? `${list}[${place}]` : notKnown()),
    start,
  );
}

const notKnown = (): never => refuse("SL1202", "a position inside a list of unknown length is not known to CEL");

/** Integers of a model arrive as CEL's int, some hosts read whole doubles as int: both become doubles. */
const read: Write<"read"> = (node, bounds) => {
  const text = path(node, bounds);
  if (node.type === "number") return put(`double(${text})`);
  return put(node.dtype === "uint64" && node.type === "bigint" ? `uint(${text})` : text);
};

/** Whether a value that may be missing is there. */
function present(node: ExpressionTree, bounds: Bounds): string {
  if (!isNullable(node)) return "true";
  if (node.op === "conditional")
    return put(`(${write(node.test, bounds)} ? ${present(node.then, bounds)} : ${present(node.otherwise, bounds)})`);
  if (node.op === "??") return put(`(${present(node.left, bounds)} || ${present(node.right, bounds)})`);
  if (node.op !== "read") return refuse("SL1207", `CEL has no value for a missing '${node.op}'`);
  const tests = node.at.flatMap((place, axis) => {
    const size = node.shape[axis] ?? null;
    if (typeof place !== "number") return size === null ? notKnown() : [];
    return size === null ? [`size(${path({ ...node, at: node.at.slice(0, axis) }, bounds)}) > ${place}`] : [];
  });
  return put(`(${tests.join(" && ")})`);
}

/** A number that is always there: what JavaScript calculates with where an element is missing is NaN. */
function number(node: ExpressionTree, bounds: Bounds): string {
  return isNullable(node) ? put(`(${present(node, bounds)} ? ${write(node, bounds)} : ${nan})`) : write(node, bounds);
}

const comparison = { "<": "<", ">": ">", "<=": "<=", ">=": ">=", "===": "==", "!==": "!=" } as const;

/** CEL orders by code point, JavaScript by UTF-16 unit: one order where either side has no unit above the surrogates' first. */
function isOrderedAlike(node: ExpressionTree): boolean {
  return isConstant(node) && !/[\ud800-\uffff]/.test(String(node.value));
}

const compare: Write<CompareOp> = ({ op, left, right }, bounds) => {
  const isOrder = op !== "===" && op !== "!==";
  if (isOrder && left.type === "string" && !isOrderedAlike(left) && !isOrderedAlike(right))
    refuse("SL1207", "CEL orders strings by their code points, JavaScript by UTF-16 units");
  const [l, r] = left.type === "bigint" ? bigints(left, right, bounds) : [write(left, bounds), write(right, bounds)];
  const test = put(`(${l} ${comparison[op]} ${r})`);
  const missing = [left, right].filter(isNullable).map((node) => present(node, bounds));
  if (missing.length === 0) return test;
  const there = missing.join(" && ");
  // Two missing elements are equal; a missing one equals nothing else.
  const otherwise =
    missing.length === 2 && !isOrder
      ? `${missing[0] ?? ""} ${comparison[op]} ${missing[1] ?? ""}`
      : String(op === "!==");
  return put(`(${there} ? ${test} : ${otherwise})`);
};

/** Both sides as int or both as uint. */
function bigints(left: ExpressionTree, right: ExpressionTree, bounds: Bounds): readonly [string, string] {
  const kinds = new Set([...integerKinds(left), ...integerKinds(right)]);
  if (kinds.size > 1) refuse("SL1207", "not every CEL compares int64 with uint64 by all their digits");
  const side = (node: ExpressionTree): string => bigint(node, kinds.has("uint64"), bounds);
  return [side(left), side(right)];
}

function integerKinds(node: ExpressionTree): readonly string[] {
  if (node.op === "read") return [node.dtype];
  if (node.op === "conditional") return [...integerKinds(node.then), ...integerKinds(node.otherwise)];
  return node.op === "??" ? [...integerKinds(node.left), ...integerKinds(node.right)] : [];
}

function bigint(node: ExpressionTree, unsigned: boolean, bounds: Bounds): string {
  if (isConstant(node)) return constant(node, unsigned);
  if (node.op === "??")
    return put(
      `(${present(node.left, bounds)} ? ${bigint(node.left, unsigned, bounds)} : ${bigint(node.right, unsigned, bounds)})`,
    );
  if (node.op !== "conditional") return write(node, bounds);
  return put(
    `(${write(node.test, bounds)} ? ${bigint(node.then, unsigned, bounds)} : ${bigint(node.otherwise, unsigned, bounds)})`,
  );
}

const overflow = "bigint arithmetic is an error beyond 64 bits in CEL";

const calculate: Write<"+" | "-" | "*" | "/"> = ({ op, left, right, type }, bounds) =>
  type === "bigint" ? refuse("SL1207", overflow) : put(`(${number(left, bounds)} ${op} ${number(right, bounds)})`);

const logic: Write<"&&" | "||"> = ({ op, args }, bounds) =>
  args.length === 0 ? String(op === "&&") : put(`(${args.map((arg) => write(arg, bounds)).join(` ${op} `)})`);

/** A number under a name, so that a long text stands once. */
function named(node: ExpressionTree, name: string, bounds: Bounds, body: (value: string) => string): string {
  return isConstant(node) ? put(body(number(node, bounds))) : bound(number(node, bounds), name, body(name));
}
const bound = (value: string, name: string, body: string): string => put(`[${value}].map(${name}, ${body})[0]`);

/** NaN where one is NaN; -0 is less than 0. */
const extremes = {
  max: "(a != a ? a : b != b ? b : a > b ? a : b > a ? b : a == 0.0 ? a + b : a)",
  min: "(a != a ? a : b != b ? b : a < b ? a : b < a ? b : a == 0.0 ? -(-a - b) : a)",
} as const;

const extreme =
  (op: "min" | "max"): Write<"min" | "max"> =>
  ({ args }, bounds) =>
    args.map((arg) => number(arg, bounds)).reduce((best, next) => bound(best, "a", bound(next, "b", extremes[op])));

/** From 2 ** 52 on a double is whole, and int() fails beyond 64 bits. A conditional after `?` needs parentheses. */
const fraction = "n > -4503599627370496.0 && n < 4503599627370496.0 && n != 0.0";

const roundings = {
  floor: `(${fraction} ? [double(int(n))].map(t, t > n ? t - 1.0 : t)[0] : n)`,
  ceil: `(${fraction} ? (n > -1.0 && n < 0.0 ? -0.0 : [double(int(n))].map(t, t < n ? t + 1.0 : t)[0]) : n)`,
  trunc: `(${fraction} ? (n > -1.0 && n < 0.0 ? -0.0 : double(int(n))) : n)`,
  // A half goes up.
  round: `(${fraction} ? (n >= -0.5 && n < 0.0 ? -0.0 : [double(int(n))].map(t, n - t >= 0.5 ? t + 1.0 : n - t < -0.5 ? t - 1.0 : t)[0]) : n)`,
  sign: "(n > 0.0 ? 1.0 : n < 0.0 ? -1.0 : n)",
  isInteger: `(${fraction} ? double(int(n)) == n : n - n == 0.0)`,
} as const;

const rounding =
  (op: keyof typeof roundings): Write<NumberFunction | "isInteger"> =>
  ({ operand }, bounds) =>
    bound(number(operand, bounds), "n", roundings[op]);

/** Functions whose last bit differs from machine to machine. */
const lacking = (name: string) => (): never => refuse("SL1201", `standard CEL has no ${name}`);
const testString =
  (name: string): Write<StringTest> =>
  ({ operand, text }, bounds) =>
    put(`${write(operand, bounds)}.${name}(${quote(text)})`);

const quantifier: Write<"every" | "some"> = (node, bounds) => {
  const { op, list, binder, body } = node;
  const inner = { list, binder };
  if (usesPosition(body, inner)) {
    const written = unroll(node, longestList);
    if (written.op !== op || written.binder !== binder) return write(written, bounds);
    const length = list.shape[list.at.length] ?? null;
    return length === null
      ? notKnown()
      : refuse(
          "SL1202",
          `'${columnName(list)}' has ${length} elements, and at most ${longestList} are written out one by one`,
        );
  }
  return put(
    `${path(list, bounds)}.${op === "every" ? "all" : "exists"}(v${binder}, ${write(body, [inner, ...bounds])})`,
  );
};

const writers: Writers = {
  aggregate: () => refuse("SL1201", "it looks at one row, and an aggregate at many"),
  read,
  constant: (node) => constant(node),
  pick: notKnown,
  position: notKnown,
  length: ({ list }, bounds) => put(`double(size(${path(list, bounds)}))`),
  "+": calculate,
  "-": calculate,
  "*": calculate,
  "/": calculate,
  "%": () => refuse("SL1201", "CEL has % for integers alone"),
  "<": compare,
  ">": compare,
  "<=": compare,
  ">=": compare,
  "===": compare,
  "!==": compare,
  negate: ({ operand, type }, bounds) =>
    type === "bigint" ? refuse("SL1207", overflow) : put(`(-${number(operand, bounds)})`),
  "!": ({ operand }, bounds) => put(`(!${write(operand, bounds)})`),
  "&&": logic,
  "||": logic,
  min: extreme("min"),
  max: extreme("max"),
  // Not `-n`, which makes -0 of 0.
  abs: ({ operand }, bounds) => named(operand, "n", bounds, (n) => `(${n} <= 0.0 ? 0.0 - ${n} : ${n})`),
  floor: rounding("floor"),
  ceil: rounding("ceil"),
  round: rounding("round"),
  trunc: rounding("trunc"),
  sign: rounding("sign"),
  isInteger: rounding("isInteger"),
  sqrt: lacking("square root; square the other side"),
  log: lacking("logarithm"),
  log2: lacking("logarithm"),
  log10: lacking("logarithm"),
  exp: lacking("exponential function"),
  hypot: lacking("square root, as Math.hypot needs it"),
  "**": lacking("power; multiply, as in x * x"),
  startsWith: testString("startsWith"),
  endsWith: testString("endsWith"),
  includes: testString("contains"),
  missing: ({ operand }, bounds) => put(`(!${present(operand, bounds)})`),
  "??": (node, bounds) =>
    put(`(${present(node.left, bounds)} ? ${write(node.left, bounds)} : ${write(node.right, bounds)})`),
  isFinite: ({ operand }, bounds) => named(operand, "n", bounds, (n) => `(${n} - ${n} == 0.0)`),
  isNaN: ({ operand }, bounds) =>
    isNullable(operand)
      ? `(${present(operand, bounds)} ? ${isNotItself(operand, bounds)} : false)`
      : isNotItself(operand, bounds),
  conditional: ({ test, then, otherwise }, bounds) =>
    put(`(${write(test, bounds)} ? ${write(then, bounds)} : ${write(otherwise, bounds)})`),
  every: quantifier,
  some: quantifier,
};

function isNotItself(node: ExpressionTree, bounds: Bounds): string {
  const n = write(node, bounds);
  return put(`(${n} != ${n})`);
}
