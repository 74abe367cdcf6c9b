import type { ConstantData } from "../../dsl/constant.js";
import type { DType } from "../../dsl/tensor.js";

export const floats: ReadonlySet<DType> = new Set<DType>(["float16", "float32", "float64"]);
/** JSON has no such numbers, so that they are stored as these strings. */
export const numbersByText: Readonly<Record<string, number>> = {
  NaN: NaN,
  Infinity: Infinity,
  "-Infinity": -Infinity,
  "-0": -0,
};

/** The elements as JavaScript values: bigints for int64 and uint64. */
export function constantElements({ dtype, data }: ConstantData): (number | bigint | boolean | string)[] {
  if (dtype === "int64" || dtype === "uint64") return data.map((element) => BigInt(element));
  if (!floats.has(dtype)) return [...data];
  return data.map((element) => (typeof element === "string" ? (numbersByText[element] ?? NaN) : element));
}
