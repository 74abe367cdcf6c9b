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
import { fillNumber, apply, clipped, isAmong, named, numberOf, testNumber } from "./number.js";
import { type JsonObject, type JsonValue } from "../lossless-json.js";
import { constantOf, type ExpressionTree, isConstant, valueOf } from "../../../expression/tree/tree.js";
import { strangeOption } from "./options.js";
import { anyOf, booleanOf, elementAt, fill, only, readLiteral, type ReadPart } from "./parts.js";
import {
  type BooleanValue,
  certain,
  invert,
  isAlways,
  logical,
  presence,
  type StringValue,
  unread,
  type Value,
} from "./value.js";

interface Call {
  readonly args: readonly Value[];
  /** What stands below the function's name, such as `{"decimals":0}`. */
  readonly detail: JsonValue | undefined;
  readonly path: string;
}
type Make = (first: Value, call: Call) => Value;

/** A function's name in one word (`ListExpr.Get`), and what stands below it. */
function nameOf(value: JsonValue | undefined, path: string): readonly [string, JsonValue | undefined] {
  if (typeof value === "string") return [value, undefined];
  const [group, below] = only(value, path);
  if (typeof below === "string") return [`${group}.${below}`, undefined];
  if (group !== "StringExpr" && group !== "ListExpr" && group !== "Boolean") return [group, below];
  const [name, detail] = only(below, `${path}.${group}`);
  return [`${group}.${name}`, detail];
}

export function readFunction(node: JsonObject, path: string, read: ReadPart): Value {
  const input = node.get("input");
  if (!Array.isArray(input) || input.length === 0)
    return unread(`${path}.input`, "a list of operands is needed", "SL4110");
  const [name, detail] = nameOf(node.get("function"), `${path}.function`);
  const make = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (make === undefined)
    return unread(
      `${path}.function`,
      Object.hasOwn(reasons, name) ? (reasons[name] ?? "") : `'${name}' has no twin in a lambda`,
    );
  const strange = strangeOption(name, node.get("options"));
  if (strange !== null)
    return unread(`${path}.options`, `the option '${strange}' is not as polars 0.18 has it for ${name}`);
  const args = (input as readonly JsonValue[]).map((part, i) => read(part, `${path}.input[${i}]`));
  return make(args[0] as Value, { args, detail, path });
}

const inTheLastBit = "polars rounds it otherwise than JavaScript, in the last bit";
const reasons: Readonly<Record<string, string>> = {
  Exp: `exp: ${inTheLastBit}`,
  Log1p: `log1p: ${inTheLastBit}`,
  Log: `log: ${inTheLastBit}`,
  "Pow.Generic": `pow: ${inTheLastBit}; multiply, as in x * x`,
  "ListExpr.Sum": "polars adds the elements of a list in an order of its own",
  "ListExpr.Slice": "a lambda has no slice of a list",
  "StringExpr.NChars": "the length of a string counts UTF-16 units in JavaScript, code points in polars",
  "StringExpr.Length": "the length of a string counts UTF-16 units in JavaScript, bytes in polars",
};

const one =
  (make: (tree: ExpressionTree) => ExpressionTree): Make =>
  (first, { path }) =>
    apply(float(first, path), make, path);

/** Functions that are exact for floats of 32 and 64 bits alike. */
function float(value: Value, path: string) {
  const number = numberOf(value, path);
  return number.precision === "whole"
    ? unread(path, "polars has it for floats only; cast the column to Float64 first")
    : number;
}

const tested =
  (make: (tree: ExpressionTree) => ExpressionTree, isTrueOfNaN: boolean) =>
  (first: Value, path: string): BooleanValue =>
    anyOf(testNumber(numberOf(first, path), make, isTrueOfNaN), path);
const isNaN = tested((tree) => callTest("isNaN", tree), true);

function text(make: (operand: ExpressionTree, constant: string) => ExpressionTree): Make {
  return (first, { args, path }) => {
    const second = args[1];
    if (first.kind !== "string" || second?.kind !== "string" || !isConstant(second.tree))
      return unread(path, "a string and a constant string are needed");
    const present = presence(first);
    const operand: ExpressionTree = isAlways(present)
      ? first.tree
      : { op: "??", left: first.tree, right: constantOf(""), type: "string" };
    const constant = String(valueOf(second.tree));
    const yes = make(operand, constant);
    return isAlways(present)
      ? certain(yes)
      : { kind: "boolean", yes: logicalOp("&&", [present, yes]), no: logicalOp("&&", [present, not(yes)]), tree: null };
  };
}

/** What a regular expression may hold and still be plain text. */
const plain = /^[\w\s:;,"'<>=!@#%&~`/-]*$/;

function detailOf(call: Call, key: string): JsonValue | undefined {
  return call.detail instanceof Map
    ? (call.detail as JsonObject).get(key)
    : unread(`${call.path}.function`, `'${key}' is needed`, "SL4110");
}

function limit(call: Call, key: string): number | null {
  const value = detailOf(call, key);
  if (value === null) return null;
  const path = `${call.path}.function.Clip.${key}`;
  const bound = numberOf(readLiteral(value ?? null, path), path);
  return isConstant(bound.tree) ? (valueOf(bound.tree) as number) : unread(path, "a number is needed", "SL4110");
}

const functions: Readonly<Record<string, Make>> = {
  "Boolean.IsNot": (first, { path }) => invert(booleanOf(first, path)),
  "Boolean.IsNull": (first) => certain(not(presence(first))),
  "Boolean.IsNotNull": (first) => certain(presence(first)),
  "Boolean.IsNan": (first, { path }) => isNaN(first, path),
  // It is true of null, too.
  "Boolean.IsNotNan": (first, { path }) => certain(not(isNaN(first, path).yes)),
  "Boolean.IsFinite": (first, { path }) => tested((tree) => callTest("isFinite", tree), false)(first, path),
  "Boolean.IsInfinite": (first, { path }) =>
    tested((tree) => compare("===", callFunction("abs", tree), constantOf(Number.POSITIVE_INFINITY)), false)(
      first,
      path,
    ),
  "Boolean.IsIn": (first, { args: [, series], path }) => {
    if (series?.kind !== "series") return unread(path, "it is asked for among other columns");
    if (first.kind === "string" && series.items.every(({ kind }) => kind === "string")) {
      return certain(
        logicalOp(
          "||",
          series.items.map((item) => compare("===", first.tree, (item as StringValue).tree)),
        ),
      );
    }
    if (first.kind !== "number" && first.kind !== "bigint")
      return unread(path, `${named(first)} is looked for among others`);
    return certain(isAmong(first, series.items, path));
  },
  "Boolean.AnyHorizontal": horizontal("||"),
  "Boolean.AllHorizontal": horizontal("&&"),
  "ListExpr.Get": (first, { args: [, place], path }) =>
    place === undefined ? unread(path, "the place of an element is needed", "SL4110") : elementAt(first, place, path),
  "ListExpr.Contains": (first, { args: [, item], path }) => contains(first, item, path),
  FillNull: (first, { args: [, second], path }) => {
    if (second === undefined) return unread(path, "what to fill with is needed", "SL4110");
    return fill(first, second, path, (a, b) => fillNumber(numberOf(a, path), numberOf(b, path), path));
  },
  Coalesce: (_, { args, path }) =>
    args.reduce((left, right) =>
      fill(left, right, path, (a, b) => fillNumber(numberOf(a, path), numberOf(b, path), path)),
    ),
  Abs: one((tree) => callFunction("abs", tree)),
  Floor: one((tree) => callFunction("floor", tree)),
  Ceil: one((tree) => callFunction("ceil", tree)),
  Sign: (first, { path }) => {
    const number = apply(float(first, path), (tree) => callFunction("sign", tree), path);
    return {
      ...number,
      precision: "whole",
      present: logicalOp("&&", [number.present, not(callTest("isNaN", number.tree))]),
      lapses: true,
    };
  },
  "Pow.Sqrt": (first, { path }) => {
    const number = float(first, path);
    if (number.precision === "float32")
      return unread(path, "polars calculates this in 32 bits, a lambda in 64; cast the column to Float64 first");
    return apply(number, (tree) => callFunction("sqrt", tree), path);
  },
  Round: (first, call) => {
    const decimals = detailOf(call, "decimals");
    if (!(decimals instanceof Object && "text" in decimals && decimals.text === "0"))
      return unread(call.path, "a lambda rounds to whole numbers only");
    // Halves go away from zero in polars, upwards in JavaScript.
    return apply(
      float(first, call.path),
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
    const number = float(first, call.path);
    if (number.precision !== "float64")
      return unread(call.path, "the limits take the column's 32 bits; cast the column to Float64 first");
    return clipped(number, limit(call, "min"), limit(call, "max"), call.path);
  },
  "StringExpr.StartsWith": text((operand, constant) => callStringTest("startsWith", operand, constant)),
  "StringExpr.EndsWith": text((operand, constant) => callStringTest("endsWith", operand, constant)),
  "StringExpr.Contains": (first, call) => {
    const constant = call.args[1];
    const isPattern =
      detailOf(call, "literal") !== true &&
      !(constant?.kind === "string" && isConstant(constant.tree) && plain.test(String(constant.tree.value)));
    if (isPattern) return unread(call.path, "a lambda has no regular expressions");
    return text((operand, part) => callStringTest("includes", operand, part))(first, call);
  },
};

function horizontal(op: "&&" | "||"): Make {
  return (_, { args, path }) =>
    anyOf(
      args.map((arg, i) => booleanOf(arg, `${path}.input[${i}]`)).reduce((left, right) => logical(op, left, right)),
      path,
    );
}

const longestList = 256;

/** Among the elements of a list whose length is known; polars finds nothing where the dtypes differ. */
function contains(list: Value, item: Value | undefined, path: string): Value {
  if (list.kind !== "list") return unread(path, `an element is looked for in ${named(list)}`);
  const { read } = list;
  const size = read.shape[read.at.length] ?? null;
  if (size === null || size > longestList || read.shape.length - read.at.length !== 1)
    return unread(path, `the length of '${read.port}' is not known, or more than ${longestList}`);
  const fits =
    (read.dtype === "float64" && item?.kind === "number" && item.precision === "float64") ||
    (read.dtype === "string" && item?.kind === "string");
  if (!fits || item === undefined)
    return unread(
      path,
      `polars looks for ${item === undefined ? "nothing" : named(item)} in a list of ${read.dtype}, and finds it by dtype`,
    );
  if (!isAlways(presence(item))) return unread(path, "what is looked for may be missing");
  const equal = Array.from({ length: size }, (_, place) => {
    const element = elementAt(list, { kind: "integer", value: BigInt(place) }, path);
    return "tree" in element && element.tree !== null && "tree" in item && item.tree !== null
      ? compare("===", element.tree, item.tree)
      : constantOf(false);
  });
  return anyOf(certain(logicalOp("||", equal)), path);
}
