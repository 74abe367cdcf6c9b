import type { DType, Port } from "../../../dsl/tensor.js";
import type { elementType } from "../../expression/tree/tree.js";
import { type JsonObject, type JsonValue, NumberText } from "./lossless-json.js";
import type { ParsedCheck } from "./parse-check.js";

// How checks use columns: the only source for the ports of models without a signature.

type ElementType = ReturnType<typeof elementType> | null;

/** How expressions use a column. */
export interface Usage {
  /** How many axes are indexed. */
  rank: number;
  /** The type of the literals that its elements are compared with, or null. */
  type: ElementType;
  /** The highest index read plus one; null if no index is read, or one is counted from the end. */
  size: number | null;
  /** Set if the expression handles missing elements, which means that the length varies by row. */
  isVariable?: boolean;
}
export type UsageByColumn = Map<string, Usage>;

const dtypeOf = { number: "float64", bigint: "int64", boolean: "bool", string: "string" } as const satisfies Record<
  string,
  DType
>;

/** A port that fits its usage: float64 by default, and just long enough. */
export function inferredPort(name: string, { rank, type, size, isVariable = false }: Usage): Port {
  return {
    name,
    dtype: dtypeOf[type ?? "number"],
    shape: ["batch", ...Array.from({ length: rank }, () => (isVariable ? null : size))],
  };
}

/** Adds the columns of a check, by name: `in.x`, `out.y`, `out_m.z`; in the `checks` dialect `m/output/0`. */
export function collectUsage(check: ParsedCheck, usage: UsageByColumn): void {
  if (check.dialect === "polars") visit(check.body, 0, "boolean", usage);
  else visitChecks(check.body, usage);
}

function add(usage: UsageByColumn, column: string, rank: number, type: ElementType, size: number | null): void {
  const known = usage.get(column) ?? { rank: 0, type: null, size: null };
  usage.set(column, {
    ...known,
    rank: Math.max(known.rank, rank),
    type: known.type ?? type,
    size: size === null ? known.size : Math.max(known.size ?? 0, size),
  });
}

const valueAt = (node: JsonValue | undefined, key: string): JsonValue | undefined =>
  node instanceof Map ? (node as JsonObject).get(key) : undefined;

/** The element type that a literal implies for the other operand. */
function typeOfLiteral(node: JsonValue | undefined): ElementType {
  const body = valueAt(node, "Literal");
  if (!(body instanceof Map)) return null;
  const [[dtype, value] = ["", null]] = body as JsonObject;
  const types: Readonly<Record<string, ElementType>> = {
    Utf8: "string",
    Boolean: "boolean",
    Float64: "number",
    UInt64: "bigint",
  };
  if (dtype === "Series") return valueAt(value, "datatype") === "Utf8" ? "string" : null;
  if (dtype === "Int64" && value instanceof NumberText && !Number.isSafeInteger(Number(value.text))) return "bigint";
  return Object.hasOwn(types, dtype) ? (types[dtype] ?? null) : null;
}

const comparisons = new Set(["Eq", "NotEq", "Lt", "LtEq", "Gt", "GtEq", "EqValidity", "NotEqValidity"]);

/** Walks an expression. The JSON parser has limited its depth. */
function visit(node: JsonValue | undefined, rank: number, type: ElementType, usage: UsageByColumn): void {
  if (!(node instanceof Map)) return;
  for (const [kind, body] of node as JsonObject) {
    if (kind === "Column" && typeof body === "string") add(usage, body, rank, type, null);
    else if (kind === "Alias" && Array.isArray(body)) visit((body as readonly JsonValue[])[0], rank, type, usage);
    else if (kind === "Cast") visit(valueAt(body, "expr"), rank, "number", usage);
    else if (kind === "Ternary") {
      visit(valueAt(body, "predicate"), 0, "boolean", usage);
      visit(valueAt(body, "truthy"), rank, type ?? typeOfLiteral(valueAt(body, "falsy")), usage);
      visit(valueAt(body, "falsy"), rank, type ?? typeOfLiteral(valueAt(body, "truthy")), usage);
    } else if (kind === "BinaryExpr") visitBinary(body, usage);
    else if (kind === "Function") visitFunction(body, rank, type, usage);
  }
}

function visitBinary(body: JsonValue, usage: UsageByColumn): void {
  const [left, right, op] = [valueAt(body, "left"), valueAt(body, "right"), valueAt(body, "op")];
  const isComparison = typeof op === "string" && comparisons.has(op);
  const operandType = op === "And" || op === "Or" || op === "Xor" ? "boolean" : "number";
  visit(left, 0, isComparison ? typeOfLiteral(right) : operandType, usage);
  visit(right, 0, isComparison ? typeOfLiteral(left) : operandType, usage);
}

function visitFunction(body: JsonValue, rank: number, type: ElementType, usage: UsageByColumn): void {
  const input = valueAt(body, "input");
  if (!Array.isArray(input)) return;
  const [first, ...rest] = input as readonly JsonValue[];
  const name = valueAt(body, "function");
  const nameIn = (group: string): string => {
    const value = valueAt(name, group);
    return typeof value === "string" ? value : value instanceof Map ? String([...(value as JsonObject).keys()][0]) : "";
  };
  if (nameIn("ListExpr") === "Get") return visitElement(first, rest[0], rank, type, usage);
  if (nameIn("ListExpr") !== "") return visit(first, rank + 1, typeOfLiteral(rest[0]) ?? "number", usage);
  if (nameIn("StringExpr") !== "") return visit(first, rank, "string", usage);
  const test = nameIn("Boolean");
  const isFill = valueAt(name, "FillNull") !== undefined || name === "Coalesce";
  const isNullTest = test === "IsNull" || test === "IsNotNull";
  const handlesMissing = isFill || isNullTest;
  // A separate map is filled once and merged: a second walk per level would take exponential time.
  const found: UsageByColumn = handlesMissing ? new Map<string, Usage>() : usage;
  if (test === "IsNot" || test.endsWith("Horizontal"))
    for (const each of [first, ...rest]) visit(each, rank, "boolean", found);
  else if (isNullTest) visit(first, rank, null, found);
  else if (test === "IsIn") visit(first, rank, typeOfLiteral(rest[0]), found);
  else if (isFill)
    for (const each of [first, ...rest])
      visit(each, rank, rest.map(typeOfLiteral).find((known) => known !== null) ?? type, found);
  else for (const each of [first, ...rest]) visit(each, rank, "number", found);
  if (handlesMissing) merge(found, usage, (known) => ({ ...known, isVariable: true }));
}

/** Merges the usage in one part of an expression into the whole. */
function merge(found: UsageByColumn, usage: UsageByColumn, change: (known: Usage) => Usage): void {
  for (const [column, part] of found) {
    add(usage, column, part.rank, part.type, part.size);
    const known = usage.get(column) as Usage;
    usage.set(column, change({ ...known, ...(part.isVariable === true ? { isVariable: true } : {}) }));
  }
}

/** An element of a list: the list has at least the index plus one elements. */
function visitElement(
  list: JsonValue | undefined,
  index: JsonValue | undefined,
  rank: number,
  type: ElementType,
  usage: UsageByColumn,
): void {
  const found: UsageByColumn = new Map();
  visit(list, rank + 1, type, found);
  const literal = valueAt(index, "Literal");
  const [value] = literal instanceof Map ? [...(literal as JsonObject).values()] : [];
  const at = value instanceof NumberText ? Number(value.text) : -1;
  merge(found, usage, (known) =>
    at >= 0 && at < 2 ** 31 ? { ...known, size: Math.max(known.size ?? 0, at + 1) } : { ...known, isVariable: true },
  );
}

/** A variable of the `checks` dialect names its model and the number of its tensor. */
function visitChecks(node: JsonValue | undefined, usage: UsageByColumn): void {
  if (Array.isArray(node)) for (const each of node as readonly JsonValue[]) visitChecks(each, usage);
  if (!(node instanceof Map)) return;
  const object = node as JsonObject;
  const [name, position, key] = [valueAt(object.get("variant_id"), "name"), object.get("position"), object.get("key")];
  if (typeof name === "string" && typeof position === "string" && Array.isArray(key)) {
    const indexes = (key as readonly JsonValue[]).map((index) =>
      index instanceof NumberText ? Number(index.text) : 0,
    );
    const [tensor = 0, ...elements] = indexes;
    if (tensor < maxTensors)
      add(
        usage,
        `${name}/${position}/${tensor}`,
        Math.min(indexes.length - 1, maxRank),
        "number",
        Math.max(0, ...elements) + 1,
      );
  }
  for (const value of object.values()) visitChecks(value, usage);
}

const maxTensors = 256;
const maxRank = 8;
