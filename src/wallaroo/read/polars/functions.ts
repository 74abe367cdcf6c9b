import {
  callFunction,
  callTest,
  conditional,
  compare,
  logicalOp,
  negate,
  not,
  callStringTest,
} from "../../../expression/tree/builders.js";
import { fillNumber, applyToNumber, clip, isAmong, describeValue, numberOf, testNumber } from "./number.js";
import { type JsonObject, type JsonValue } from "../lossless-json.js";
import { constantOf, type ExpressionTree, isConstant, valueOf } from "../../../expression/tree/tree.js";
import { unexpectedOption } from "./options.js";
import { finishBoolean, booleanOf, elementAt, fill, singleEntry, readLiteral, type ReadPart } from "./parts.js";
import {
  type BooleanValue,
  nonNull,
  invert,
  isAlwaysTrue,
  logical,
  presenceOf,
  type StringValue,
  fail,
  type Value,
} from "./value.js";

interface Call {
  readonly args: readonly Value[];
  /** The value below the function's name, such as `{"decimals":0}`. */
  readonly detail: JsonValue | undefined;
  readonly path: string;
}
type Make = (first: Value, call: Call) => Value;

/** A function's full name, such as `ListExpr.Get`, and the value below it. */
function nameOf(value: JsonValue | undefined, path: string): readonly [string, JsonValue | undefined] {
  if (typeof value === "string") return [value, undefined];
  const [group, member] = singleEntry(value, path);
  if (typeof member === "string") return [`${group}.${member}`, undefined];
  if (group !== "StringExpr" && group !== "ListExpr" && group !== "Boolean") return [group, member];
  const [name, detail] = singleEntry(member, `${path}.${group}`);
  return [`${group}.${name}`, detail];
}

export function readFunction(node: JsonObject, path: string, read: ReadPart): Value {
  const input = node.get("input");
  if (!Array.isArray(input) || input.length === 0)
    return fail(`${path}.input`, "expected a list of operands", "SL4110");
  const [name, detail] = nameOf(node.get("function"), `${path}.function`);
  const make = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (make === undefined)
    return fail(
      `${path}.function`,
      Object.hasOwn(unsupportedReasons, name) ? (unsupportedReasons[name] ?? "") : `a lambda cannot express '${name}'`,
    );
  const unexpected = unexpectedOption(name, node.get("options"));
  if (unexpected !== null)
    return fail(`${path}.options`, `the option '${unexpected}' differs from what polars 0.18 writes for ${name}`);
  const args = (input as readonly JsonValue[]).map((part, i) => read(part, `${path}.input[${i}]`));
  return make(args[0] as Value, { args, detail, path });
}

const lastBitReason = "polars and JavaScript round it differently, in the last bit";
const unsupportedReasons: Readonly<Record<string, string>> = {
  Exp: `exp: ${lastBitReason}`,
  Log1p: `log1p: ${lastBitReason}`,
  Log: `log: ${lastBitReason}`,
  "Pow.Generic": `pow: ${lastBitReason}; multiply, as in x * x`,
  "ListExpr.Sum": "polars adds the elements of a list in a different order",
  "ListExpr.Slice": "a lambda has no slice of a list",
  "StringExpr.NChars": "the length of a string counts UTF-16 units in JavaScript, code points in polars",
  "StringExpr.Length": "the length of a string counts UTF-16 units in JavaScript, bytes in polars",
};

const floatFunction =
  (make: (tree: ExpressionTree) => ExpressionTree): Make =>
  (first, { path }) =>
    applyToNumber(floatOf(first, path), make, path);

/** The operand of a function that is exact for floats of 32 and 64 bits. */
function floatOf(value: Value, path: string) {
  const number = numberOf(value, path);
  return number.precision === "whole"
    ? fail(path, "polars has this function for floats only; cast the column to Float64 first")
    : number;
}

const numberTest =
  (make: (tree: ExpressionTree) => ExpressionTree, isTrueOfNaN: boolean) =>
  (first: Value, path: string): BooleanValue =>
    finishBoolean(testNumber(numberOf(first, path), make, isTrueOfNaN), path);
const isNaN = numberTest((tree) => callTest("isNaN", tree), true);

function stringTest(make: (operand: ExpressionTree, constant: string) => ExpressionTree): Make {
  return (first, { args, path }) => {
    const second = args[1];
    if (first.kind !== "string" || second?.kind !== "string" || !isConstant(second.tree))
      return fail(path, "expected a string and a constant string");
    const present = presenceOf(first);
    const operand: ExpressionTree = isAlwaysTrue(present)
      ? first.tree
      : { op: "??", left: first.tree, right: constantOf(""), type: "string" };
    const constant = String(valueOf(second.tree));
    const isTrue = make(operand, constant);
    return isAlwaysTrue(present)
      ? nonNull(isTrue)
      : {
          kind: "boolean",
          isTrue: logicalOp("&&", [present, isTrue]),
          isFalse: logicalOp("&&", [present, not(isTrue)]),
          tree: null,
        };
  };
}

/** Regular expressions that match only their own text. */
const plainText = /^[\w\s:;,"'<>=!@#%&~`/-]*$/;

function detailOf(call: Call, key: string): JsonValue | undefined {
  return call.detail instanceof Map
    ? (call.detail as JsonObject).get(key)
    : fail(`${call.path}.function`, `expected '${key}'`, "SL4110");
}

function limit(call: Call, key: string): number | null {
  const value = detailOf(call, key);
  if (value === null) return null;
  const path = `${call.path}.function.Clip.${key}`;
  const bound = numberOf(readLiteral(value ?? null, path), path);
  return isConstant(bound.tree) ? (valueOf(bound.tree) as number) : fail(path, "expected a number", "SL4110");
}

const functions: Readonly<Record<string, Make>> = {
  "Boolean.IsNot": (first, { path }) => invert(booleanOf(first, path)),
  "Boolean.IsNull": (first) => nonNull(not(presenceOf(first))),
  "Boolean.IsNotNull": (first) => nonNull(presenceOf(first)),
  "Boolean.IsNan": (first, { path }) => isNaN(first, path),
  // Polars' is_not_nan is true of null.
  "Boolean.IsNotNan": (first, { path }) => nonNull(not(isNaN(first, path).isTrue)),
  "Boolean.IsFinite": (first, { path }) => numberTest((tree) => callTest("isFinite", tree), false)(first, path),
  "Boolean.IsInfinite": (first, { path }) =>
    numberTest((tree) => compare("===", callFunction("abs", tree), constantOf(Number.POSITIVE_INFINITY)), false)(
      first,
      path,
    ),
  "Boolean.IsIn": (first, { args: [, series], path }) => {
    if (series?.kind !== "series") return fail(path, "expected a series of constants, not a column");
    if (first.kind === "string" && series.items.every(({ kind }) => kind === "string")) {
      return nonNull(
        logicalOp(
          "||",
          series.items.map((item) => compare("===", first.tree, (item as StringValue).tree)),
        ),
      );
    }
    if (first.kind !== "number" && first.kind !== "bigint")
      return fail(path, `cannot test whether ${describeValue(first)} is in a series`);
    return nonNull(isAmong(first, series.items, path));
  },
  "Boolean.AnyHorizontal": horizontal("||"),
  "Boolean.AllHorizontal": horizontal("&&"),
  "ListExpr.Get": (first, { args: [, index], path }) =>
    index === undefined ? fail(path, "expected the index of an element", "SL4110") : elementAt(first, index, path),
  "ListExpr.Contains": (first, { args: [, item], path }) => contains(first, item, path),
  FillNull: (first, { args: [, second], path }) => {
    if (second === undefined) return fail(path, "expected a value to fill with", "SL4110");
    return fill(first, second, path, (a, b) => fillNumber(numberOf(a, path), numberOf(b, path), path));
  },
  Coalesce: (_, { args, path }) =>
    args.reduce((left, right) =>
      fill(left, right, path, (a, b) => fillNumber(numberOf(a, path), numberOf(b, path), path)),
    ),
  Abs: floatFunction((tree) => callFunction("abs", tree)),
  Floor: floatFunction((tree) => callFunction("floor", tree)),
  Ceil: floatFunction((tree) => callFunction("ceil", tree)),
  Sign: (first, { path }) => {
    const number = applyToNumber(floatOf(first, path), (tree) => callFunction("sign", tree), path);
    return {
      ...number,
      precision: "whole",
      present: logicalOp("&&", [number.present, not(callTest("isNaN", number.tree))]),
      nanIfNull: true,
    };
  },
  "Pow.Sqrt": (first, { path }) => {
    const number = floatOf(first, path);
    if (number.precision === "float32")
      return fail(path, "polars calculates this in 32 bits, a lambda in 64; cast the column to Float64 first");
    return applyToNumber(number, (tree) => callFunction("sqrt", tree), path);
  },
  Round: (first, call) => {
    const decimals = detailOf(call, "decimals");
    if (!(decimals instanceof Object && "text" in decimals && decimals.text === "0"))
      return fail(call.path, "a lambda rounds to whole numbers only");
    // Polars rounds halves away from zero, JavaScript rounds them up.
    return applyToNumber(
      floatOf(first, call.path),
      (tree) =>
        conditional(
          compare("<", tree, constantOf(0)),
          negate(callFunction("round", negate(tree))),
          callFunction("round", tree),
        ),
      call.path,
    );
  },
  Clip: (first, call) => {
    const number = floatOf(first, call.path);
    if (number.precision !== "float64")
      return fail(call.path, "polars rounds the limits to the column's 32 bits; cast the column to Float64 first");
    return clip(number, limit(call, "min"), limit(call, "max"), call.path);
  },
  "StringExpr.StartsWith": stringTest((operand, constant) => callStringTest("startsWith", operand, constant)),
  "StringExpr.EndsWith": stringTest((operand, constant) => callStringTest("endsWith", operand, constant)),
  "StringExpr.Contains": (first, call) => {
    const constant = call.args[1];
    const isPattern =
      detailOf(call, "literal") !== true &&
      !(constant?.kind === "string" && isConstant(constant.tree) && plainText.test(String(constant.tree.value)));
    if (isPattern) return fail(call.path, "a lambda has no regular expressions");
    return stringTest((operand, part) => callStringTest("includes", operand, part))(first, call);
  },
};

function horizontal(op: "&&" | "||"): Make {
  return (_, { args, path }) =>
    finishBoolean(
      args.map((arg, i) => booleanOf(arg, `${path}.input[${i}]`)).reduce((left, right) => logical(op, left, right)),
      path,
    );
}

const maxListLength = 256;

/** Whether a list of known length contains an item. Polars finds nothing if the dtypes differ. */
function contains(list: Value, item: Value | undefined, path: string): Value {
  if (list.kind !== "list") return fail(path, `cannot search ${describeValue(list)} for an element`);
  const { read } = list;
  const size = read.shape[read.at.length] ?? null;
  if (size === null || size > maxListLength || read.shape.length - read.at.length !== 1)
    return fail(path, `the length of '${read.port}' is unknown or more than ${maxListLength}`);
  const fits =
    (read.dtype === "float64" && item?.kind === "number" && item.precision === "float64") ||
    (read.dtype === "string" && item?.kind === "string");
  if (!fits || item === undefined)
    return fail(
      path,
      `polars finds elements by dtype, and the list of ${read.dtype} is searched for ${item === undefined ? "nothing" : describeValue(item)}`,
    );
  if (!isAlwaysTrue(presenceOf(item))) return fail(path, "the searched value may be missing");
  const equal = Array.from({ length: size }, (_, index) => {
    const element = elementAt(list, { kind: "integer", value: BigInt(index) }, path);
    return "tree" in element && element.tree !== null && "tree" in item && item.tree !== null
      ? compare("===", element.tree, item.tree)
      : constantOf(false);
  });
  return finishBoolean(nonNull(logicalOp("||", equal)), path);
}
