import type { RowScope } from "../../../dsl/row.js";
import { not } from "../tree/builders.js";
import { mayBeNaN } from "../tree/may-be-nan.js";
import {
  type ArithmeticOp,
  arithmeticOps,
  columnName,
  type CompareOp,
  compareOps,
  type Constant,
  constantOf,
  type ExpressionTree,
  isConstant,
  isNullable,
  listLength,
  type Op,
  type Read,
  valueOf,
} from "../tree/tree.js";
import { type AlertContext, type ValidationBackEnd, rowByRow, type ValidationEmitter } from "./backend.js";
import {
  cComparisons,
  eachRow,
  emit,
  lengthLimit,
  noAggregates,
  refuse,
  refuseListLength,
  rows,
  unrolled,
  type Write as WriteWith,
  type Writers,
} from "./emitter.js";
import { pythonFloat, pythonString } from "./python-json.js";

const checkLength = lengthLimit(1024 * 1024);

/** A text, and the model of each variable in it. */
interface Part {
  readonly text: string;
  readonly models: readonly string[];
}

type Write<O extends Op> = WriteWith<O, RowScope, Part>;

/**
 * The text of one entry of a Check's `tree`, as the platform's SDKs up to 2023.4.1 send it: the output of Python's
 * `json.dumps` for `{"values": {name: {"root": …, "required_data": […]}}, "gauges": [], "validations": [name]}`. It is
 * the predicate itself: these platforms report the rows where it is not true. They have no `and`, so each condition of
 * a top-level `&&` is its own value: `amt`, then `amt:2`, `amt:3`. Numbers are compared as doubles.
 */
const emitValidation: ValidationEmitter = (tree, name = "check", scope) => {
  const roots = conditions(unrolled(tree)).map((condition) => write(condition, scope));
  if (roots.length === 0 || roots.some(({ models }) => models.length === 0))
    refuse("SL1204", "it reads no column, and a check needs a value of a model");
  const names = roots.map((_, i) => pythonString(i === 0 ? name : `${name}:${i + 1}`));
  const values = roots.map(({ text, models }, i) => {
    const required = models.map((model) => `{"name": ${pythonString(model)}}`).join(", ");
    return `${names[i] ?? ""}: {"root": ${text}, "required_data": [${required}]}`;
  });
  return checkLength(`{"values": {${values.join(", ")}}, "gauges": [], "validations": [${names.join(", ")}]}`);
};

/** The two parts of an alert on older platforms. */
export interface ChecksAlert {
  /** The gauge that the engine computes: one entry of a Check's `tree`. */
  readonly gauge: string;
  /** The condition on the gauge, in PromQL. */
  readonly expression: string;
}

/**
 * An alert as the platform's SDKs up to 2023.4.1 send it. Their only aggregate is the count of rows, compared with a
 * number.
 *
 * @throws LambdaError SL1201 and others for what these platforms lack
 */
export function checksAlert(
  tree: ExpressionTree,
  { scope, name, overSeconds }: Pick<AlertContext, "scope" | "name" | "overSeconds">,
): ChecksAlert {
  const [count, op, limit] = countComparison(tree);
  const { text, models } = write(unrolled(count), scope);
  if (models.length === 0) refuse("SL1204", "it reads no column, and a gauge needs a value of a model");
  const left = pythonString(`${name}:left`);
  const required = models.map((model) => `{"name": ${pythonString(model)}}`).join(", ");
  const window = `{"node": "literal", "timedelta": "${overSeconds}s"}`;
  const root = `{"node": "fn", "fn": "count", "arguments": [${text}, ${window}]}`;
  return {
    gauge: checkLength(
      `{"values": {${left}: {"root": ${root}, "required_data": [${required}]}}, "gauges": [${left}], "validations": []}`,
    ),
    expression: `sum by (pipeline_id) (pipeline_gauge:${name}:left) ${op} ${Number.isSafeInteger(limit) ? limit : pythonFloat(limit)}`,
  };
}

const mirrored = { "<": ">", ">": "<", "<=": ">=", ">=": "<=", "===": "===" } as const;

/** Of `all.count(…) > 10` or `10 < all.count(…)`: the condition of the counted rows, the comparison, and the number. */
function countComparison(tree: ExpressionTree): readonly [ExpressionTree, string, number] {
  const other = "the older platforms have only alerts of the form all.count((x) => …) > 10";
  if (!("left" in tree) || !(tree.op in mirrored)) return refuse("SL1201", other);
  const op = tree.op as keyof typeof mirrored;
  const isMirrored = isConstant(tree.left);
  const [count, limit] = isMirrored ? [tree.right, tree.left] : [tree.left, tree.right];
  if (count.op !== "aggregate" || count.fn !== "count" || count.body === null || !isConstant(limit))
    return refuse("SL1201", other);
  const value = valueOf(limit);
  if (typeof value !== "number" || !Number.isFinite(value)) return refuse("SL1201", other);
  return [count.body, cComparisons[isMirrored ? mirrored[op] : op], value];
}

const platform = "the platform's checks have";

/** The conditions that must all hold. A comparison with NaN is false, so `max(a, b) < c` is `a < c && b < c`. */
function conditions(tree: ExpressionTree): ExpressionTree[] {
  if (isConstant(tree)) return tree.value === true ? [] : refuse("SL1204", "it is always false");
  if (tree.op === "&&") return tree.args.flatMap(conditions);
  if (tree.op === "!" && tree.operand.op === "||") return tree.operand.args.flatMap((arg) => conditions(not(arg)));
  const { op } = tree;
  if (op === "<" || op === "<=" || op === ">" || op === ">=") {
    const { left, right } = tree;
    const [above, below] = op === "<" || op === "<=" ? (["max", "min"] as const) : (["min", "max"] as const);
    if (left.op === above && left.args.length > 0)
      return left.args.flatMap((arg) => conditions({ ...tree, left: arg }));
    if (right.op === below && right.args.length > 0)
      return right.args.flatMap((arg) => conditions({ ...tree, right: arg }));
  }
  return [tree];
}

function write(node: ExpressionTree, scope: RowScope): Part {
  return emit(writers, node, scope);
}

function literal(node: Constant): string {
  const value = valueOf(node);
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) refuse("SL1207", `${value} has no JSON form`);
      return `{"node": "literal", "float": ${pythonFloat(value)}}`;
    case "bigint":
      if (BigInt.asIntN(64, value) !== value) refuse("SL1207", `the constant ${value}n is outside of int64`);
      return `{"node": "literal", "integer": ${value}}`;
    case "boolean":
      return refuse("SL1201", `${platform} no booleans`);
    default:
      return refuse("SL1201", `${platform} no strings; a string is a duration to them`);
  }
}

const number = (value: number): Part => ({ text: literal(constantOf(value)), models: [] });

const binary = (op: string, left: Part, right: Part): Part => ({
  text: checkLength(`{"node": "binop", "op": "${op}", "left": ${left.text}, "right": ${right.text}}`),
  models: [...left.models, ...right.models],
});

interface Tensor {
  readonly model: string | undefined;
  readonly position: "input" | "output";
  readonly index: number;
}

function tensorOf({ from, port }: Read, scope: RowScope): Tensor {
  const names = (ports: readonly { readonly name: string }[] = []): string[] => ports.map(({ name }) => name);
  if (from === "in")
    return { model: scope.first?.name, position: "input", index: tensorIndex(port, scope.first?.columns ?? []) };
  if (from === "out") return { model: scope.last, position: "output", index: tensorIndex(port, names(scope.outputs)) };
  return { model: from.model, position: "output", index: tensorIndex(port, names(scope.models[from.model])) };
}

function tensorIndex(port: string, names: readonly string[]): number {
  const reordered = names.length > 1 ? names.find((name) => /^(0|[1-9]\d*)$/.test(name)) : undefined;
  return reordered === undefined
    ? names.indexOf(port)
    : refuse(
        "SL1207",
        `JavaScript reorders names such as '${reordered}', so the order of the model's tensors is not known; rename the port`,
      );
}

function variable(node: Read, scope: RowScope): Part {
  const column = columnName(node);
  if (node.type !== "number" && node.type !== "bigint")
    refuse("SL1201", `${platform} only numbers, and '${column}' holds ${node.type}s`);
  if (node.nullable) refuse("SL1207", `an element that may be past the end of '${column}' fails on the platform`);
  const [element] = node.at;
  if (node.at.length !== 1 || typeof element !== "number") {
    return refuse(
      "SL1207",
      `the platform addresses an element by its tensor and its index in the row, and a row of '${column}' is ${node.at.length === 0 ? "not a list" : "a list of lists"}`,
    );
  }
  const { model, position, index } = tensorOf(node, scope);
  if (model === undefined || index < 0)
    return refuse("SL1208", `a check names the model of '${column}', which is not known here`);
  return {
    text: `{"node": "variable", "variant_id": {"name": ${pythonString(model)}}, "position": "${position}", "key": [${index}, ${element}]}`,
    models: [model],
  };
}

const compare: Write<CompareOp> = ({ op, left, right }, scope) => {
  if (op === "!==") return refuse("SL1201", `${platform} no '!='`);
  if (left.type === "bigint" && left.op === "read" && right.op === "read" && left.dtype !== right.dtype)
    refuse("SL1207", "it is not known whether the platform compares int64 with uint64 exactly");
  return binary(cComparisons[op], write(left, scope), write(right, scope));
};

const opposite = { "<": ">=", ">": "<=", "<=": ">", ">=": "<" } as const;

/** The opposite comparison is the negation only if no side can be NaN. */
const negated: Write<"!"> = ({ operand }, scope) => {
  const { op } = operand;
  if (op === "isNaN" && !isNullable(operand.operand)) {
    const x = write(operand.operand, scope);
    return binary("==", x, x);
  }
  const isOrder = op === "<" || op === ">" || op === "<=" || op === ">=";
  if (
    isOrder &&
    operand.left.type !== "string" &&
    (operand.left.type === "bigint" || (!mayBeNaN(operand.left) && !mayBeNaN(operand.right)))
  )
    return write({ ...operand, op: opposite[op] }, scope);
  return refuse(
    "SL1201",
    isOrder ? `${platform} no 'not', and the opposite comparison differs on NaN` : `${platform} no 'not'`,
  );
};

const addition: Write<ArithmeticOp> = ({ op, left, right, type }, scope) => {
  if (op !== "+" && op !== "-") return refuse("SL1201", `${platform} no '${op}'`);
  if (type === "bigint") return refuse("SL1207", "bigint arithmetic is not exact beyond 64 bits");
  return binary(op, write(left, scope), write(right, scope));
};

/** `||` of equalities of the same value with constants is `in` a list. */
const either: Write<"||"> = ({ args }, scope) => {
  const items: string[] = [];
  const subjects = args.map((arg) => {
    if (arg.op !== "===") return refuseFeature("or");
    const constant = [arg.left, arg.right].find(isConstant) ?? refuseFeature("or");
    items.push(literal(constant));
    return write(constant === arg.left ? arg.right : arg.left, scope);
  });
  const [subject] = subjects;
  if (subject === undefined || subjects.some(({ text }) => text !== subject.text)) return refuseFeature("or");
  return binary("in", subject, { text: `{"node": "literal", "list": [${items.join(", ")}]}`, models: [] });
};

const refuseFeature = (name: string): never => refuse("SL1201", `${platform} no '${name}'`);
const unsupported = (name: string) => (): never => refuseFeature(name);

const quantifier: Write<"every" | "some"> = ({ op, list }) => {
  const length = listLength(list);
  return length === null
    ? refuse("SL1202", `the length of '${columnName(list)}' is not known, and ${platform} no '${op}'`)
    : refuseListLength(list, length);
};

const writers: Writers<RowScope, Part> = {
  ...noAggregates,
  read: variable,
  constant: (node) => ({ text: literal(node), models: [] }),
  ...rows(["pick", "position"], unsupported("every")),
  ...rows(arithmeticOps, addition),
  ...rows(compareOps, compare),
  // Only a division tells -0 from 0, and the checks have none.
  negate: ({ operand, type }, scope) =>
    type === "bigint"
      ? refuse("SL1207", "bigint arithmetic is not exact beyond 64 bits")
      : binary("-", number(0), write(operand, scope)),
  "!": negated,
  "&&": unsupported("and inside an expression"),
  "||": either,
  abs(node, scope) {
    const { text, models } = write(node.operand, scope);
    return { text: checkLength(`{"node": "fn", "fn": "abs", "arguments": [${text}]}`), models };
  },
  // Infinity less itself is NaN.
  isFinite({ operand }, scope) {
    const x = write(operand, scope);
    return binary("==", binary("-", x, x), number(0));
  },
  ...eachRow(["length", "min", "max", "hypot", "floor", "ceil", "round", "trunc", "sign", "sqrt"], unsupported),
  ...eachRow(["log", "log2", "log10", "exp", "isNaN", "isInteger", "startsWith", "endsWith", "includes"], unsupported),
  toNumber: unsupported("conversion of an integer"),
  "**": unsupported("power"),
  ...rows(["missing", "??"], unsupported("missing elements")),
  conditional: unsupported("conditional"),
  ...rows(["every", "some"], quantifier),
};

export const checks: ValidationBackEnd = {
  validation: emitValidation,
  alert: rowByRow("a check"),
  guards: {
    "&&": "a check for each condition",
    "||": "`in` a list of constants, if one value is compared with each of them",
    "!": "the opposite comparison, if neither side can be NaN",
    negate: "0 minus the value; checks cannot tell 0 from -0",
    min: "a comparison of each value",
    max: "a comparison of each value",
    every: "element by element",
    isFinite: "the value minus itself is 0",
  },
};
