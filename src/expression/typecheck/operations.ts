import { didYouMean } from "../../util/did-you-mean.js";
import type { BinaryOp, Surface } from "../surface/surface.js";
import { coalesce, conditional, isMissing, logicalOp, negate, not, power } from "../tree/builders.js";
import {
  type ArithmeticOp,
  arithmeticOps,
  type CompareOp,
  constantOf,
  type ExpressionTree,
  isNullable,
  type ValueType,
} from "../tree/tree.js";
import type { Context } from "./context.js";
import { functions } from "./functions.js";
import { conversion, typeArithmetic, typeComparison } from "./operators.js";
import type { Locals, Nothing, Resolved } from "./resolved.js";
import { withArticle } from "./type-names.js";
import { acceptOperation, booleanOperand, reportPastEnd, resolveSpread, scalar, scalarOf } from "./values.js";

type NodeOfKind<K extends Surface["kind"]> = Extract<Surface, { kind: K }>;
/** Types an operation on scalars. */
type TypeOperation<K extends Surface["kind"]> = (
  node: NodeOfKind<K>,
  locals: Locals | null,
  context: Context,
) => ExpressionTree | null;

export const typeNot: TypeOperation<"not"> = (node, locals, context) => {
  const operand = booleanOperand(node.operand, locals, "!", context);
  return operand === null ? null : not(operand);
};

export const typeNegation: TypeOperation<"negate"> = (node, locals, context) => {
  const { reporter } = context;
  const operand = scalar(node.operand, locals, context);
  if (operand === null) return null;
  if (operand.type === "bigint" && isNullable(operand)) {
    return reporter.report("SL1118", node.span, "'-' takes a bigint that may be missing, and JavaScript then throws");
  }
  if (operand.type === "number" || operand.type === "bigint") return negate(operand);
  return reporter.report(
    "SL1113",
    node.operand.span,
    `'-' takes a number, and '${reporter.text(node.operand)}' is ${withArticle[operand.type]}`,
  );
};

export const typeConditional: TypeOperation<"conditional"> = (node, locals, context) => {
  const test = booleanOperand(node.test, locals, "?:", context);
  if (context.positions.isUnrolling && test?.op === "constant")
    return scalar(test.value === true ? node.then : node.otherwise, locals, context);
  const then = scalar(node.then, locals, context);
  const otherwise = scalar(node.otherwise, locals, context);
  if (test === null || then === null || otherwise === null) return null;
  if (then.type !== otherwise.type) {
    return context.reporter.report(
      "SL1119",
      node.span,
      `one branch is ${withArticle[then.type]}, the other ${withArticle[otherwise.type]}`,
      "give both branches one type",
    );
  }
  return conditional(test, then, otherwise);
};

export const typeBinary: TypeOperation<"binary"> = (node, locals, context) => {
  const { op } = node;
  if (op === "&&" || op === "||") return typeLogical(op, node, locals, context);
  const [before, after] = [context.resolve(node.left, locals), context.resolve(node.right, locals)];
  if (before?.kind === "nothing" || after?.kind === "nothing") {
    if (op === "??" && before?.kind === "nothing") return scalarOf(node.right, after, context);
    if (op === "===" || op === "!==") {
      return before?.kind === "nothing"
        ? compareWithNothing(op, before, after, node.right, context)
        : compareWithNothing(op, after as Nothing, before, node.left, context);
    }
  }
  const left = scalarOf(node.left, before, context);
  const right = scalarOf(node.right, after, context);
  if (left === null || right === null) return null;
  if (op === "??") return typeCoalesce(left, right, node, context);
  if (op === "**") return typePower(left, right, node, context);
  const result = isArithmetic(op)
    ? typeArithmetic(op, left, right)
    : typeComparison(op satisfies CompareOp, left, right);
  return acceptOperation(result, node.span, context);
};

const isArithmetic = (op: BinaryOp): op is ArithmeticOp => (arithmeticOps as readonly string[]).includes(op);

function typeLogical(
  op: "&&" | "||",
  node: NodeOfKind<"binary">,
  locals: Locals | null,
  context: Context,
): ExpressionTree | null {
  const left = booleanOperand(node.left, locals, op, context);
  if (context.positions.isUnrolling && left?.op === "constant" && left.value === (op === "||")) return left;
  const right = booleanOperand(node.right, locals, op, context);
  return left === null || right === null ? null : logicalOp(op, [left, right]);
}

/** Whether a value is null or undefined: only an element past the end of its list is undefined. */
function compareWithNothing(
  op: "===" | "!==",
  nothing: Nothing,
  other: Resolved,
  node: Surface,
  context: Context,
): ExpressionTree | null {
  if (other === null) return null;
  const equal = (): ExpressionTree | null => {
    if (other.kind === "nothing") return constantOf(other.value === nothing.value);
    if (other.kind !== "value" || nothing.value === null) return constantOf(false);
    if (other.node.type !== "list") return isMissing(other.node);
    return isNullable(other.node) ? reportPastEnd(node, context) : constantOf(false);
  };
  const tree = equal();
  return tree === null || op === "===" ? tree : not(tree);
}

function typeCoalesce(
  left: ExpressionTree,
  right: ExpressionTree,
  node: Surface,
  { reporter }: Context,
): ExpressionTree | null {
  if (left.type === right.type) return coalesce(left, right);
  return reporter.report(
    "SL1025",
    node.span,
    `'??' falls back from ${withArticle[left.type]} to ${withArticle[right.type]}`,
    "give both sides one type",
  );
}

function typePower(
  left: ExpressionTree,
  right: ExpressionTree,
  node: Surface,
  { reporter }: Context,
): ExpressionTree | null {
  const wrong = [left, right].find(({ type }) => type !== "number");
  if (wrong === undefined) return power(left, right);
  return reporter.report(
    "SL1015",
    node.span,
    `'**' takes numbers, not ${withArticle[wrong.type]}`,
    wrong.type === "bigint" ? "multiply: n * n" : undefined,
  );
}

/** How a value becomes a number. */
const argumentHints: Partial<Record<ValueType, string>> = {
  bigint: `convert it: ${conversion}`,
  boolean: "write `flag ? 1 : 0`",
  string: "send the value as a number",
};

/** A call of a global function: `Math.abs(v)`. */
export const typeCall: TypeOperation<"call"> = (node, locals, context) => {
  const { reporter } = context;
  const { callee } = node;
  const args = resolveSpread(node.args, locals, context).map(
    ([arg, resolved]) => [arg, resolved && scalarOf(arg, resolved, context)] as const,
  );
  const known = Object.hasOwn(functions, callee) ? functions[callee] : undefined;
  if (known === undefined) {
    const names = Object.keys(functions);
    return reporter.report(
      "SL1114",
      node.span,
      `'${callee}' is not a function a lambda may call${didYouMean(callee, names)}`,
      `the functions are ${names.join(", ")}`,
    );
  }
  const { arity, takesBigints = false } = known;
  if (arity !== null && args.length !== arity) {
    return reporter.report(
      "SL1116",
      node.span,
      `'${callee}' takes ${arity === 1 ? "one argument" : `${arity} arguments`}, not ${args.length}`,
    );
  }
  const numbers: ExpressionTree[] = [];
  for (const [arg, tree] of args) {
    if (tree?.type === "number" || (tree?.type === "bigint" && takesBigints)) numbers.push(tree);
    else if (tree !== null)
      reporter.report(
        "SL1113",
        arg.span,
        `'${callee}' takes ${arity === 1 ? "a number" : "numbers"}${takesBigints ? " or a bigint" : ""}, not ${withArticle[tree.type]}`,
        argumentHints[tree.type],
      );
  }
  return numbers.length === args.length ? known.build(numbers) : null;
};
