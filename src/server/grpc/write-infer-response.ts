import { elementBytes } from "../open-inference/binary-elements.js";
import { datatypes } from "../open-inference/datatypes.js";
import type { InferenceAnswer, InferenceTensor } from "../open-inference/protocol.js";
import type { EncodedContents, ModelInferResponse } from "./messages.js";
import { contentsFields } from "./read-infer-request.js";

/**
 * Writes an answer.
 *
 * @param raw whether the request had raw contents: the answer then has, too. An FP16 output makes all outputs raw.
 */
export function writeInferResponse(answer: InferenceAnswer, raw: boolean): ModelInferResponse {
  const { modelName, modelVersion, id = "", outputs } = answer;
  const allRaw = raw || outputs.some(({ dtype }) => contentsFields[dtype] === null);
  return {
    model_name: modelName,
    model_version: modelVersion,
    id,
    outputs: outputs.map((output) => ({
      name: output.name,
      datatype: datatypes[output.dtype],
      shape: output.shape,
      ...(!allRaw && { contents: contentsOf(output) }),
    })),
    raw_output_contents: allRaw ? outputs.map(({ data }) => elementBytes(data)) : [],
  };
}

function contentsOf({ dtype, data }: InferenceTensor): EncodedContents {
  const field = contentsFields[dtype];
  return field === null ? {} : { [field]: contentsValues(dtype, data) };
}

function contentsValues(
  dtype: InferenceTensor["dtype"],
  data: InferenceTensor["data"],
): readonly (boolean | number | string | Buffer)[] {
  switch (dtype) {
    case "string":
      return (data as readonly string[]).map((text) => Buffer.from(text));
    case "bool":
      return Array.from(data as Uint8Array, (byte) => byte === 1);
    case "int64":
    case "uint64":
      return Array.from(data as BigInt64Array | BigUint64Array, String);
    default:
      return Array.from(data as Float32Array);
  }
}
