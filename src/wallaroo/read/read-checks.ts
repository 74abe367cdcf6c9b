import {
  callFunction,
  callTest,
  compare,
  compute,
  logicalOp,
  elementOf,
  negate,
  not,
  readOf,
} from "../../expression/tree/builders.js";
import { typeComparison } from "../../expression/typecheck/operators.js";
import type { RowScope } from "../../../dsl/row.js";
import {
  type ArithmeticOp,
  type CompareOp,
  constantOf,
  type ExpressionTree,
  isConstant,
  type Read,
  valueOf,
} from "../../expression/tree/tree.js";
import { type JsonObject, type JsonValue, NumberText } from "./lossless-json.js";
import { isSame } from "./polars/recognize.js";
import { limitSize, fail } from "./polars/value.js";

/** A check of the `checks` dialect: its name and its conditions, which must all hold. */
export interface CheckText {
  readonly name: string;
  readonly roots: readonly { readonly node: JsonValue | undefined; readonly path: string }[];
}

/**
 * Reads the text of a check: one value, or the values that one lambda was split into, such as `amt`, `amt:2`, `amt:3`.
 *
 * @throws ConfigError SL4110 or SL4114, with the path in its details
 */
export function checkText(text: JsonObject, path: string): CheckText {
  const [values, validations] = [text.get("values"), text.get("validations")];
  if (!(values instanceof Map) || !Array.isArray(text.get("gauges")) || !Array.isArray(validations))
    return fail(path, "a check has the keys values, gauges and validations", "SL4110");
  const names = validations as readonly JsonValue[];
  const [name] = names;
  const split = typeof name === "string" && names.every((each, i) => each === (i === 0 ? name : `${name}:${i + 1}`));
  if (!split || names.length !== (values as JsonObject).size)
    return fail(
      `${path}.validations`,
      "expected one validation, or the parts that one was split into, with a value for each",
      "SL4110",
    );
  const roots = names.map((each) => {
    const here = `${path}.values[${JSON.stringify(each)}]`;
    const value = objectOf((values as JsonObject).get(each as string), here);
    listOf(value.get("required_data"), `${here}.required_data`).forEach((data, i) => {
      if (typeof objectOf(data, `${here}.required_data[${i}]`).get("name") !== "string")
        fail(`${here}.required_data[${i}].name`, "expected a model name", "SL4110");
    });
    return { node: value.get("root"), path: `${here}.root` };
  });
  return { name, roots };
}

/** The tree of the condition that must hold. */
export function readChecks({ roots }: CheckText, scope: RowScope): ExpressionTree {
  return logicalOp(
    "&&",
    roots.map(({ node, path }) => {
      const tree = limitSize(read(node, scope, path), path);
      return tree.type === "boolean" ? tree : fail(path, `expected a condition, found a ${tree.type}`);
    }),
  );
}

export function objectOf(value: JsonValue | undefined, path: string): JsonObject {
  return value instanceof Map ? (value as JsonObject) : fail(path, "expected an object", "SL4110");
}

export function listOf(value: JsonValue | undefined, path: string): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : fail(path, "expected a list", "SL4110");
}

function read(value: JsonValue | undefined, scope: RowScope, path: string): ExpressionTree {
  const node = objectOf(value, path);
  switch (node.get("node")) {
    case "variable":
      return variable(node, scope, path);
    case "literal":
      return literal(node, path);
    case "fn":
      return call(node, scope, path);
    case "binop":
      return operation(node, scope, path);
    default:
      return fail(`${path}.node`, "expected binop, variable, fn or literal", "SL4110");
  }
}

/** An element of a model's tensor. */
function variable(node: JsonObject, scope: RowScope, path: string): ExpressionTree {
  const name = objectOf(node.get("variant_id"), `${path}.variant_id`).get("name");
  const key = listOf(node.get("key"), `${path}.key`).map((part) =>
    part instanceof NumberText && /^\d{1,9}$/.test(part.text)
      ? Number(part.text)
      : fail(`${path}.key`, "indexes must be whole numbers from 0", "SL4110"),
  );
  const position = node.get("position");
  if (typeof name !== "string" || (position !== "input" && position !== "output"))
    return fail(path, "expected a model name, and the position 'input' or 'output'", "SL4110");
  const [tensor = 0, ...indexes] = key;
  const found = position === "input" ? inputOf(name, tensor, scope) : outputOf(name, tensor, scope);
  if (found === undefined) return fail(path, `a row here has no ${position} ${tensor} of model '${name}'`, "SL4115");
  const { from, port } = found;
  if (port.shape === null) return fail(path, `the shape of '${port.name}' is not known`, "SL4115");
  let read = readOf(from, port, port.shape);
  const { shape } = read;
  if (indexes.length !== shape.length)
    return fail(
      `${path}.key`,
      `it has ${indexes.length} indexes after the tensor, and a row of '${port.name}' has ${shape.length} axes`,
      "SL4115",
    );
  for (const index of indexes) {
    const size = shape[read.at.length] ?? null;
    if (size !== null && index >= size)
      return fail(`${path}.key`, `'${port.name}' has ${size} elements, and [${index}] is past its end`, "SL4115");
    read = elementOf(read, index, read.nullable || size === null);
  }
  return read.type === "number" || read.type === "bigint"
    ? read
    : fail(path, `the platform's checks support only numbers, and '${port.name}' contains ${read.type}s`);
}

type Found = { readonly from: Read["from"]; readonly port: RowScope["inputs"][number] } | undefined;

function inputOf(model: string, tensor: number, { first, inputs }: RowScope): Found {
  const column = first?.name === model ? first.columns[tensor] : undefined;
  const port = inputs.find(({ name }) => name === column);
  return port === undefined ? undefined : { from: "in", port };
}

function outputOf(model: string, tensor: number, { last, outputs, models }: RowScope): Found {
  const isLast = model === last;
  const port = (isLast ? outputs : Object.hasOwn(models, model) ? (models[model] ?? []) : [])[tensor];
  return port === undefined ? undefined : { from: isLast ? "out" : { model }, port };
}

function literal(node: JsonObject, path: string): ExpressionTree {
  const [float, integer] = [node.get("float"), node.get("integer")];
  if (float instanceof NumberText) {
    const value = Number(float.text);
    return Number.isFinite(value) ? constantOf(value) : fail(`${path}.float`, "the number is too large");
  }
  // The other operand decides between number and bigint; a number is the default.
  if (integer instanceof NumberText && /^-?\d{1,20}$/.test(integer.text)) {
    return Number.isSafeInteger(Number(integer.text))
      ? constantOf(Number(integer.text))
      : constantOf(BigInt(integer.text));
  }
  return fail(path, node.has("timedelta") ? "a lambda has no durations" : "expected a float or integer");
}

function call(node: JsonObject, scope: RowScope, path: string): ExpressionTree {
  const name = node.get("fn");
  const args = listOf(node.get("arguments"), `${path}.arguments`);
  if (name !== "abs" || args.length !== 1)
    return fail(`${path}.fn`, `a lambda cannot express '${typeof name === "string" ? name : "this"}'`);
  const operand = read(args[0], scope, `${path}.arguments[0]`);
  return operand.type === "number" ? callFunction("abs", operand) : fail(path, `abs of a ${operand.type}`);
}

export const comparisons: Readonly<Record<string, CompareOp>> = {
  ">": ">",
  ">=": ">=",
  "==": "===",
  "<": "<",
  "<=": "<=",
};

function operation(node: JsonObject, scope: RowScope, path: string): ExpressionTree {
  const op = node.get("op");
  const left = read(node.get("left"), scope, `${path}.left`);
  if (op === "in") return membership(left, objectOf(node.get("right"), `${path}.right`), `${path}.right`);
  const right = read(node.get("right"), scope, `${path}.right`);
  if (op === "+" || op === "-") return arithmetic(op, left, right, path);
  const compareOp = typeof op === "string" && Object.hasOwn(comparisons, op) ? comparisons[op] : undefined;
  return compareOp === undefined
    ? fail(`${path}.op`, "expected an operator: > >= == < <= + - in", "SL4110")
    : comparison(compareOp, left, right, path);
}

function arithmetic(op: ArithmeticOp, left: ExpressionTree, right: ExpressionTree, path: string): ExpressionTree {
  if (left.type !== "number" || right.type !== "number")
    return fail(path, `'${op}' of a ${left.type} and a ${right.type}`);
  return op === "-" && isConstant(left) && Object.is(valueOf(left), 0) && !isConstant(right)
    ? negate(right)
    : compute(op, left, right);
}

/** In this dialect, `x == x` tests that x is not NaN, and `x - x == 0` that it is finite. */
function comparison(op: CompareOp, left: ExpressionTree, right: ExpressionTree, path: string): ExpressionTree {
  if (op === "===" && left.type === "number" && !isConstant(left) && isSame(left, right))
    return not(callTest("isNaN", left));
  const isZero = isConstant(right) && Object.is(valueOf(right), 0);
  if (op === "===" && isZero && left.op === "-" && isSame(left.left, left.right))
    return callTest("isFinite", left.left);
  const [l, r] = [asBigintIfOtherIs(left, right), asBigintIfOtherIs(right, left)];
  const made = typeComparison(op, l, r);
  return "message" in made ? fail(path, made.message) : made;
}

/** A whole number literal as a bigint if the other operand is a bigint. */
function asBigintIfOtherIs(side: ExpressionTree, other: ExpressionTree): ExpressionTree {
  return isConstant(side) && side.type === "number" && other.type === "bigint" && Number.isInteger(valueOf(side))
    ? constantOf(BigInt(valueOf(side)))
    : side;
}

function membership(value: ExpressionTree, right: JsonObject, path: string): ExpressionTree {
  const items = listOf(right.get("list"), `${path}.list`).map((item, i) =>
    literal(objectOf(item, `${path}.list[${i}]`), `${path}.list[${i}]`),
  );
  return logicalOp(
    "||",
    items.map((item) => {
      const constant = asBigintIfOtherIs(item, value);
      return constant.type === value.type
        ? compare("===", value, constant)
        : fail(path, `a ${value.type} among ${item.type}s`);
    }),
  );
}
