import type { DType, Port } from "../../../dsl/tensor.js";
import type { elementType } from "../../expression/tree/tree.js";
import type { ParsedCheck } from "./parse-check.js";
import { type JsonObject, type JsonValue, NumberText } from "./lossless-json.js";

/** What an expression says of a column: how many places are taken of it, and what its elements are compared with. */
export interface Guess {
  rank: number;
  type: ReturnType<typeof elementType> | null;
  /** One more than the greatest place that is asked for; null: none is, or one is counted from the end. */
  size: number | null;
  /** What is there for missing elements says that the length may differ from row to row. */
  open?: boolean;
}
export type Guesses = Map<string, Guess>;

const dtypeOf = { number: "float64", bigint: "int64", boolean: "bool", string: "string" } as const satisfies Record<
  string,
  DType
>;

/** A port as its use tells it: doubles where nothing says otherwise, and as long as it is read. */
export function guessedPort(name: string, { rank, type, size, open = false }: Guess): Port {
  return {
    name,
    dtype: dtypeOf[type ?? "number"],
    shape: [null, ...Array.from({ length: rank }, () => (open ? null : size))],
  };
}

/** The columns of a check, by name: `in.x`, `out.y`, `out_m.z`; of the older dialect `m/output/0`. */
export function guessColumns(check: ParsedCheck, guesses: Guesses): void {
  if (check.dialect === "polars") visit(check.body, 0, "boolean", guesses);
  else visitChecks(check.body, guesses);
}

/** Functions that say what stands for a missing element. */
const ofMissing = new Set(["FillNull", "Coalesce", "IsNull", "IsNotNull"]);

type Type = Guess["type"];

function note(guesses: Guesses, column: string, rank: number, type: Type, size: number | null): void {
  const known = guesses.get(column) ?? { rank: 0, type: null, size: null };
  guesses.set(column, {
    ...known,
    rank: Math.max(known.rank, rank),
    type: known.type ?? type,
    size: size === null ? known.size : Math.max(known.size ?? 0, size),
  });
}

const part = (node: JsonValue | undefined, key: string): JsonValue | undefined =>
  node instanceof Map ? (node as JsonObject).get(key) : undefined;

/** What a literal says of the values it stands beside. */
function typeOfLiteral(node: JsonValue | undefined): Type {
  const body = part(node, "Literal");
  if (!(body instanceof Map)) return null;
  const [[dtype, value] = ["", null]] = body as JsonObject;
  const words: Readonly<Record<string, Type>> = {
    Utf8: "string",
    Boolean: "boolean",
    Float64: "number",
    UInt64: "bigint",
  };
  if (dtype === "Series") return part(value, "datatype") === "Utf8" ? "string" : null;
  if (dtype === "Int64" && value instanceof NumberText && !Number.isSafeInteger(Number(value.text))) return "bigint";
  return Object.hasOwn(words, dtype) ? (words[dtype] ?? null) : null;
}

const comparisons = new Set(["Eq", "NotEq", "Lt", "LtEq", "Gt", "GtEq", "EqValidity", "NotEqValidity"]);

/** Walks an expression; the parser has bounded its depth. */
function visit(node: JsonValue | undefined, rank: number, type: Type, guesses: Guesses): void {
  if (!(node instanceof Map)) return;
  for (const [kind, body] of node as JsonObject) {
    if (kind === "Column" && typeof body === "string") note(guesses, body, rank, type, null);
    else if (kind === "Alias" && Array.isArray(body)) visit((body as readonly JsonValue[])[0], rank, type, guesses);
    else if (kind === "Cast") visit(part(body, "expr"), rank, "number", guesses);
    else if (kind === "Ternary") {
      visit(part(body, "predicate"), 0, "boolean", guesses);
      visit(part(body, "truthy"), rank, type ?? typeOfLiteral(part(body, "falsy")), guesses);
      visit(part(body, "falsy"), rank, type ?? typeOfLiteral(part(body, "truthy")), guesses);
    } else if (kind === "BinaryExpr") visitBinary(body, guesses);
    else if (kind === "Function") visitFunction(body, rank, type, guesses);
  }
}

function visitBinary(body: JsonValue, guesses: Guesses): void {
  const [left, right, op] = [part(body, "left"), part(body, "right"), part(body, "op")];
  const isComparison = typeof op === "string" && comparisons.has(op);
  const logic = op === "And" || op === "Or" || op === "Xor" ? "boolean" : null;
  visit(left, 0, isComparison ? typeOfLiteral(right) : (logic ?? "number"), guesses);
  visit(right, 0, isComparison ? typeOfLiteral(left) : (logic ?? "number"), guesses);
}

function visitFunction(body: JsonValue, rank: number, type: Type, guesses: Guesses): void {
  const input = part(body, "input");
  if (!Array.isArray(input)) return;
  const [first, ...rest] = input as readonly JsonValue[];
  const name = part(body, "function");
  const below = (group: string): string => {
    const value = part(name, group);
    return typeof value === "string" ? value : value instanceof Map ? String([...(value as JsonObject).keys()][0]) : "";
  };
  if (below("ListExpr") === "Get") return visitElement(first, rest[0], rank, type, guesses);
  if (below("ListExpr") !== "") return visit(first, rank + 1, typeOfLiteral(rest[0]) ?? "number", guesses);
  if (below("StringExpr") !== "") return visit(first, rank, "string", guesses);
  const test = below("Boolean");
  const isOfMissing = ofMissing.has(test) || part(name, "FillNull") !== undefined || name === "Coalesce";
  // Into a map of their own, once: walking twice at each level would never end.
  const found: Guesses = isOfMissing ? new Map<string, Guess>() : guesses;
  if (test === "IsNot" || test.endsWith("Horizontal"))
    for (const each of [first, ...rest]) visit(each, rank, "boolean", found);
  else if (test === "IsNull" || test === "IsNotNull") visit(first, rank, null, found);
  else if (test === "IsIn") visit(first, rank, typeOfLiteral(rest[0]), found);
  else if (part(name, "FillNull") !== undefined || name === "Coalesce")
    for (const each of [first, ...rest])
      visit(each, rank, rest.map(typeOfLiteral).find((known) => known !== null) ?? type, found);
  else for (const each of [first, ...rest]) visit(each, rank, "number", found);
  if (isOfMissing) merge(found, guesses, (guess) => ({ ...guess, open: true }));
}

/** What a part said of its columns, beside what is known of them. */
function merge(found: Guesses, guesses: Guesses, change: (guess: Guess) => Guess): void {
  for (const [column, guess] of found) {
    note(guesses, column, guess.rank, guess.type, guess.size);
    const known = guesses.get(column) as Guess;
    guesses.set(column, change({ ...known, ...(guess.open === true ? { open: true } : {}) }));
  }
}

/** An element of a list: the list is one longer than its place at least. */
function visitElement(
  list: JsonValue | undefined,
  place: JsonValue | undefined,
  rank: number,
  type: Type,
  guesses: Guesses,
): void {
  const found: Guesses = new Map();
  visit(list, rank + 1, type, found);
  const literal = part(place, "Literal");
  const [index] = literal instanceof Map ? [...(literal as JsonObject).values()] : [];
  const at = index instanceof NumberText ? Number(index.text) : -1;
  merge(found, guesses, (guess) =>
    at >= 0 && at < 2 ** 31 ? { ...guess, size: Math.max(guess.size ?? 0, at + 1) } : { ...guess, open: true },
  );
}

/** A variable of the older dialect names its model and the number of its tensor. */
function visitChecks(node: JsonValue | undefined, guesses: Guesses): void {
  if (Array.isArray(node)) for (const each of node as readonly JsonValue[]) visitChecks(each, guesses);
  if (!(node instanceof Map)) return;
  const object = node as JsonObject;
  const [name, position, key] = [part(object.get("variant_id"), "name"), object.get("position"), object.get("key")];
  if (typeof name === "string" && typeof position === "string" && Array.isArray(key)) {
    const places = (key as readonly JsonValue[]).map((place) => (place instanceof NumberText ? Number(place.text) : 0));
    const tensor = places[0] ?? 0;
    if (tensor < 256)
      note(
        guesses,
        `${name}/${position}/${tensor}`,
        Math.min(places.length - 1, 8),
        "number",
        Math.max(0, ...places.slice(1)) + 1,
      );
  }
  for (const value of object.values()) visitChecks(value, guesses);
}
