import { type BoundList, boundElement, usesPosition } from "../tree/bound-element.js";
import {
  children,
  columnName,
  type CompareOp,
  compareOps,
  type Constant,
  type ExpressionTree,
  isConstant,
  isNullable,
  listLength,
  type NumberFunction,
  type Op,
  type Read,
  type Source,
  type StringTest,
  valueOf,
} from "../tree/tree.js";
import { type ValidationBackEnd, commonGuards, rowByRow, type ValidationEmitter } from "./backend.js";
import {
  cComparisons,
  checkInteger,
  comparesByCodePoint,
  eachRow,
  emit,
  noAggregates,
  refuse,
  refuseLength,
  refuseListLength,
  refuseStringOrder,
  rows,
  unrolled,
  type Write as WriteWith,
  type Writers,
} from "./emitter.js";

/** Limits of cel-go, the strictest reader. */
const maxLength = 100_000;
const maxNesting = 240;

/** The lists around a node, innermost first. */
type Bounds = readonly BoundList[];
/**
 * Writes a text that keeps its meaning beside any operator. A nullable value is read only after a test that it is
 * present.
 */
type Write<O extends Op> = WriteWith<O, Bounds>;

/**
 * A CEL expression over the variable `x`, a map as the lambda sees it: `x["in"].pixels[0]`, `x.out.risk[0]`,
 * `x.models.c1.risk[0]`. It is the predicate itself: true for the rows that pass. It uses standard functions and macros
 * only. Numbers may arrive as doubles or integers, int64 ports as int, uint64 ports as uint. A row without a
 * challenger's port fails.
 */
const emitValidation: ValidationEmitter = (tree) => {
  const guards = [...challengerPorts(tree).values()].map(
    ({ model, port }) => `${quote(model)} in x.models && ${quote(port)} in ${modelPath(model)}`,
  );
  const predicate = write(tree, []);
  const whole =
    guards.length === 0 && predicate.startsWith("(") ? predicate.slice(1, -1) : [...guards, predicate].join(" && ");
  if (Array.from(whole).length > maxLength) refuseLength(maxLength, "validations");
  if (nesting(whole) > maxNesting) refuse("SL1203", "it nests too deep for CEL; split it into several validations");
  return whole;
};

function checkLength(text: string): string {
  // An astral character is two UTF-16 units and one CEL character.
  return text.length > 2 * maxLength ? refuseLength(maxLength, "validations") : text;
}

/** How deep brackets nest, not counting those inside strings. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const bracket of text.replace(/"(?:[^"\\]|\\.)*"/gs, "").match(/[()[\]]/g) ?? []) {
    depth += "([".includes(bracket) ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
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
  return emit(writers, node, bounds);
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

/** A string literal. CEL strings are code points, so half a surrogate pair has no literal. */
function quote(text: string): string {
  if (/\p{Surrogate}/u.test(text))
    refuse("SL1207", "a string constant holds half a surrogate pair, which CEL strings cannot hold");
  return JSON.stringify(text);
}

function constant(node: Constant, unsigned = false): string {
  const value = valueOf(node);
  switch (typeof value) {
    case "number":
      return numberLiteral(value);
    case "boolean":
      return String(value);
    case "bigint":
      checkInteger(value, unsigned ? "uint64" : "int64");
      return unsigned ? `${value}u` : value < 0n ? `(${value})` : String(value);
    default:
      return quote(value);
  }
}

/** The language's reserved words, with `true`, `false` and `null`. */
const reserved: ReadonlySet<string> = new Set(
  "false in null true as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);
const member = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) && !reserved.has(name) ? `.${name}` : `[${quote(name)}]`;
const modelPath = (model: string): string => `x.models${member(model)}`;
const sourcePath = (from: Source): string => (typeof from === "string" ? `x${member(from)}` : modelPath(from.model));

function path(node: Read, bounds: Bounds): string {
  const element = boundElement(node, bounds);
  const start = element === null ? sourcePath(node.from) + member(node.port) : `v${element.binder}`;
  return (element?.rest ?? node.at).reduce<string>(
    (list, index) => (typeof index === "number" ? `${list}[${index}]` : refusePosition()),
    start,
  );
}

const refusePosition = (): never => refuse("SL1202", "CEL cannot use a position inside a list of unknown length");

/** Whether a nullable value is present. */
function present(node: ExpressionTree, bounds: Bounds): string {
  if (!isNullable(node)) return "true";
  if (node.op === "conditional")
    return checkLength(
      `(${write(node.test, bounds)} ? ${present(node.then, bounds)} : ${present(node.otherwise, bounds)})`,
    );
  if (node.op === "??") return checkLength(`(${present(node.left, bounds)} || ${present(node.right, bounds)})`);
  if (node.op !== "read") return refuse("SL1207", `CEL has no value for a missing '${node.op}'`);
  const tests = node.at.flatMap((index, axis) => {
    const size = node.shape[axis] ?? null;
    if (typeof index !== "number") return size === null ? refusePosition() : [];
    return size === null ? [`size(${path({ ...node, at: node.at.slice(0, axis) }, bounds)}) > ${index}`] : [];
  });
  return checkLength(`(${tests.join(" && ")})`);
}

/** A number that is always present: JavaScript calculates with NaN for a missing element. */
function number(node: ExpressionTree, bounds: Bounds): string {
  return isNullable(node)
    ? checkLength(`(${present(node, bounds)} ? ${write(node, bounds)} : ${nan})`)
    : write(node, bounds);
}

const compare: Write<CompareOp> = ({ op, left, right }, bounds) => {
  const isOrder = op !== "===" && op !== "!==";
  if (isOrder && left.type === "string" && !comparesByCodePoint(left) && !comparesByCodePoint(right))
    refuseStringOrder("CEL");
  const [l, r] = left.type === "bigint" ? bigints(left, right, bounds) : [write(left, bounds), write(right, bounds)];
  const test = checkLength(`(${l} ${cComparisons[op]} ${r})`);
  const presence = [left, right].filter(isNullable).map((node) => present(node, bounds));
  if (presence.length === 0) return test;
  // Two missing elements are equal. A missing element equals nothing else.
  const otherwise =
    presence.length === 2 && !isOrder
      ? `${presence[0] ?? ""} ${cComparisons[op]} ${presence[1] ?? ""}`
      : String(op === "!==");
  return checkLength(`(${presence.join(" && ")} ? ${test} : ${otherwise})`);
};

/** Both sides as int or both as uint. */
function bigints(left: ExpressionTree, right: ExpressionTree, bounds: Bounds): readonly [string, string] {
  const dtypes = new Set([...integerDtypes(left), ...integerDtypes(right)]);
  if (dtypes.size > 1) refuse("SL1207", "some CEL implementations do not compare int64 with uint64 exactly");
  const side = (node: ExpressionTree): string => bigint(node, dtypes.has("uint64"), bounds);
  return [side(left), side(right)];
}

function integerDtypes(node: ExpressionTree): readonly string[] {
  if (node.op === "read") return [node.dtype];
  if (node.op === "conditional") return [...integerDtypes(node.then), ...integerDtypes(node.otherwise)];
  return node.op === "??" ? [...integerDtypes(node.left), ...integerDtypes(node.right)] : [];
}

function bigint(node: ExpressionTree, unsigned: boolean, bounds: Bounds): string {
  const side = (part: ExpressionTree): string => bigint(part, unsigned, bounds);
  if (isConstant(node)) return constant(node, unsigned);
  if (node.op === "??")
    return checkLength(`(${present(node.left, bounds)} ? ${side(node.left)} : ${side(node.right)})`);
  if (node.op !== "conditional") return write(node, bounds);
  return checkLength(`(${write(node.test, bounds)} ? ${side(node.then)} : ${side(node.otherwise)})`);
}

const overflow = "bigint arithmetic is an error beyond 64 bits in CEL";

const calculate: Write<"+" | "-" | "*" | "/"> = ({ op, left, right, type }, bounds) =>
  type === "bigint"
    ? refuse("SL1207", overflow)
    : checkLength(`(${number(left, bounds)} ${op} ${number(right, bounds)})`);

const logic: Write<"&&" | "||"> = ({ op, args }, bounds) =>
  args.length === 0 ? String(op === "&&") : checkLength(`(${args.map((arg) => write(arg, bounds)).join(` ${op} `)})`);

/** Binds a number to a name, so that a long text is written once. Constants are inlined. */
function bindUnlessConstant(
  node: ExpressionTree,
  name: string,
  bounds: Bounds,
  body: (value: string) => string,
): string {
  return isConstant(node) ? checkLength(body(number(node, bounds))) : bind(number(node, bounds), name, body(name));
}
const bind = (value: string, name: string, body: string): string => checkLength(`[${value}].map(${name}, ${body})[0]`);

/** NaN if either is NaN. -0 is less than 0. */
const extremes = {
  max: "(a != a ? a : b != b ? b : a > b ? a : b > a ? b : a == 0.0 ? a + b : a)",
  min: "(a != a ? a : b != b ? b : a < b ? a : b < a ? b : a == 0.0 ? -(-a - b) : a)",
} as const;

const extreme =
  (op: "min" | "max"): Write<"min" | "max"> =>
  ({ args }, bounds) =>
    args.map((arg) => number(arg, bounds)).reduce((best, next) => bind(best, "a", bind(next, "b", extremes[op])));

/** A double from 2 ** 52 on is whole, and int() fails beyond 64 bits. A conditional after `?` needs parentheses. */
const fraction = "n > -4503599627370496.0 && n < 4503599627370496.0 && n != 0.0";

const roundings = {
  floor: `(${fraction} ? [double(int(n))].map(t, t > n ? t - 1.0 : t)[0] : n)`,
  ceil: `(${fraction} ? (n > -1.0 && n < 0.0 ? -0.0 : [double(int(n))].map(t, t < n ? t + 1.0 : t)[0]) : n)`,
  trunc: `(${fraction} ? (n > -1.0 && n < 0.0 ? -0.0 : double(int(n))) : n)`,
  // Half rounds up.
  round: `(${fraction} ? (n >= -0.5 && n < 0.0 ? -0.0 : [double(int(n))].map(t, n - t >= 0.5 ? t + 1.0 : n - t < -0.5 ? t - 1.0 : t)[0]) : n)`,
  sign: "(n > 0.0 ? 1.0 : n < 0.0 ? -1.0 : n)",
  isInteger: `(${fraction} ? double(int(n)) == n : n - n == 0.0)`,
} as const;

const rounding =
  (op: keyof typeof roundings): Write<NumberFunction | "isInteger"> =>
  ({ operand }, bounds) =>
    bind(number(operand, bounds), "n", roundings[op]);

/** Functions that standard CEL lacks. */
const unsupported = (name: string) => (): never => refuse("SL1201", `standard CEL has no ${name}`);
const testString =
  (method: string): Write<StringTest> =>
  ({ operand, text }, bounds) =>
    checkLength(`${write(operand, bounds)}.${method}(${quote(text)})`);

const quantifier: Write<"every" | "some"> = (node, bounds) => {
  const { op, list, binder, body } = node;
  const inner = { list, binder };
  if (usesPosition(body, inner)) {
    const tree = unrolled(node);
    if (tree.op !== op || tree.binder !== binder) return write(tree, bounds);
    const length = listLength(list);
    return length === null ? refusePosition() : refuseListLength(list, length);
  }
  return checkLength(
    `${path(list, bounds)}.${op === "every" ? "all" : "exists"}(v${binder}, ${write(body, [inner, ...bounds])})`,
  );
};

const writers: Writers<Bounds> = {
  ...noAggregates,
  // Integers of a model arrive as CEL's int, and some hosts read whole doubles as int: both become doubles.
  read(node, bounds) {
    const text = path(node, bounds);
    if (node.type === "number") return checkLength(`double(${text})`);
    return checkLength(node.dtype === "uint64" && node.type === "bigint" ? `uint(${text})` : text);
  },
  constant: (node) => constant(node),
  ...rows(["pick", "position"], refusePosition),
  length: ({ list }, bounds) => checkLength(`double(size(${path(list, bounds)}))`),
  ...rows(["+", "-", "*", "/"], calculate),
  "%": () => refuse("SL1201", "CEL has % for integers only"),
  ...rows(compareOps, compare),
  negate: ({ operand, type }, bounds) =>
    type === "bigint" ? refuse("SL1207", overflow) : checkLength(`(-${number(operand, bounds)})`),
  "!": ({ operand }, bounds) => checkLength(`(!${write(operand, bounds)})`),
  ...rows(["&&", "||"], logic),
  ...eachRow(["min", "max"], extreme),
  // Not `-n`, which makes -0 of 0.
  abs: ({ operand }, bounds) => bindUnlessConstant(operand, "n", bounds, (n) => `(${n} <= 0.0 ? 0.0 - ${n} : ${n})`),
  ...eachRow(["floor", "ceil", "round", "trunc", "sign", "isInteger"], rounding),
  sqrt: unsupported("square root; square the other side"),
  ...rows(["log", "log2", "log10"], unsupported("logarithm")),
  exp: unsupported("exponential function"),
  hypot: unsupported("square root, which Math.hypot needs"),
  "**": unsupported("power; multiply, as in x * x"),
  startsWith: testString("startsWith"),
  endsWith: testString("endsWith"),
  includes: testString("contains"),
  missing: ({ operand }, bounds) => checkLength(`(!${present(operand, bounds)})`),
  "??": (node, bounds) =>
    checkLength(`(${present(node.left, bounds)} ? ${write(node.left, bounds)} : ${write(node.right, bounds)})`),
  toNumber({ operand }, bounds) {
    const value = `double(${bigint(operand, integerDtypes(operand).includes("uint64"), bounds)})`;
    return checkLength(isNullable(operand) ? `(${present(operand, bounds)} ? ${value} : ${nan})` : value);
  },
  isFinite: ({ operand }, bounds) => bindUnlessConstant(operand, "n", bounds, (n) => `(${n} - ${n} == 0.0)`),
  isNaN: ({ operand }, bounds) =>
    isNullable(operand)
      ? `(${present(operand, bounds)} ? ${differsFromItself(operand, bounds)} : false)`
      : differsFromItself(operand, bounds),
  conditional: ({ test, then, otherwise }, bounds) =>
    checkLength(`(${write(test, bounds)} ? ${write(then, bounds)} : ${write(otherwise, bounds)})`),
  ...rows(["every", "some"], quantifier),
};

function differsFromItself(node: ExpressionTree, bounds: Bounds): string {
  const n = write(node, bounds);
  return checkLength(`(${n} != ${n})`);
}

const presence = "tests first whether an element is present";
const toInt = "with int(), for doubles that are not whole";

export const cel: ValidationBackEnd = {
  validation: emitValidation,
  alert: rowByRow("CEL"),
  guards: {
    read: "cast to double",
    length: "cast to double",
    ...commonGuards.orderings(presence),
    "===": presence,
    "!==": presence,
    min: commonGuards.zeros,
    max: commonGuards.zeros,
    abs: "with a comparison",
    toNumber: "cast to double; NaN where an element is missing",
    ...rows(["floor", "ceil", "round", "trunc", "isInteger"], toInt),
    sign: commonGuards.sign,
    isFinite: "the value minus itself is 0",
    isNaN: "the value differs from itself",
    missing: "with the list's size",
    "??": "with the list's size",
  },
};
