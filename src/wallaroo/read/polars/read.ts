import { isMissing, not, readOf, toNumber, unroll } from "../../../expression/tree/builders.js";
import type { RowScope } from "../../../../dsl/row.js";
import { type ExpressionTree, isNullable } from "../../../expression/tree/tree.js";
import type { JsonObject, JsonValue } from "../lossless-json.js";
import { readFunction } from "./functions.js";
import { calculate, chooseNumber, compareValues, literalNumber, describeValue, numberOf } from "./number.js";
import { finishBoolean, booleanOf, objectOf, singleEntry, readLiteral, type ReadPart, valueOfRead } from "./parts.js";
import { recognizeFunction, recognizeIsInteger } from "./recognize.js";
import {
  type BooleanValue,
  bothPresent,
  nonNull,
  chooseBoolean,
  compareTrees,
  isAlwaysTrue,
  logical,
  presenceOf,
  compareBooleans,
  limitSize,
  fail,
  type Value,
  alwaysTrue,
} from "./value.js";

/**
 * Reads an expression of polars 0.18 as the tree of the condition that must hold. The expression flags the rows that
 * fail, so the tree is its negation.
 *
 * @param expression the JSON below the `Alias`
 * @throws ConfigError SL4110, SL4114, SL4115, SL4117, with the path in its details
 */
export function readPolars(expression: JsonValue | undefined, scope: RowScope, path: string): ExpressionTree {
  const flag = booleanOf(reader(scope)(expression, path), path);
  // Constants are folded last; until then, recognizeFunction must see the expression as written.
  return unroll(limitSize(not(recognizeIsInteger(flag.isTrue)), path), 0);
}

function reader(scope: RowScope): ReadPart {
  const read: ReadPart = (part, path) => {
    const [kind, body] = singleEntry(part, path);
    const here = `${path}.${kind}`;
    switch (kind) {
      case "Alias":
        return read(Array.isArray(body) ? (body as readonly JsonValue[])[0] : undefined, `${here}[0]`);
      case "Column":
        return readColumn(body, scope, here);
      case "Literal":
        return readLiteral(body, here);
      case "BinaryExpr":
        return readBinary(objectOf(body, here), here, read);
      case "Ternary":
        return readTernary(objectOf(body, here), here, read);
      case "Cast":
        return readCast(objectOf(body, here), here, read);
      case "Function":
        return readFunction(objectOf(body, here), here, read);
      default:
        return fail(path, `a lambda cannot express '${kind}'`);
    }
  };
  return read;
}

function readColumn(name: JsonValue, scope: RowScope, path: string): Value {
  if (typeof name !== "string") return fail(path, "expected a column name", "SL4110");
  if (/^\^.*\$$/s.test(name) || name === "*") return fail(path, `polars treats the column '${name}' as a pattern`);
  const sources = [
    { prefix: "in.", from: "in" as const, ports: scope.inputs },
    { prefix: "out.", from: "out" as const, ports: scope.outputs },
    ...Object.entries(scope.models).map(([model, ports]) => ({
      prefix: `out_${model}.`,
      from: model === scope.champion ? ("out" as const) : { model },
      ports,
    })),
  ];
  for (const { prefix, from, ports } of sources) {
    const port = name.startsWith(prefix) ? ports.find((p) => p.name === name.slice(prefix.length)) : undefined;
    if (port === undefined) continue;
    if (port.shape === null) return fail(path, `the shape of '${name}' is not known`, "SL4115");
    if (port.dtype === "float16") return fail(path, `polars has no 16-bit floats, and '${name}' holds them`, "SL4115");
    return valueOfRead(readOf(from, port, port.shape));
  }
  const known = sources.flatMap(({ prefix, ports }) => ports.map((port) => `'${prefix}${port.name}'`));
  return fail(
    path,
    `there is no column '${name}' here; the columns are ${known.length === 0 ? "none" : known.join(", ")}`,
    "SL4115",
  );
}

const comparisons: Readonly<Record<string, "<" | ">" | "<=" | ">=" | "===" | "!==">> = {
  Lt: "<",
  Gt: ">",
  LtEq: "<=",
  GtEq: ">=",
  Eq: "===",
  NotEq: "!==",
  EqValidity: "===",
  NotEqValidity: "!==",
};
const arithmetic = new Set(["Plus", "Minus", "Multiply", "TrueDivide", "FloorDivide", "Modulus"] as const);

function readBinary(node: JsonObject, path: string, read: ReadPart): Value {
  const left = read(node.get("left"), `${path}.left`);
  const right = read(node.get("right"), `${path}.right`);
  const op = node.get("op");
  if (typeof op !== "string") return fail(`${path}.op`, "expected an operator", "SL4110");
  if (op === "And" || op === "Or")
    return finishBoolean(
      logical(op === "And" ? "&&" : "||", booleanOf(left, `${path}.left`), booleanOf(right, `${path}.right`)),
      path,
    );
  if (op === "Xor")
    return finishBoolean(
      compareBooleans("!==", booleanOf(left, `${path}.left`), booleanOf(right, `${path}.right`)),
      path,
    );
  if ((arithmetic as ReadonlySet<string>).has(op))
    return calculate(op as Parameters<typeof calculate>[0], left, right, path);
  const compared = Object.hasOwn(comparisons, op) ? comparisons[op] : undefined;
  if (compared === undefined) return fail(`${path}.op`, `a lambda cannot express '${op}'`);
  const result = compare(compared, left, right, path);
  if (!op.endsWith("Validity")) return result;
  // These operators treat two missing values as equal, and are never null.
  if (!isAlwaysTrue(presenceOf(left)) && !isAlwaysTrue(presenceOf(right)))
    return fail(path, "it compares two values that may both be missing");
  return nonNull(compared === "===" ? result.isTrue : not(compare("===", left, right, path).isTrue));
}

function compare(op: "<" | ">" | "<=" | ">=" | "===" | "!==", left: Value, right: Value, path: string): BooleanValue {
  const isEquality = op === "===" || op === "!==";
  if (left.kind === "string" || right.kind === "string") {
    if (left.kind !== "string" || right.kind !== "string")
      return fail(path, `it compares ${describeValue(left)} with ${describeValue(right)}`);
    return isEquality
      ? compareTrees(op, left.tree, right.tree, bothPresent(left, right))
      : fail(path, "polars orders strings by their code points, JavaScript by UTF-16 units");
  }
  if (left.kind === "boolean" || right.kind === "boolean") {
    if (left.kind !== "boolean" || right.kind !== "boolean")
      return fail(path, `it compares ${describeValue(left)} with ${describeValue(right)}`);
    return isEquality
      ? finishBoolean(compareBooleans(op, left, right), path)
      : fail(path, "a lambda does not order booleans");
  }
  const result = compareValues(op, left, right, path);
  return finishBoolean(result, path);
}

function readTernary(node: JsonObject, path: string, read: ReadPart): Value {
  const test = booleanOf(read(node.get("predicate"), `${path}.predicate`), `${path}.predicate`).isTrue;
  const then = read(node.get("truthy"), `${path}.truthy`);
  const otherwise = read(node.get("falsy"), `${path}.falsy`);
  if (then.kind === "boolean" || otherwise.kind === "boolean") {
    return finishBoolean(
      chooseBoolean(test, booleanOf(then, `${path}.truthy`), booleanOf(otherwise, `${path}.falsy`)),
      path,
    );
  }
  if (then.kind === "string" && otherwise.kind === "string") {
    const present = bothPresent(then, otherwise);
    const tree = limitSize(
      {
        op: "conditional",
        test,
        then: then.tree,
        otherwise: otherwise.tree,
        type: "string",
        nullable: isNullable(then.tree) || isNullable(otherwise.tree),
      },
      path,
    );
    return { kind: "string", tree, present: isAlwaysTrue(present) ? alwaysTrue : not(isMissing(tree)) };
  }
  if (then.kind === "null" || otherwise.kind === "null")
    return fail(path, "a lambda cannot express a choice that may be null");
  const chosen = chooseNumber(test, numberOf(then, `${path}.truthy`), numberOf(otherwise, `${path}.falsy`), path);
  return { ...chosen, tree: recognizeFunction(chosen.tree) };
}

/**
 * `lit("0.1").cast(Float64)` is a number literal. A column cast to Float64 is the column: JavaScript reads doubles
 * anyway. Of an int64 or uint64 column, it is `Number(…)`.
 */
function readCast(node: JsonObject, path: string, read: ReadPart): Value {
  const value = read(node.get("expr"), `${path}.expr`);
  const dtype = node.get("data_type");
  if (
    value.kind === "integer" &&
    (dtype === "Int64" || dtype === "Int32") &&
    BigInt.asIntN(dtype === "Int64" ? 64 : 32, value.value) === value.value
  )
    return value;
  if (dtype !== "Float64")
    return fail(`${path}.data_type`, `a lambda has no cast to ${typeof dtype === "string" ? dtype : "this dtype"}`);
  if (value.kind === "string" && value.tree.op === "constant") {
    const number = numberIn(String(value.tree.value));
    return number === null ? fail(path, "it casts a string to a number") : literalNumber(number);
  }
  if (value.kind === "string" || value.kind === "boolean" || value.kind === "list")
    return fail(path, `it casts ${describeValue(value)} to a number`);
  if (value.kind === "bigint")
    return {
      kind: "number",
      tree: toNumber(value.tree),
      present: value.present,
      precision: "float64",
      literal: false,
      nanIfNull: isNullable(value.tree),
    };
  const number = numberOf(value, path);
  return { ...number, precision: "float64" };
}

/** The number in a text that polars and JavaScript read alike, or null. */
function numberIn(text: string): number | null {
  if (/^-?\d+(\.\d+)?(e-?\d+)?$/i.test(text)) return Number(text);
  const names: Readonly<Record<string, number>> = {
    nan: Number.NaN,
    inf: Number.POSITIVE_INFINITY,
    "-inf": Number.NEGATIVE_INFINITY,
  };
  return Object.hasOwn(names, text) ? (names[text] ?? null) : null;
}
