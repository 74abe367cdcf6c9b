import type { DType } from "../../dsl/tensor.js";

/** Dtypes by datatype of the Open Inference protocol. Some servers write STRING for BYTES. */
const dtypes: Readonly<Record<string, DType>> = {
  BOOL: "bool",
  UINT8: "uint8",
  UINT16: "uint16",
  UINT32: "uint32",
  UINT64: "uint64",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FP16: "float16",
  FP32: "float32",
  FP64: "float64",
  BYTES: "string",
  STRING: "string",
};

/** The dtype of an Open Inference datatype; undefined for those that pipelines do not have, such as BF16. */
export function dtypeOf(datatype: unknown): DType | undefined {
  return typeof datatype === "string" && Object.hasOwn(dtypes, datatype) ? dtypes[datatype] : undefined;
}

/** The Open Inference datatype of a dtype: `FP32`. */
export function datatypeOf(dtype: DType): string {
  return Object.keys(dtypes).find((datatype) => dtypes[datatype] === dtype) ?? "";
}
