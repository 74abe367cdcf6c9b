import { LambdaError, type ErrorCode } from "../../../dsl/errors.js";
import { aggregateKey, collectAggregates } from "../tree/aggregates.js";
import type { AlertContext, AlertEmitter } from "./backend.js";
import { expand, type ExpandableOp } from "../tree/expand.js";
import {
  type ArithmeticOp,
  type CompareOp,
  type ExpressionTree,
  isConstant,
  type NodeOf,
  type NumberFunction,
  type Op,
  valueOf,
} from "../tree/tree.js";

const longest = 64 * 1024;

/** The gauge in which a server gives what each aggregate of an alert comes to over the alert's window. */
export const aggregateMetric = "shapeline_alert_aggregate";

/** A PromQL expression that stands alone beside any operator: a number, or the samples of one alert. Booleans are 1 and 0. */
interface Text {
  readonly text: string;
  readonly scalar: boolean;
}

type Write<O extends Op> = (node: NodeOf<O>, metrics: Metrics) => Text;
type Writers = { readonly [O in Op]: Write<O> };
type Metrics = ReadonlyMap<string, Text>;

/**
 * The condition of an alert as the `expr` of a Prometheus rule: it has a sample where the condition holds, and none elsewhere. It
 * calculates with the gauges `shapeline_alert_aggregate{pipeline, alert, aggregate}`, one for each aggregate of the condition by its number
 * from 0 on, so that what Prometheus says is exactly what the condition says.
 */
export const promql: AlertEmitter = (tree, context) => {
  if (isConstant(tree)) return tree.value === true ? "vector(1)" : "vector(0) == 1";
  const { text } = holding(tree, metricsOf(tree, context));
  return text.startsWith("(") ? text.slice(1, -1) : text;
};

function metricsOf(tree: ExpressionTree, { pipeline, name }: AlertContext): Metrics {
  const labels = (number: number): string =>
    `pipeline=${JSON.stringify(pipeline)},alert=${JSON.stringify(name)},aggregate="${number}"`;
  return new Map(
    collectAggregates(tree).map((node, i) => [
      aggregateKey(node),
      { text: `${aggregateMetric}{${labels(i)}}`, scalar: false },
    ]),
  );
}

function refuse(code: ErrorCode, reason: string): never {
  throw new LambdaError(code, reason);
}

function put(text: string, scalar = false): Text {
  return text.length > longest
    ? refuse("SL1203", `its text is longer than ${longest} characters; split it into several alerts`)
    : { text, scalar };
}

function write(node: ExpressionTree, metrics: Metrics): Text {
  return (writers[node.op] as Write<Op>)(node, metrics);
}

/** Samples of one alert belong together whichever aggregate they are of. */
function join(left: Text, op: string, right: Text): Text {
  const matching = left.scalar || right.scalar ? "" : " ignoring (aggregate)";
  return put(`(${left.text} ${op}${matching} ${right.text})`, left.scalar && right.scalar);
}

const one: Text = { text: "1", scalar: true };
const zero: Text = { text: "0", scalar: true };

function numberText(value: number): Text {
  const text = Number.isNaN(value) ? "NaN" : Number.isFinite(value) ? String(Math.abs(value)) : "Inf";
  return { text: value < 0 || Object.is(value, -0) ? `(-${text})` : text, scalar: true };
}

/** A number as samples with the labels of `like`, whose values are 1 and 0. */
function samples(value: Text, like: Text): Text {
  if (!value.scalar) return value;
  // 0 + -0 would be 0.
  return value.text === "(-0)" ? join(like, "*", value) : join(join(like, "*", zero), "+", value);
}

/** `then` where the test is 1, else `otherwise`. */
function choose(test: Text, then: Text, otherwise: Text): Text {
  return join(join(samples(then, test), "and", join(test, "==", one)), "or", samples(otherwise, test));
}

const comparison = { "<": "<", ">": ">", "<=": "<=", ">=": ">=", "===": "==", "!==": "!=" } as const;

/** Where a condition holds, and nothing elsewhere. A comparison without `bool` keeps the samples for which it is true. */
function holding(node: ExpressionTree, metrics: Metrics): Text {
  switch (node.op) {
    case "<":
    case ">":
    case "<=":
    case ">=":
    case "===":
    case "!==":
      if (node.left.type === "number")
        return join(write(node.left, metrics), comparison[node.op], write(node.right, metrics));
      break;
    case "&&":
    case "||":
      return node.args
        .map((arg) => holding(arg, metrics))
        .reduce((all, arg) => join(all, node.op === "&&" ? "and" : "or", arg));
    case "!":
      return join(write(node.operand, metrics), "==", zero);
    default:
      break;
  }
  return join(write(node, metrics), "==", one);
}

const compare: Write<CompareOp> = ({ op, left, right }, metrics) =>
  join(write(left, metrics), `${comparison[op]} bool`, write(right, metrics));
const calculate: Write<ArithmeticOp> = ({ op, left, right }, metrics) =>
  join(write(left, metrics), op, write(right, metrics));

const logic: Write<"&&" | "||"> = ({ op, args }, metrics) => {
  const texts = args.map((arg) => write(arg, metrics));
  if (op === "&&") return texts.reduce((all, text) => join(all, "*", text));
  return join(
    texts.reduce((all, text) => join(all, "+", text)),
    "> bool",
    zero,
  );
};

const isNumber = (x: Text): Text => join(x, "== bool", x);

/** NaN where one is NaN; -0 is less than 0. Each `or` takes over where nothing before it has a sample. */
const extreme: Write<"min" | "max"> = ({ op, args }, metrics) => {
  const texts = args.map((arg) => write(arg, metrics));
  const like = isNumber(texts.find(({ scalar }) => !scalar) ?? one);
  const wins = op === "max" ? ">" : "<";
  return texts
    .map((text) => samples(text, like))
    .reduce((a, b) => {
      const ofZeros = op === "max" ? join(a, "+", b) : put(`(-${join(put(`(-${a.text})`), "-", b).text})`);
      const ways = [
        join(a, "!=", a),
        join(b, "!=", b),
        join(a, wins, b),
        join(b, wins, a),
        join(a, "and", join(b, "!=", zero)),
        ofZeros,
      ];
      return ways.reduce((all, way) => join(all, "or", way));
    });
};

const call =
  (name: string): Write<NumberFunction> =>
  ({ operand }, metrics) =>
    put(`${name}(${write(operand, metrics).text})`);
const spelledOut =
  (op: ExpandableOp): Write<ExpandableOp> =>
  ({ operand }, metrics) =>
    write(expand(op, operand), metrics);

/** Functions whose last bit differs from machine to machine and from JavaScript's. */
const rounded = (name: string) => (): never =>
  refuse("SL1207", `Prometheus rounds ${name} otherwise than JavaScript, in the last bit`);
const ofARow = (): never => refuse("SL1201", "Prometheus sees what aggregates come to, and not the rows");

const writers: Writers = {
  aggregate: (node, metrics) => metrics.get(aggregateKey(node)) ?? ofARow(),
  constant(node) {
    const value = valueOf(node);
    if (typeof value === "boolean") return value ? one : zero;
    return typeof value === "number" ? numberText(value) : refuse("SL1201", "Prometheus calculates with numbers alone");
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
  negate: ({ operand }, metrics) => put(`(-${write(operand, metrics).text})`),
  "!": ({ operand }, metrics) => join(one, "-", write(operand, metrics)),
  "&&": logic,
  "||": logic,
  conditional: ({ test, then, otherwise }, metrics) =>
    choose(write(test, metrics), write(then, metrics), write(otherwise, metrics)),
  min: extreme,
  max: extreme,
  abs: call("abs"),
  floor: call("floor"),
  ceil: call("ceil"),
  sqrt: call("sqrt"),
  sign: call("sgn"),
  round: spelledOut("round"),
  trunc: spelledOut("trunc"),
  isInteger: spelledOut("isInteger"),
  isNaN({ operand }, metrics) {
    const x = write(operand, metrics);
    return join(x, "!= bool", x);
  },
  // What is infinite or NaN has no difference from itself.
  isFinite({ operand }, metrics) {
    const x = write(operand, metrics);
    return join(join(x, "-", x), "== bool", zero);
  },
  "**": () => refuse("SL1207", "Prometheus rounds ** otherwise than JavaScript; multiply, as in x * x"),
  hypot: rounded("Math.hypot"),
  log: rounded("Math.log"),
  log2: rounded("Math.log2"),
  log10: rounded("Math.log10"),
  exp: rounded("Math.exp"),
  read: ofARow,
  pick: ofARow,
  position: ofARow,
  length: ofARow,
  startsWith: ofARow,
  endsWith: ofARow,
  includes: ofARow,
  missing: ofARow,
  "??": ofARow,
  every: ofARow,
  some: ofARow,
};
