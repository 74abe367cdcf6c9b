import { InputError } from "../../../dsl/errors.js";
import type { DType } from "../../../dsl/tensor.js";
import { describeValue } from "../../util/format-value.js";
import { didYouMean } from "../../util/did-you-mean.js";

/** The element types of the Open Inference Protocol that tensors can have here. */
export type Datatype = (typeof datatypes)[DType];

/** The protocol's name of each dtype. */
export const datatypes = {
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  bool: "BOOL",
  string: "BYTES",
} as const satisfies Readonly<Record<DType, string>>;

const dtypes: ReadonlyMap<unknown, DType> = new Map(
  Object.entries(datatypes).map(([dtype, datatype]) => [datatype, dtype as DType]),
);

/**
 * The dtype of a tensor of a request.
 *
 * @throws InputError SL5014 for a datatype that no tensor can have
 */
export function dtypeOf(input: string, datatype: unknown): DType {
  const dtype = dtypes.get(datatype);
  if (dtype !== undefined) return dtype;
  const names = Object.values(datatypes);
  const hint = typeof datatype === "string" ? didYouMean(datatype, names) : "";
  throw new InputError(
    "SL5014",
    `input '${input}': its datatype is ${describeValue(datatype)}${hint}; give one of ${names.join(", ")}`,
    { input },
  );
}
