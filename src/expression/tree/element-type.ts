import type { DType } from "../../../dsl/tensor.js";

/** What a port's elements are in JavaScript. */
export function elementType(dtype: DType): "boolean" | "number" | "bigint" | "string" {
  if (dtype === "int64" || dtype === "uint64") return "bigint";
  if (dtype === "bool") return "boolean";
  return dtype === "string" ? "string" : "number";
}
