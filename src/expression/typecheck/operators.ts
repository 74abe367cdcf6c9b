import {
  type ArithmeticOp,
  type CompareOp,
  type Constant,
  constantOf,
  type ExpressionTree,
  isConstant,
  isNullable,
  valueOf,
} from "../tree/tree.js";
import { compare, compute } from "../tree/builders.js";
import { withArticle } from "./type-names.js";

/** The error of an operator with wrong operands. */
export interface OperandError {
  readonly code: "SL1110" | "SL1111" | "SL1113" | "SL1118";
  readonly message: string;
  readonly hint: string;
}

const missing: Pick<OperandError, "code" | "hint"> = {
  code: "SL1118",
  hint: "refine the pipeline so that the list's length is known",
};

/** How a bigint becomes a number, for hints. */
export const conversion = "Number(…) is exact up to 2 ** 53, and rounds beyond as JavaScript does";

/** `left op right` for scalars. */
export function typeArithmetic(
  op: ArithmeticOp,
  left: ExpressionTree,
  right: ExpressionTree,
): ExpressionTree | OperandError {
  for (const side of [left, right]) {
    if (side.type !== "number" && side.type !== "bigint") {
      return {
        code: "SL1113",
        message: `'${op}' takes numbers, not ${withArticle[side.type]}`,
        hint: "compare it instead",
      };
    }
  }
  if (left.type !== right.type) {
    const whole = [left, right].find((side) => isConstant(side) && Number.isInteger(valueOf(side)));
    return {
      code: "SL1110",
      message: `'${op}' mixes a number and a bigint, which JavaScript refuses`,
      // A bigint divided by 2n loses its fraction.
      hint:
        whole === undefined || op === "/"
          ? `int64 and uint64 ports hold bigints; keep both sides bigints, or convert one: ${conversion}`
          : `write ${String(valueOf(whole as Constant))}n`,
    };
  }
  if (left.type === "bigint") {
    if (isNullable(left) || isNullable(right))
      return { ...missing, message: `'${op}' takes a bigint that may be missing, and JavaScript then throws` };
    if ((op === "/" || op === "%") && !(isConstant(right) && valueOf(right) !== 0n)) {
      return {
        code: "SL1110",
        message: "a bigint is divided by a value that may be 0n, and JavaScript then throws",
        hint: "divide by a constant other than 0n",
      };
    }
  }
  return compute(op, left, right);
}

/** `left op right` for scalars. A bigint is compared exactly with a number constant, whole or not. */
export function typeComparison(
  op: CompareOp,
  left: ExpressionTree,
  right: ExpressionTree,
): ExpressionTree | OperandError {
  const equality = op === "===" || op === "!==";
  if (left.type === right.type) {
    if (!equality && left.type === "boolean") {
      return { code: "SL1111", message: `'${op}' compares booleans`, hint: "use ===, !==, && or ||" };
    }
    return compare(op, left, right);
  }
  if (!equality) {
    if (left.type === "bigint" && right.type === "number") return compareBigintWithNumber(op, left, right);
    if (left.type === "number" && right.type === "bigint") return compareBigintWithNumber(mirrored[op], right, left);
  }
  const whole = [left, right].find(
    (side) => isConstant(side) && side.type === "number" && Number.isInteger(valueOf(side)),
  );
  const bigint = left.type === "bigint" || right.type === "bigint";
  return {
    code: "SL1111",
    message: `'${op}' compares ${withArticle[left.type]} with ${withArticle[right.type]}${equality ? `, so it is always ${op === "!=="}` : ""}`,
    hint: whole !== undefined && bigint ? `write ${String(valueOf(whole as Constant))}n` : "compare values of one type",
  };
}

const mirrored = { "<": ">", ">": "<", "<=": ">=", ">=": "<=" } as const;

function compareBigintWithNumber(
  op: keyof typeof mirrored,
  bigint: ExpressionTree,
  number: ExpressionTree,
): ExpressionTree | OperandError {
  const value = isConstant(number) ? (valueOf(number) as number) : Number.NaN;
  if (!Number.isFinite(value)) {
    return {
      code: "SL1111",
      message: `'${op}' compares a bigint with a number`,
      hint: `compare it with a bigint, such as 5n, or convert it: ${conversion}`,
    };
  }
  const floor = constantOf(BigInt(Math.floor(value)));
  if (Number.isInteger(value)) return compare(op, bigint, floor);
  // Between two whole numbers, `< 1.5` is `<= 1` and `>= 1.5` is `> 1`.
  return compare(op === "<" || op === "<=" ? "<=" : ">", bigint, floor);
}
