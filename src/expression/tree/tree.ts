import * as z from "zod";
import { dtypes, type DType } from "../../../dsl/tensor.js";
import { problemOf } from "./validate.js";

/** The deepest tree that is read, so that no config can overflow the stack of what walks it. */
export const maxDepth = 256;
/** The largest tree that is compiled, in nodes. */
export const maxNodes = 20_000;

const scalarTypes = ["boolean", "number", "bigint", "string"] as const;
export type ScalarType = (typeof scalarTypes)[number];
export type ValueType = ScalarType | "list";

export const arithmeticOps = ["+", "-", "*", "/", "%"] as const;
const orderOps = ["<", ">", "<=", ">="] as const;
const equalityOps = ["===", "!=="] as const;
export const numberFunctions = [
  "abs",
  "floor",
  "ceil",
  "round",
  "trunc",
  "sign",
  "sqrt",
  "log",
  "log2",
  "log10",
  "exp",
] as const;
export const numberTests = ["isFinite", "isNaN", "isInteger"] as const;
export const stringTests = ["startsWith", "endsWith", "includes"] as const;
export const aggregateFunctions = ["count", "sum", "avg", "min", "max", "quantile", "share"] as const;
export type AggregateFunction = (typeof aggregateFunctions)[number];
export type ArithmeticOp = (typeof arithmeticOps)[number];
export type CompareOp = (typeof orderOps)[number] | (typeof equalityOps)[number];
export type NumberFunction = (typeof numberFunctions)[number];
export type NumberTest = (typeof numberTests)[number];
export type StringTest = (typeof stringTests)[number];

/** The tensor a read takes from: a request column, a current output, or an output of one model of a shadow. */
export type Source = "in" | "out" | { readonly model: string };

/** An element's place along one axis: a number, or the place at which the `every` or `some` of that binder stands. */
export type Place = number | { readonly binder: number };

/**
 * Reads a port of the row at `at`. `shape` is the row's (the batch dimension gone; null: size unknown). With fewer
 * places than axes it is a list. `nullable`: the place may be past the end, and the value is then `undefined`.
 */
export interface Read {
  readonly op: "read";
  readonly from: Source;
  readonly port: string;
  readonly dtype: DType;
  readonly shape: readonly (number | null)[];
  readonly at: readonly Place[];
  readonly type: ValueType;
  readonly nullable: boolean;
}

/** A constant. Numbers that JSON lacks (`NaN`, `Infinity`, `-Infinity`, `-0`) and bigints are text. */
export interface Constant {
  readonly op: "constant";
  readonly type: ScalarType;
  readonly value: boolean | number | string;
}

/** The typed tree of a lambda: what each operation means is what JavaScript means by it. */
export type ExpressionTree =
  | Read
  | Constant
  /** The item of a constant list at a binder's place. */
  | { readonly op: "pick"; readonly items: readonly Constant[]; readonly binder: number; readonly type: ScalarType }
  /** The place at which an `every` or `some` stands. */
  | { readonly op: "position"; readonly binder: number; readonly type: "number" }
  | { readonly op: "length"; readonly list: Read; readonly type: "number" }
  | {
      readonly op: ArithmeticOp;
      readonly left: ExpressionTree;
      readonly right: ExpressionTree;
      readonly type: "number" | "bigint";
    }
  | { readonly op: CompareOp; readonly left: ExpressionTree; readonly right: ExpressionTree; readonly type: "boolean" }
  | { readonly op: "negate"; readonly operand: ExpressionTree; readonly type: "number" | "bigint" }
  | { readonly op: "!"; readonly operand: ExpressionTree; readonly type: "boolean" }
  | { readonly op: "&&" | "||"; readonly args: readonly ExpressionTree[]; readonly type: "boolean" }
  | { readonly op: "**"; readonly left: ExpressionTree; readonly right: ExpressionTree; readonly type: "number" }
  | { readonly op: "min" | "max" | "hypot"; readonly args: readonly ExpressionTree[]; readonly type: "number" }
  | { readonly op: NumberFunction; readonly operand: ExpressionTree; readonly type: "number" }
  | { readonly op: NumberTest; readonly operand: ExpressionTree; readonly type: "boolean" }
  /** Whether a string that is there starts with, ends with or holds a constant. */
  | { readonly op: StringTest; readonly operand: ExpressionTree; readonly text: string; readonly type: "boolean" }
  /** Whether a value is past the end of its list. */
  | { readonly op: "missing"; readonly operand: ExpressionTree; readonly type: "boolean" }
  /** `left`, or `right` where `left` is past the end of its list. */
  | { readonly op: "??"; readonly left: ExpressionTree; readonly right: ExpressionTree; readonly type: ScalarType }
  | {
      readonly op: "conditional";
      readonly test: ExpressionTree;
      readonly then: ExpressionTree;
      readonly otherwise: ExpressionTree;
      readonly type: ScalarType;
      readonly nullable: boolean;
    }
  | {
      readonly op: "every" | "some";
      readonly list: Read;
      readonly binder: number;
      readonly body: ExpressionTree;
      readonly type: "boolean";
    }
  | Aggregate;

/**
 * What an alert asks of the rows of its window. `body` is the tree of one row: a number, for `count` and `share` a
 * boolean. A null body counts all rows. `quantile` is the share from 0 to 1 of that function.
 */
export interface Aggregate {
  readonly op: "aggregate";
  readonly fn: AggregateFunction;
  readonly quantile: number | null;
  readonly body: ExpressionTree | null;
  readonly type: "number";
}

export type Op = ExpressionTree["op"];
/** The node of one op, with the ops that share its form: `NodeOf<"read">`, `NodeOf<"+">`. */
export type NodeOf<O extends Op> = Having<ExpressionTree, O>;
// Extract would give never for "+": that node's op is all four.
type Having<N extends ExpressionTree, O extends Op> = N extends { readonly op: infer P }
  ? O extends P
    ? N
    : never
  : never;

const scalar = z.enum(scalarTypes);
const binder = z.number().int().nonnegative();
const size = z.number().int().nonnegative();
const boolean = z.literal("boolean");
const number = z.literal("number");

const read = z.strictObject({
  op: z.literal("read"),
  from: z.union([z.enum(["in", "out"]), z.strictObject({ model: z.string().min(1) })]),
  port: z.string(),
  dtype: z.enum(dtypes),
  shape: z.array(size.nullable()),
  at: z.array(z.union([size, z.strictObject({ binder })])),
  type: z.enum([...scalarTypes, "list"]),
  nullable: z.boolean(),
});

const constant = z
  .strictObject({ op: z.literal("constant"), type: scalar, value: z.union([z.boolean(), z.number(), z.string()]) })
  .refine((node) => isEncoded(node), "the value is not of the constant's type");

const node: z.ZodType<ExpressionTree> = z.lazy(() =>
  z.discriminatedUnion("op", [
    read,
    constant,
    z.strictObject({ op: z.literal("pick"), items: z.array(constant).min(1), binder, type: scalar }),
    z.strictObject({ op: z.literal("position"), binder, type: number }),
    z.strictObject({ op: z.literal("length"), list: read, type: number }),
    z.strictObject({ op: z.enum(arithmeticOps), left: node, right: node, type: z.enum(["number", "bigint"]) }),
    z.strictObject({ op: z.enum([...orderOps, ...equalityOps]), left: node, right: node, type: boolean }),
    z.strictObject({ op: z.literal("negate"), operand: node, type: z.enum(["number", "bigint"]) }),
    z.strictObject({ op: z.literal("!"), operand: node, type: boolean }),
    z.strictObject({ op: z.enum(["&&", "||"]), args: z.array(node), type: boolean }),
    z.strictObject({ op: z.literal("**"), left: node, right: node, type: number }),
    z.strictObject({ op: z.enum(["min", "max", "hypot"]), args: z.array(node).min(1), type: number }),
    z.strictObject({ op: z.enum(numberFunctions), operand: node, type: number }),
    z.strictObject({ op: z.enum(numberTests), operand: node, type: boolean }),
    z.strictObject({ op: z.enum(stringTests), operand: node, text: z.string(), type: boolean }),
    z.strictObject({ op: z.literal("missing"), operand: node, type: boolean }),
    z.strictObject({ op: z.literal("??"), left: node, right: node, type: scalar }),
    z.strictObject({
      op: z.literal("conditional"),
      test: node,
      then: node,
      otherwise: node,
      type: scalar,
      nullable: z.boolean(),
    }),
    z.strictObject({ op: z.enum(["every", "some"]), list: read, binder, body: node, type: boolean }),
    z.strictObject({
      op: z.literal("aggregate"),
      fn: z.enum(aggregateFunctions),
      quantile: z.number().min(0).max(1).nullable(),
      body: node.nullable(),
      type: number,
    }),
  ]),
);

/** A typed tree's schema. Depth and size are looked at first, without recursion; types and places last. */
const treeOver = (over: "row" | "rows") =>
  z
    .unknown()
    .superRefine((value, context) => {
      const problem = tooLarge(value);
      if (problem !== null) context.addIssue({ code: "custom", message: problem });
    })
    .pipe(
      node.superRefine((tree, context) => {
        const problem = problemOf(tree, over);
        if (problem !== null) context.addIssue({ code: "custom", message: problem });
      }),
    );

/** What a validation asks of one row. */
export const expressionTree = treeOver("row");
/** What an alert asks of the rows of its window. */
export const alertTree = treeOver("rows");

/** Words for a tree (or any JSON) that is too deep or too large to walk, or null. */
export function tooLarge(value: unknown): string | null {
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  let nodes = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    // Between two nodes stands at most one array.
    if (next.depth > 2 * maxDepth) return `the expression is nested more than ${maxDepth} deep`;
    if (++nodes > 4 * maxNodes) return `the expression has more than ${maxNodes} parts`;
    for (const child of Object.values(next.value)) pending.push({ value: child, depth: next.depth + 1 });
  }
  return null;
}

const textOfNumber: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

function isEncoded(node: { type: ScalarType; value: boolean | number | string }): boolean {
  switch (node.type) {
    case "bigint":
      return typeof node.value === "string" && /^-?\d{1,400}$/.test(node.value);
    case "number":
      return (
        typeof node.value === "number" || (typeof node.value === "string" && Object.hasOwn(textOfNumber, node.value))
      );
    default:
      return typeof node.value === node.type;
  }
}

export type ConstantValue = boolean | number | bigint | string;

/** The constant node of a value. */
export function constantOf(value: ConstantValue): Constant {
  switch (typeof value) {
    case "number":
      return {
        op: "constant",
        type: "number",
        value: Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : String(value),
      };
    case "bigint":
      return { op: "constant", type: "bigint", value: value.toString() };
    case "boolean":
      return { op: "constant", type: "boolean", value };
    default:
      return { op: "constant", type: "string", value };
  }
}

/** The value of a constant node. */
export function valueOf(node: Constant): ConstantValue {
  if (node.type === "bigint") return BigInt(node.value);
  if (node.type === "number" && typeof node.value === "string") return textOfNumber[node.value] ?? Number.NaN;
  return node.value;
}

export function isConstant(node: ExpressionTree): node is Constant {
  return node.op === "constant";
}

/** Whether the value may be `undefined`: an element past the end of a list of unknown length. */
export function isNullable(node: ExpressionTree): boolean {
  if (node.op === "??") return isNullable(node.right);
  return (node.op === "read" || node.op === "conditional") && node.nullable;
}

/** The column a read takes from, as logs and platforms name it: `in.x`, `out.y`, `out_c1.z`. */
export function columnName(node: { readonly from: Source; readonly port: string }): string {
  return typeof node.from === "string" ? `${node.from}.${node.port}` : `out_${node.from.model}.${node.port}`;
}

/** The nodes directly below a node. */
export function children(node: ExpressionTree): readonly ExpressionTree[] {
  switch (node.op) {
    case "read":
    case "constant":
    case "pick":
    case "position":
      return [];
    case "length":
      return [node.list];
    case "every":
    case "some":
      return [node.list, node.body];
    case "conditional":
      return [node.test, node.then, node.otherwise];
    case "aggregate":
      return node.body === null ? [] : [node.body];
    default:
      if ("args" in node) return node.args;
      return "operand" in node ? [node.operand] : [node.left, node.right];
  }
}

/**
 * The columns a tree reads, each once, in order of first mention.
 *
 * @example columnsRead(tree) // ["out.score"]
 */
export function columnsRead(tree: ExpressionTree): string[] {
  const names = new Set<string>();
  const visit = (node: ExpressionTree): void => {
    if (node.op === "read") names.add(columnName(node));
    for (const child of children(node)) visit(child);
  };
  visit(tree);
  return [...names];
}
