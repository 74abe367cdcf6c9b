import { elementType, type ExpressionTree, isNullable } from "../../../expression/tree/tree.js";
import { isMissing, not, unroll } from "../../../expression/tree/builders.js";
import type { RowScope } from "../../../../dsl/row.js";
import type { JsonObject, JsonValue } from "../lossless-json.js";
import { readFunction } from "./functions.js";
import { calculate, chooseNumber, compareValues, literalNumber, named, numberOf } from "./number.js";
import { anyOf, booleanOf, objectOf, only, readLiteral, type ReadPart, valueOf } from "./parts.js";
import { recognised, wholeNumbers } from "./recognise.js";
import {
  type BooleanValue,
  both,
  certain,
  chooseBoolean,
  comparison,
  isAlways,
  logical,
  presence,
  sameBooleans,
  sized,
  unread,
  type Value,
  yes,
} from "./value.js";

/**
 * What an expression of polars 0.18 means, as the tree of what must hold: it flags rows, so the tree is its opposite.
 *
 * @param expression the JSON below the `Alias`
 * @throws ConfigError SL4110, SL4114, SL4115, SL4117, with the path in its details
 */
export function readPolars(expression: JsonValue | undefined, scope: RowScope, path: string): ExpressionTree {
  const flag = booleanOf(reader(scope)(expression, path), path);
  // Constants are calculated with last.
  return unroll(sized(not(wholeNumbers(flag.yes)), path), 0);
}

function reader(scope: RowScope): ReadPart {
  const read: ReadPart = (part, path) => {
    const [kind, body] = only(part, path);
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
        return unread(path, `'${kind}' is no node that a lambda has a word for`);
    }
  };
  return read;
}

function readColumn(name: JsonValue, scope: RowScope, path: string): Value {
  if (typeof name !== "string") return unread(path, "a column's name is needed", "SL4110");
  if (/^\^.*\$$/s.test(name) || name === "*") return unread(path, `the column '${name}' is a pattern to polars`);
  const places = [
    { prefix: "in.", from: "in" as const, ports: scope.inputs },
    { prefix: "out.", from: "out" as const, ports: scope.outputs },
    ...Object.entries(scope.models).map(([model, ports]) => ({
      prefix: `out_${model}.`,
      from: model === scope.champion ? ("out" as const) : { model },
      ports,
    })),
  ];
  for (const { prefix, from, ports } of places) {
    const port = name.startsWith(prefix) ? ports.find((p) => p.name === name.slice(prefix.length)) : undefined;
    if (port === undefined) continue;
    if (port.shape === null || port.shape.length === 0)
      return unread(path, `the shape of '${name}' is not known`, "SL4115");
    if (port.dtype === "float16")
      return unread(path, `polars has no 16-bit floats, and '${name}' holds them`, "SL4115");
    const shape = port.shape.slice(1).map((size) => (typeof size === "number" ? size : null));
    return valueOf({
      op: "read",
      from,
      port: port.name,
      dtype: port.dtype,
      shape,
      at: [],
      type: shape.length === 0 ? elementType(port.dtype) : "list",
      nullable: false,
    });
  }
  const known = places.flatMap(({ prefix, ports }) => ports.map((port) => `'${prefix}${port.name}'`));
  return unread(
    path,
    `there is no column '${name}' here; there ${known.length === 1 ? "is" : "are"} ${known.length === 0 ? "none" : known.join(", ")}`,
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
  if (typeof op !== "string") return unread(`${path}.op`, "an operator is needed", "SL4110");
  if (op === "And" || op === "Or")
    return anyOf(
      logical(op === "And" ? "&&" : "||", booleanOf(left, `${path}.left`), booleanOf(right, `${path}.right`)),
      path,
    );
  if (op === "Xor")
    return anyOf(sameBooleans("!==", booleanOf(left, `${path}.left`), booleanOf(right, `${path}.right`)), path);
  if ((arithmetic as ReadonlySet<string>).has(op))
    return calculate(op as Parameters<typeof calculate>[0], left, right, path);
  const compared = Object.hasOwn(comparisons, op) ? comparisons[op] : undefined;
  if (compared === undefined) return unread(`${path}.op`, `'${op}' has no twin in a lambda`);
  const result = compare(compared, left, right, path);
  if (!op.endsWith("Validity")) return result;
  // Missing equals missing there, and is never null.
  if (!isAlways(presence(left)) && !isAlways(presence(right)))
    return unread(path, "it compares two values that both may be missing");
  return certain(compared === "===" ? result.yes : not(compare("===", left, right, path).yes));
}

function compare(op: "<" | ">" | "<=" | ">=" | "===" | "!==", left: Value, right: Value, path: string): BooleanValue {
  const isEquality = op === "===" || op === "!==";
  if (left.kind === "string" || right.kind === "string") {
    if (left.kind !== "string" || right.kind !== "string")
      return unread(path, `it compares ${named(left)} with ${named(right)}`);
    return isEquality
      ? comparison(op, left.tree, right.tree, both(left, right))
      : unread(path, "polars orders strings by their code points, JavaScript by UTF-16 units");
  }
  if (left.kind === "boolean" || right.kind === "boolean") {
    if (left.kind !== "boolean" || right.kind !== "boolean")
      return unread(path, `it compares ${named(left)} with ${named(right)}`);
    return isEquality ? anyOf(sameBooleans(op, left, right), path) : unread(path, "a lambda does not order booleans");
  }
  const result = compareValues(op, left, right, path);
  return anyOf(result, path);
}

function readTernary(node: JsonObject, path: string, read: ReadPart): Value {
  const test = booleanOf(read(node.get("predicate"), `${path}.predicate`), `${path}.predicate`).yes;
  const then = read(node.get("truthy"), `${path}.truthy`);
  const otherwise = read(node.get("falsy"), `${path}.falsy`);
  if (then.kind === "boolean" || otherwise.kind === "boolean") {
    return anyOf(chooseBoolean(test, booleanOf(then, `${path}.truthy`), booleanOf(otherwise, `${path}.falsy`)), path);
  }
  if (then.kind === "string" && otherwise.kind === "string") {
    const present = both(then, otherwise);
    const tree = sized(
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
    return { kind: "string", tree, present: isAlways(present) ? yes : not(isMissing(tree)) };
  }
  if (then.kind === "null" || otherwise.kind === "null")
    return unread(path, "a choice that may be null has no twin in a lambda");
  const chosen = chooseNumber(test, numberOf(then, `${path}.truthy`), numberOf(otherwise, `${path}.falsy`), path);
  return { ...chosen, tree: recognised(chosen.tree) };
}

/** `lit("0.1").cast(Float64)` is a number; a column is cast to the doubles that JavaScript has anyway. */
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
    return unread(`${path}.data_type`, `a lambda has no cast to ${typeof dtype === "string" ? dtype : "this dtype"}`);
  if (value.kind === "string" && value.tree.op === "constant") {
    const number = numberIn(String(value.tree.value));
    return number === null ? unread(path, "a string is cast to a number") : literalNumber(number);
  }
  if (value.kind === "string" || value.kind === "boolean" || value.kind === "list")
    return unread(path, `${named(value)} is cast to a number`);
  const number = numberOf(value, path);
  return { ...number, precision: "float64" };
}

/** A text that polars and JavaScript read as the same number. */
function numberIn(text: string): number | null {
  if (/^-?\d+(\.\d+)?(e-?\d+)?$/i.test(text)) return Number(text);
  const words: Readonly<Record<string, number>> = {
    nan: Number.NaN,
    inf: Number.POSITIVE_INFINITY,
    "-inf": Number.NEGATIVE_INFINITY,
  };
  return Object.hasOwn(words, text) ? (words[text] ?? null) : null;
}
