import type { DType } from "../../../dsl/tensor.js";
import { type ExpressionTree, isNullable, valueOf } from "./tree.js";

const integerDtypes: ReadonlySet<DType> = new Set(["int8", "int16", "int32", "uint8", "uint16", "uint32"]);

/** Whether a number can be NaN. A missing element is not NaN, but a calculation with it is. */
export function mayBeNaN(node: ExpressionTree): boolean {
  switch (node.op) {
    case "constant":
      return Number.isNaN(valueOf(node));
    case "read":
      return !integerDtypes.has(node.dtype);
    case "aggregate":
      return node.fn !== "count";
    case "length":
    case "position":
      return false;
    case "toNumber":
      return isNullable(node.operand);
    case "abs":
    case "floor":
    case "ceil":
    case "round":
    case "trunc":
    case "sign":
    case "negate":
      return isNullable(node.operand) || mayBeNaN(node.operand);
    case "??":
      return mayBeNaN(node.left) || mayBeNaN(node.right);
    default:
      return true;
  }
}
