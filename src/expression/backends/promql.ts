import { aggregateKey, collectAggregates } from "../tree/aggregates.js";
import {
  type ArithmeticOp,
  arithmeticOps,
  type CompareOp,
  compareOps,
  type ExpressionTree,
  isConstant,
  type NumberFunction,
  type Op,
  valueOf,
} from "../tree/tree.js";
import { type AlertContext, type BackEndDefinition, commonGuards } from "./backend.js";
import {
  cComparisons,
  emit,
  expandedRows,
  inexactRows,
  lengthLimit,
  refuse,
  rows,
  type Write as WriteWith,
  type Writers,
} from "./emitter.js";

const checkLength = lengthLimit(64 * 1024, "alerts");

/** The gauge in which a server publishes each aggregate of an alert, computed over the alert's window. */
export const aggregateMetric = "shapeline_alert_aggregate";

/**
 * A PromQL expression that keeps its meaning beside any operator: a number, or the samples of one alert. Booleans are 1
 * and 0.
 */
interface Text {
  readonly text: string;
  readonly scalar: boolean;
}

/** The metric of each aggregate, by the aggregate's key. */
type Metrics = ReadonlyMap<string, Text>;
type Write<O extends Op> = WriteWith<O, Metrics, Text>;

/**
 * The condition of an alert as the `expr` of a Prometheus rule: it has a sample while the condition holds, and none
 * otherwise. It reads the gauges `shapeline_alert_aggregate{pipeline, alert, aggregate}`, one per aggregate of the
 * condition, numbered from 0, so that Prometheus evaluates exactly the same condition as the server.
 */
export function promqlAlert(tree: ExpressionTree, context: AlertNames): string {
  if (isConstant(tree)) return tree.value === true ? "vector(1)" : "vector(0) == 1";
  const { text } = samplesWhere(tree, metricsOf(tree, context));
  return text.startsWith("(") ? text.slice(1, -1) : text;
}

type AlertNames = Pick<AlertContext, "pipeline" | "name">;

function metricsOf(tree: ExpressionTree, { pipeline, name }: AlertNames): Metrics {
  const labels = (number: number): string =>
    `pipeline=${JSON.stringify(pipeline)},alert=${JSON.stringify(name)},aggregate="${number}"`;
  return new Map(
    collectAggregates(tree).map((node, i) => [
      aggregateKey(node),
      { text: `${aggregateMetric}{${labels(i)}}`, scalar: false },
    ]),
  );
}

const put = (text: string, scalar = false): Text => ({ text: checkLength(text), scalar });

function write(node: ExpressionTree, metrics: Metrics): Text {
  return emit(writers, node, metrics);
}

/** `left op right`. Samples of different aggregates match, because they belong to the same alert. */
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

/**
 * Samples while a condition holds, none otherwise. A comparison without `bool` keeps the samples for which it is true.
 */
function samplesWhere(node: ExpressionTree, metrics: Metrics): Text {
  switch (node.op) {
    case "<":
    case ">":
    case "<=":
    case ">=":
    case "===":
    case "!==":
      if (node.left.type === "number")
        return join(write(node.left, metrics), cComparisons[node.op], write(node.right, metrics));
      break;
    case "&&":
    case "||":
      return node.args
        .map((arg) => samplesWhere(arg, metrics))
        .reduce((all, arg) => join(all, node.op === "&&" ? "and" : "or", arg));
    case "!":
      return join(write(node.operand, metrics), "==", zero);
    default:
      break;
  }
  return join(write(node, metrics), "==", one);
}

const compare: Write<CompareOp> = ({ op, left, right }, metrics) =>
  join(write(left, metrics), `${cComparisons[op]} bool`, write(right, metrics));
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

/** NaN if either is NaN. -0 is less than 0. Each `or` applies where no alternative before it has a sample. */
const extreme: Write<"min" | "max"> = ({ op, args }, metrics) => {
  const texts = args.map((arg) => write(arg, metrics));
  const like = isNumber(texts.find(({ scalar }) => !scalar) ?? one);
  const wins = op === "max" ? ">" : "<";
  return texts
    .map((text) => samples(text, like))
    .reduce((a, b) => {
      const ofZeros = op === "max" ? join(a, "+", b) : put(`(-${join(put(`(-${a.text})`), "-", b).text})`);
      const alternatives = [
        join(a, "!=", a),
        join(b, "!=", b),
        join(a, wins, b),
        join(b, wins, a),
        join(a, "and", join(b, "!=", zero)),
        ofZeros,
      ];
      return alternatives.reduce((all, alternative) => join(all, "or", alternative));
    });
};

const call =
  (name: string): Write<NumberFunction> =>
  ({ operand }, metrics) =>
    put(`${name}(${write(operand, metrics).text})`);

const refuseRow = (): never => refuse("SL1201", "Prometheus has the values of the aggregates, and not the rows");

const writers: Writers<Metrics, Text> = {
  aggregate: (node, metrics) => metrics.get(aggregateKey(node)) ?? refuseRow(),
  constant(node) {
    const value = valueOf(node);
    if (typeof value === "boolean") return value ? one : zero;
    return typeof value === "number" ? numberText(value) : refuse("SL1201", "Prometheus calculates with numbers only");
  },
  ...rows(arithmeticOps, calculate),
  ...rows(compareOps, compare),
  negate: ({ operand }, metrics) => put(`(-${write(operand, metrics).text})`),
  "!": ({ operand }, metrics) => join(one, "-", write(operand, metrics)),
  ...rows(["&&", "||"], logic),
  conditional: ({ test, then, otherwise }, metrics) =>
    choose(write(test, metrics), write(then, metrics), write(otherwise, metrics)),
  ...rows(["min", "max"], extreme),
  abs: call("abs"),
  floor: call("floor"),
  ceil: call("ceil"),
  sqrt: call("sqrt"),
  sign: call("sgn"),
  ...expandedRows(["round", "trunc", "isInteger"], write),
  ...inexactRows("Prometheus"),
  isNaN({ operand }, metrics) {
    const x = write(operand, metrics);
    return join(x, "!= bool", x);
  },
  // An infinity less itself is NaN, and so is NaN less itself.
  isFinite({ operand }, metrics) {
    const x = write(operand, metrics);
    return join(join(x, "-", x), "== bool", zero);
  },
  ...rows(
    [
      "read",
      "pick",
      "position",
      "length",
      "toNumber",
      "startsWith",
      "endsWith",
      "includes",
      "missing",
      "??",
      "every",
      "some",
    ],
    refuseRow,
  ),
};

export const promql = {
  validation: null,
  alert: promqlAlert,
  guards: {
    aggregate: "a gauge that the server sets to the aggregate's value",
    conditional: "with `and` and `or` of samples",
    "&&": "a product of 1 and 0, or `and`",
    "||": "a sum of 1 and 0, or `or`",
    "!": "1 minus the value",
    min: commonGuards.zeros,
    max: commonGuards.zeros,
    round: commonGuards.rounding,
    trunc: commonGuards.rounding,
    isInteger: "with isFinite and floor",
    isFinite: "the value minus itself is 0",
    isNaN: "the value differs from itself",
  },
} as const satisfies BackEndDefinition;
