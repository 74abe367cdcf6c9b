import type { DType } from "../../../dsl/tensor.js";

export const scalarTypes = ["boolean", "number", "bigint", "string"] as const;
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
export const compareOps = [...orderOps, ...equalityOps] as const;
export type CompareOp = (typeof compareOps)[number];
export type NumberFunction = (typeof numberFunctions)[number];
export type NumberTest = (typeof numberTests)[number];
export type StringTest = (typeof stringTests)[number];

/** The tensor a read takes from: a request column, a current output, or an output of one model of a shadow. */
export type Source = "in" | "out" | { readonly model: string };

/** An element's place along one axis: a number, or the place at which the `every` or `some` of that binder stands. */
export type Index = number | { readonly binder: number };

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
  readonly at: readonly Index[];
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

export const textOfNumber: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

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

/** What a port's elements are in JavaScript. */
export function elementType(dtype: DType): "boolean" | "number" | "bigint" | "string" {
  if (dtype === "int64" || dtype === "uint64") return "bigint";
  if (dtype === "bool") return "boolean";
  return dtype === "string" ? "string" : "number";
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
