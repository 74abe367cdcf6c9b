import { float16ToNumber } from "../../tensors/float16.js";
import type { TensorElements } from "../../tensors/tensor-data.js";
import { elementBytes } from "./binary-elements.js";
import { datatypes } from "./datatypes.js";
import type { InferenceAnswer, InferenceTensor } from "./protocol.js";

/** An answer as an HTTP body. */
export interface AnswerBody {
  readonly body: string | Buffer;
  /** The bytes of the JSON before the tensors' bytes; null if all is JSON. */
  readonly jsonLength: number | null;
}

/**
 * Writes an answer: JSON, and after it the elements of the outputs that are asked for as bytes. JSON has no NaN and no
 * infinities: they are the strings "NaN", "Infinity" and "-Infinity".
 */
export function writeAnswer(answer: InferenceAnswer, isBinary: (output: string) => boolean): AnswerBody {
  const { modelName, modelVersion, id, outputs } = answer;
  let bytes: Uint8Array[] | null = null;
  let text = `{"model_name":${quoted(modelName)},"model_version":${quoted(modelVersion)}`;
  if (id !== undefined) text += `,"id":${JSON.stringify(id)}`;
  text += ',"outputs":[';
  for (let i = 0; i < outputs.length; i++) {
    const output = outputs[i] as InferenceTensor;
    const { name, dtype, shape, data } = output;
    text += `${i === 0 ? "" : ","}{"name":${quoted(name)},"datatype":"${datatypes[dtype]}","shape":[${shape.join(",")}]`;
    if (isBinary(name)) {
      const own = elementBytes(data);
      (bytes ??= []).push(own);
      text += `,"parameters":{"binary_data_size":${own.length}}}`;
    } else {
      text += `,"data":[${jsonList(output)}]}`;
    }
  }
  text += "]}";
  if (bytes === null) return { body: text, jsonLength: null };
  const json = Buffer.from(text);
  return { body: Buffer.concat([json, ...bytes]), jsonLength: json.length };
}

const quotedNames = new Map<string, string>();

/** Names are few, and the same in all answers. */
function quoted(name: string): string {
  let text = quotedNames.get(name);
  if (text === undefined) {
    if (quotedNames.size >= 1000) quotedNames.clear();
    quotedNames.set(name, (text = JSON.stringify(name)));
  }
  return text;
}

/** The elements as JSON, without brackets. */
function jsonList({ dtype, data }: InferenceTensor): string {
  switch (dtype) {
    case "string":
      return (data as readonly string[]).map((text) => JSON.stringify(text)).join(",");
    case "bool":
      return Array.from(data as Uint8Array, (byte) => (byte === 1 ? "true" : "false")).join(",");
    case "float16":
      return floats(Float64Array.from(data as Uint16Array, float16ToNumber));
    case "float32":
    case "float64":
      return floats(data as Float32Array | Float64Array);
    default:
      return (data as Exclude<TensorElements, readonly string[]>).join(",");
  }
}

function floats(data: Float32Array | Float64Array): string {
  let text = "";
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0;
    if (i > 0) text += ",";
    // Only a finite number minus itself is 0. Python reads -0 as an integer, which has no sign.
    if (value - value === 0) text += value === 0 && Object.is(value, -0) ? "-0.0" : value;
    else text += `"${value}"`;
  }
  return text;
}
