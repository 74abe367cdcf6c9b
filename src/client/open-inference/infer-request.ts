import { InputError } from "../../../dsl/errors.js";
import type { RunFeeds } from "../../engine/rows/feeds.js";
import type { RequestMetadata } from "../../tensors/result.js";
import type { TensorData, TensorElements } from "../../tensors/tensor-data.js";
import { datatypeOf } from "../../util/open-inference-datatypes.js";
import { toBytes } from "./tensor-bytes.js";

/** What one request asks of a model. */
export interface InferRequestParts {
  readonly id: string;
  readonly feeds: RunFeeds;
  /** The outputs to answer; null: all. */
  readonly outputs: readonly AskedOutput[] | null;
  readonly parameters: RequestMetadata;
  /** All tensors travel as bytes, in both directions. */
  readonly isBinary: boolean;
}

export interface AskedOutput {
  readonly name: string;
  /** As bytes, also if the request is JSON. */
  readonly isBinary: boolean;
}

/** A request's body and the headers that describe it. */
export interface InferRequestBody {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether JSON cannot carry the inputs: it has no NaN and no infinities, and servers take no float16 in it. */
export function needsBinary(feeds: RunFeeds): boolean {
  for (const name in feeds) {
    const { dtype, data } = feeds[name] as TensorData;
    if (dtype === "float16") return true;
    if (dtype !== "float32" && dtype !== "float64") continue;
    for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return true;
  }
  return false;
}

/**
 * Writes a request as the protocol has it: JSON, or JSON with the tensors as bytes behind it.
 *
 * @param where the start of messages
 * @throws InputError SL5022 for a request that is too long for one text or buffer
 */
export function writeInferRequest(parts: InferRequestParts, where: string): InferRequestBody {
  try {
    return parts.isBinary ? binaryBody(parts) : { body: header(parts, jsonData), headers: jsonHeaders };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const hint = parts.isBinary ? "" : `, or use openInference({ encoding: "binary" })`;
    throw new InputError(
      "SL5022",
      `${where}: the request is too long for one body; send fewer rows at a time${hint}`,
      {},
      { cause },
    );
  }
}

const jsonHeaders = { "content-type": "application/json" };

function binaryBody(parts: InferRequestParts): InferRequestBody {
  const tensors = Object.values(parts.feeds).map(({ data }) => toBytes(data));
  let next = 0;
  const json = new TextEncoder().encode(
    header(parts, () => `"parameters":{"binary_data_size":${tensors[next++]?.length ?? 0}}`),
  );
  const body = new Uint8Array(tensors.reduce((size, tensor) => size + tensor.length, json.length));
  body.set(json);
  let at = json.length;
  for (const tensor of tensors) {
    body.set(tensor, at);
    at += tensor.length;
  }
  return {
    body,
    headers: { "content-type": "application/octet-stream", "inference-header-content-length": String(json.length) },
  };
}

/** The JSON of a request. */
function header(
  { id, feeds, outputs, parameters, isBinary }: InferRequestParts,
  dataOf: (tensor: TensorData) => string,
) {
  const inputs = Object.entries(feeds).map(
    ([name, tensor]) =>
      `{"name":${JSON.stringify(name)},"shape":[${tensor.dims.join(",")}],"datatype":"${datatypeOf(tensor.dtype)}",${dataOf(tensor)}}`,
  );
  const asked = outputs?.map((output) => ({
    name: output.name,
    ...((isBinary || output.isBinary) && { parameters: { binary_data: true } }),
  }));
  const all: RequestMetadata = { ...parameters, ...(isBinary && { binary_data_output: true }) };
  const params = Object.keys(all).length === 0 ? "" : `"parameters":${JSON.stringify(all)},`;
  return `{"id":${JSON.stringify(id)},${params}"inputs":[${inputs.join(",")}]${asked === undefined ? "" : `,"outputs":${JSON.stringify(asked)}`}}`;
}

function jsonData({ dtype, data }: TensorData): string {
  return `"data":[${dtype === "bool" ? Array.from(data as Uint8Array, (bit) => bit === 1).join(",") : elementsText(data)}]`;
}

function elementsText(data: TensorElements): string {
  if (!ArrayBuffer.isView(data)) return data.map((text) => JSON.stringify(text)).join(",");
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  // `join` writes -0 as 0, and Python reads "-0" as a whole number.
  return isFloat && data.some((element) => Object.is(element, -0))
    ? Array.from(data, (element) => (Object.is(element, -0) ? "-0.0" : String(element))).join(",")
    : data.join(",");
}
