import { InputError } from "../../../dsl/errors.js";
import { type DType, dtypes } from "../../../dsl/tensor.js";
import { describeValue } from "../../util/format-value.js";
import { didYouMean } from "../../util/did-you-mean.js";
import { datatypeOf, dtypeOf } from "../../util/open-inference-datatypes.js";

/** The protocol's name of each dtype. */
export const datatypes = Object.fromEntries(dtypes.map((dtype) => [dtype, datatypeOf(dtype)])) as Readonly<
  Record<DType, string>
>;

/**
 * The dtype of a tensor of a request.
 *
 * @throws InputError SL5014 for a datatype that no tensor can have
 */
export function requireDtype(input: string, datatype: unknown): DType {
  const dtype = dtypeOf(datatype);
  if (dtype !== undefined) return dtype;
  const names = Object.values(datatypes);
  const hint = typeof datatype === "string" ? didYouMean(datatype, names) : "";
  throw new InputError(
    "SL5014",
    `input '${input}': its datatype is ${describeValue(datatype)}${hint}; give one of ${names.join(", ")}`,
    { input },
  );
}
