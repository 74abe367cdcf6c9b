import { type ErrorCode, LambdaError } from "../../../dsl/errors.js";
import { unroll, unrolledSize } from "../tree/builders.js";
import { expand, type ExpandableOp } from "../tree/expand.js";
import { maxUnrolledLength } from "../tree/size.js";
import { columnName, type ExpressionTree, isConstant, type NodeOf, type Op, type Read } from "../tree/tree.js";

// What the emitters share: the table of writers, refusals, length limits, and rows that many tables have.

/** Writes one node as `T`. The context `C` holds what the back-end knows about the nodes around it. */
export type Write<O extends Op, C, T = string> = (node: NodeOf<O>, context: C) => T;

/** A back-end's table: one writer per operation. */
export type Writers<C, T = string> = { readonly [O in Op]: Write<O, C, T> };

/** Nodes that one text may be written from. Texts of so many nodes are longer than any target accepts. */
const maxWritten = 100_000;

let written = 0;
let allowed = Infinity;

/** The nodes that were written so far in all texts of this process: for limits on the work of compiling. */
export const writtenNodes = (): number => written;

/** Writes one text. Refuses to write a node again and again: some operations write an operand more than once. */
export function writeText(write: () => string): string {
  allowed = written + maxWritten;
  try {
    return write();
  } finally {
    allowed = Infinity;
  }
}

/** Writes a node with the table's writer for its operation. */
export function emit<C, T>(writers: Writers<C, T>, node: ExpressionTree, context: C): T {
  if (++written > allowed) refuseSize();
  return (writers[node.op] as Write<Op, C, T>)(node, context);
}

const refuseSize = (): never =>
  refuse("SL1203", `its text is written from more than ${maxWritten} nodes; split it into several validations`);

/** Writes lists of known length element by element. */
export function unrolled(tree: ExpressionTree): ExpressionTree {
  const size = unrolledSize(tree, maxUnrolledLength);
  written += size;
  return size > maxWritten ? refuseSize() : unroll(tree, maxUnrolledLength);
}

/** Refuses the expression: the back-end has no exact text for it. */
export function refuse(code: ErrorCode, reason: string): never {
  throw new LambdaError(code, reason);
}

/** Refuses a text that is longer than the target accepts. */
export const refuseLength = (maxLength: number, parts: "validations" | "alerts"): never =>
  refuse("SL1203", `its text is longer than ${maxLength} characters; split it into several ${parts}`);

/** A function that returns a text, or refuses one of more than `maxLength` characters. */
export const lengthLimit =
  (maxLength: number, parts: "validations" | "alerts" = "validations") =>
  (text: string): string =>
    text.length > maxLength ? refuseLength(maxLength, parts) : text;

export const refuseListLength = (list: Read, length: number): never =>
  refuse("SL1202", `'${columnName(list)}' has ${length} elements, and at most ${maxUnrolledLength} are unrolled`);

export const refuseStringOrder = (engine: string): never =>
  refuse("SL1207", `${engine} orders strings by their code points, JavaScript by UTF-16 units`);

/**
 * Whether a string constant compares the same by code point and by UTF-16 unit, whatever the other side is: it has no
 * unit from the first surrogate on.
 */
export function comparesByCodePoint(node: ExpressionTree): boolean {
  return isConstant(node) && !/[\ud800-\uffff]/.test(String(node.value));
}

/** The values that an int64 or uint64 column holds. */
export const integerRanges = { int64: [-(2n ** 63n), 2n ** 63n - 1n], uint64: [0n, 2n ** 64n - 1n] } as const;

/** Refuses a constant outside of the range of the column it is compared with. */
export function checkInteger(value: bigint, dtype: keyof typeof integerRanges): void {
  const [min, max] = integerRanges[dtype];
  if (value < min || value > max)
    refuse("SL1207", `the constant ${value}n is outside of ${dtype}, so the comparison has one answer; leave it out`);
}

/** The comparison operators of C, which CEL, PromQL and the checks have. */
export const cComparisons = { "<": "<", ">": ">", "<=": "<=", ">=": ">=", "===": "==", "!==": "!=" } as const;

/** Table rows: the same writer for several operations. */
export function rows<O extends Op, W>(ops: readonly O[], writer: W): Record<O, W> {
  return eachRow(ops, () => writer);
}

/** Table rows: one writer per operation, made from its name. */
export function eachRow<O extends Op, W>(ops: readonly O[], writerOf: (op: O) => W): Record<O, W> {
  return Object.fromEntries(ops.map((op) => [op, writerOf(op)])) as Record<O, W>;
}

/** Table rows for functions that are written with simpler ones. */
export function expandedRows<O extends ExpandableOp, C, T>(
  ops: readonly O[],
  write: (node: ExpressionTree, context: C) => T,
): Record<O, Write<ExpandableOp, C, T>> {
  return eachRow(
    ops,
    (op) =>
      ({ operand }, context) =>
        write(expand(op, operand), context),
  );
}

/** Table rows for functions whose last bit differs from machine to machine and from JavaScript's: all are refused. */
export function inexactRows(engine: string): Record<"**" | "hypot" | "log" | "log2" | "log10" | "exp", () => never> {
  return {
    "**": () => refuse("SL1207", `${engine} rounds ** differently from JavaScript; multiply, as in x * x`),
    ...eachRow(
      ["hypot", "log", "log2", "log10", "exp"],
      (op) => (): never => refuse("SL1207", `${engine} rounds Math.${op} differently from JavaScript, in the last bit`),
    ),
  };
}

/** The table row of languages that evaluate one row at a time. */
export const noAggregates = {
  aggregate: (): never => refuse("SL1201", "it is evaluated on one row, and an aggregate covers many"),
} as const;
