import {
  callFunction,
  callTest,
  compare,
  compute,
  logicalOp,
  elementOf,
  negate,
  not,
} from "../../expression/tree/builders.js";
import {
  elementType,
  type ArithmeticOp,
  type CompareOp,
  constantOf,
  type ExpressionTree,
  isConstant,
  type Read,
  valueOf,
} from "../../expression/tree/tree.js";
import { typeComparison } from "../../expression/typecheck/operators.js";
import type { RowScope } from "../../../dsl/row.js";
import { type JsonObject, type JsonValue, NumberText } from "./lossless-json.js";
import { isSame } from "./polars/recognise.js";
import { sized, unread } from "./polars/value.js";

/** A check of the older dialect: its name, and its conditions, which must all hold. */
export interface CheckText {
  readonly name: string;
  readonly roots: readonly { readonly node: JsonValue | undefined; readonly path: string }[];
}

/**
 * What a check's text holds: one value, or those that one lambda was split into: `amt`, `amt:2`, `amt:3`.
 *
 * @throws ConfigError SL4110 or SL4114, with the path in its details
 */
export function checkText(text: JsonObject, path: string): CheckText {
  const [values, gauges, validations] = [text.get("values"), text.get("gauges"), text.get("validations")];
  if (!(values instanceof Map) || !Array.isArray(gauges) || !Array.isArray(validations))
    return unread(path, "a check has values, gauges and validations", "SL4110");
  if (gauges.length > 0)
    return unread(
      `${path}.gauges`,
      "it is the left side of an alert, whose condition stands outside of the definition",
      "SL4111",
    );
  const names = validations as readonly JsonValue[];
  const [name] = names;
  const split = typeof name === "string" && names.every((each, i) => each === (i === 0 ? name : `${name}:${i + 1}`));
  if (!split || names.length !== (values as JsonObject).size)
    return unread(
      `${path}.validations`,
      "one validation is needed for each value, or those that one was split into",
      "SL4110",
    );
  const roots = names.map((each) => {
    const here = `${path}.values[${JSON.stringify(each)}]`;
    const value = objectOf((values as JsonObject).get(each as string), here);
    listOf(value.get("required_data"), `${here}.required_data`).forEach((data, i) => {
      if (typeof objectOf(data, `${here}.required_data[${i}]`).get("name") !== "string")
        unread(`${here}.required_data[${i}].name`, "a model's name is needed", "SL4110");
    });
    return { node: value.get("root"), path: `${here}.root` };
  });
  return { name, roots };
}

/** The tree of what must hold. */
export function readChecks({ roots }: CheckText, scope: RowScope): ExpressionTree {
  return logicalOp(
    "&&",
    roots.map(({ node, path }) => {
      const tree = sized(read(node, scope, path), path);
      return tree.type === "boolean" ? tree : unread(path, `a condition is needed, and this is a ${tree.type}`);
    }),
  );
}

function objectOf(value: JsonValue | undefined, path: string): JsonObject {
  return value instanceof Map ? (value as JsonObject) : unread(path, "an object is needed", "SL4110");
}

function listOf(value: JsonValue | undefined, path: string): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : unread(path, "a list is needed", "SL4110");
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
      return unread(`${path}.node`, "a binop, variable, fn or literal is needed", "SL4110");
  }
}

/** A model's tensor and the element in a row of it. */
function variable(node: JsonObject, scope: RowScope, path: string): ExpressionTree {
  const name = objectOf(node.get("variant_id"), `${path}.variant_id`).get("name");
  const key = listOf(node.get("key"), `${path}.key`).map((part) =>
    part instanceof NumberText && /^\d{1,9}$/.test(part.text)
      ? Number(part.text)
      : unread(`${path}.key`, "places are whole numbers from 0 on", "SL4110"),
  );
  const position = node.get("position");
  if (typeof name !== "string" || (position !== "input" && position !== "output"))
    return unread(path, "a model's name and 'input' or 'output' are needed", "SL4110");
  const [tensor = 0, ...places] = key;
  const found = position === "input" ? inputOf(name, tensor, scope) : outputOf(name, tensor, scope);
  if (found === undefined) return unread(path, `a row here has no ${position} ${tensor} of model '${name}'`, "SL4115");
  const { from, port } = found;
  if (port.shape === null || port.shape.length === 0)
    return unread(path, `the shape of '${port.name}' is not known`, "SL4115");
  const shape = port.shape.slice(1).map((size) => (typeof size === "number" ? size : null));
  if (places.length !== shape.length)
    return unread(
      `${path}.key`,
      `it has ${places.length} places after the tensor, and a row of '${port.name}' has ${shape.length} axes`,
      "SL4115",
    );
  let read: Read = {
    op: "read",
    from,
    port: port.name,
    dtype: port.dtype,
    shape,
    at: [],
    type: shape.length === 0 ? elementType(port.dtype) : "list",
    nullable: false,
  };
  for (const place of places) {
    const size = shape[read.at.length] ?? null;
    if (size !== null && place >= size)
      return unread(`${path}.key`, `'${port.name}' has ${size} elements, and [${place}] is past its end`, "SL4115");
    read = elementOf(read, place, read.nullable || size === null);
  }
  return read.type === "number" || read.type === "bigint"
    ? read
    : unread(path, `the platform's checks have only numbers, and '${port.name}' holds ${read.type}s`);
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
    return Number.isFinite(value) ? constantOf(value) : unread(`${path}.float`, "the number is too large");
  }
  // Number or bigint by what stands beside it; here it is a number where it can be.
  if (integer instanceof NumberText && /^-?\d{1,20}$/.test(integer.text)) {
    return Number.isSafeInteger(Number(integer.text))
      ? constantOf(Number(integer.text))
      : constantOf(BigInt(integer.text));
  }
  return unread(path, node.has("timedelta") ? "a duration has no twin in a lambda" : "a float or integer is needed");
}

function call(node: JsonObject, scope: RowScope, path: string): ExpressionTree {
  const name = node.get("fn");
  const args = listOf(node.get("arguments"), `${path}.arguments`);
  if (name !== "abs" || args.length !== 1)
    return unread(`${path}.fn`, `'${typeof name === "string" ? name : "this"}' has no twin in a lambda`);
  const operand = read(args[0], scope, `${path}.arguments[0]`);
  return operand.type === "number" ? callFunction("abs", operand) : unread(path, `abs of a ${operand.type}`);
}

const comparisons: Readonly<Record<string, CompareOp>> = { ">": ">", ">=": ">=", "==": "===", "<": "<", "<=": "<=" };

function operation(node: JsonObject, scope: RowScope, path: string): ExpressionTree {
  const op = node.get("op");
  const left = read(node.get("left"), scope, `${path}.left`);
  if (op === "in") return among(left, objectOf(node.get("right"), `${path}.right`), `${path}.right`);
  const right = read(node.get("right"), scope, `${path}.right`);
  if (op === "+" || op === "-") return arithmetic(op, left, right, path);
  const comparison = typeof op === "string" && Object.hasOwn(comparisons, op) ? comparisons[op] : undefined;
  return comparison === undefined
    ? unread(`${path}.op`, "an operator among > >= == < <= + - in is needed", "SL4110")
    : compared(comparison, left, right, path);
}

function arithmetic(op: ArithmeticOp, left: ExpressionTree, right: ExpressionTree, path: string): ExpressionTree {
  if (left.type !== "number" || right.type !== "number")
    return unread(path, `'${op}' of a ${left.type} and a ${right.type}`);
  return op === "-" && isConstant(left) && Object.is(valueOf(left), 0) && !isConstant(right)
    ? negate(right)
    : compute(op, left, right);
}

/** `x == x` is how the older dialect says that x is no NaN, `x - x == 0` that it is finite. */
function compared(op: CompareOp, left: ExpressionTree, right: ExpressionTree, path: string): ExpressionTree {
  if (op === "===" && left.type === "number" && !isConstant(left) && isSame(left, right))
    return not(callTest("isNaN", left));
  const isZero = isConstant(right) && Object.is(valueOf(right), 0);
  if (op === "===" && isZero && left.op === "-" && isSame(left.left, left.right))
    return callTest("isFinite", left.left);
  const [l, r] = [beside(left, right), beside(right, left)];
  const made = typeComparison(op, l, r);
  return "message" in made ? unread(path, made.message) : made;
}

/** A whole literal beside a 64-bit integer is one, too. */
function beside(side: ExpressionTree, other: ExpressionTree): ExpressionTree {
  return isConstant(side) && side.type === "number" && other.type === "bigint" && Number.isInteger(valueOf(side))
    ? constantOf(BigInt(valueOf(side)))
    : side;
}

function among(value: ExpressionTree, right: JsonObject, path: string): ExpressionTree {
  const items = listOf(right.get("list"), `${path}.list`).map((item, i) =>
    literal(objectOf(item, `${path}.list[${i}]`), `${path}.list[${i}]`),
  );
  return logicalOp(
    "||",
    items.map((item) => {
      const constant = beside(item, value);
      return constant.type === value.type
        ? compare("===", value, constant)
        : unread(path, `a ${value.type} among ${item.type}s`);
    }),
  );
}
