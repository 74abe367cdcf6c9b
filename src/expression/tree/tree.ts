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

/** The source of a read: the request, the current outputs, or the outputs of one model of a multi-model step. */
export type Source = "in" | "out" | { readonly model: string };

/** An index along one axis: a number, or the current position of the `every` or `some` with that binder. */
export type Index = number | { readonly binder: number };

/**
 * Reads a port of the row at the indexes `at`. `shape` is the row's shape, without the batch dimension; null is an
 * unknown size. With fewer indexes than axes the value is a list. If `nullable`, an index may be past the end, and the
 * value is then `undefined`.
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

/** A constant. Bigints and the numbers that JSON lacks (`NaN`, `Infinity`, `-Infinity`, `-0`) are text. */
export interface Constant {
  readonly op: "constant";
  readonly type: ScalarType;
  readonly value: boolean | number | string;
}

/** The typed tree of a lambda. Each operation means what it means in JavaScript. */
export type ExpressionTree =
  | Read
  | Constant
  /** The item of a constant list at a binder's position. */
  | { readonly op: "pick"; readonly items: readonly Constant[]; readonly binder: number; readonly type: ScalarType }
  /** The current position of an `every` or `some`. */
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
  /** `Number(…)` of a bigint: the nearest double, NaN for a missing element. */
  | { readonly op: "toNumber"; readonly operand: ExpressionTree; readonly type: "number" }
  | { readonly op: NumberTest; readonly operand: ExpressionTree; readonly type: "boolean" }
  /** Whether a string, never missing, starts with, ends with or includes a constant. */
  | { readonly op: StringTest; readonly operand: ExpressionTree; readonly text: string; readonly type: "boolean" }
  /** Whether a value is past the end of its list. */
  | { readonly op: "missing"; readonly operand: ExpressionTree; readonly type: "boolean" }
  /** `left`, or `right` if `left` is past the end of its list. */
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
 * An aggregate over the rows of an alert's window. `body` is the expression of one row: a boolean for `count` and
 * `share`, a number for the others. A null body counts all rows. Only the function `quantile` has a `quantile`, from 0
 * to 1.
 */
export interface Aggregate {
  readonly op: "aggregate";
  readonly fn: AggregateFunction;
  readonly quantile: number | null;
  readonly body: ExpressionTree | null;
  readonly type: "number";
}

export type Op = ExpressionTree["op"];
/** The node type of an op. Ops of the same form share it: `NodeOf<"read">`, `NodeOf<"+">`. */
export type NodeOf<O extends Op> = WithOp<ExpressionTree, O>;
// `Extract<ExpressionTree, { op: "+" }>` is never, because that node's op is a union of all arithmetic ops.
type WithOp<N extends ExpressionTree, O extends Op> = N extends { readonly op: infer P }
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

/** The JavaScript type of a port's elements. */
export function elementType(dtype: DType): "boolean" | "number" | "bigint" | "string" {
  if (dtype === "int64" || dtype === "uint64") return "bigint";
  if (dtype === "bool") return "boolean";
  return dtype === "string" ? "string" : "number";
}

/** The length of a list, or null if the signature leaves it open. */
export const listLength = (list: Read): number | null => list.shape[list.at.length] ?? null;

/** The column of a read, as logs and platforms name it: `in.x`, `out.y`, `out_c1.z`. */
export function columnName(node: { readonly from: Source; readonly port: string }): string {
  return typeof node.from === "string" ? `${node.from}.${node.port}` : `out_${node.from.model}.${node.port}`;
}

/** The operands of a node. */
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
 * The distinct columns a tree reads, in order of first use.
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
