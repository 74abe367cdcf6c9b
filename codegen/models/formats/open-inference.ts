import * as z from "zod";
import type { Dim } from "../../../dsl/tensor.js";
import { formatIssue } from "../../../src/config/format-issue.js";
import { dtypeOf } from "../../../src/util/open-inference-datatypes.js";
import { descriptionError, parseDescription, readDescription, hashText } from "./description-file.js";
import { toSignature } from "./to-signature.js";
import { fetchJson } from "./fetch-json.js";
import { dnsLabel } from "../model-name.js";
import type { ModelSignature, Port } from "../signature.js";

const defaultTimeoutMs = 10_000;

/** gRPC responses saved as JSON have 64-bit integers as text. */
const size = z.preprocess(
  (value) => (typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value),
  z.int().min(-1),
);
/** The metadata of one tensor. */
export const tensorMetadata = z.object({ name: z.string(), datatype: z.string(), shape: z.array(size) });
/** The protocol defines versions as text, but some servers send numbers. */
const metadata = z.object({
  name: z.string().min(1),
  versions: z.array(z.union([z.string(), z.number()])).nullish(),
  platform: z.string().nullish(),
  inputs: z.array(tensorMetadata),
  outputs: z.array(tensorMetadata),
});

/**
 * Reads a saved response of `GET /v2/models/{model}`.
 *
 * @throws ModelError SL3000, SL3016, SL3054
 */
export async function readMetadataFile(file: string): Promise<ModelSignature> {
  const { text, sha256 } = await readDescription(file);
  return fromMetadata(parseDescription(text, file), file, sha256);
}

/**
 * Fetches a model's metadata from a running server with a single request.
 *
 * @param url for example `http://localhost:8080/v2/models/fraud`
 * @param timeoutMs milliseconds for the complete response
 * @throws ModelError SL3055 without a valid response, SL3016 and SL3054 for invalid metadata
 */
export async function readMetadataUrl(url: string, timeoutMs = defaultTimeoutMs): Promise<ModelSignature> {
  const response = await fetchJson(url, timeoutMs);
  const { name, inputs, outputs } = fromMetadata(response, url, "", "; the URL of a model ends in /v2/models/<model>");
  // There is no file to hash, so the digest covers the model's name and tensors.
  return fromMetadata(response, url, hashText(JSON.stringify({ name, inputs, outputs })));
}

function fromMetadata(data: unknown, source: string, sha256: string, hint = ""): ModelSignature {
  const parsed = metadata.safeParse(data);
  if (!parsed.success)
    throw descriptionError(source, parsed.error.issues.map((issue) => formatIssue(issue, data)).join("; ") + hint);
  const { name, versions, platform, inputs, outputs } = parsed.data;
  const [version, secondVersion] = versions ?? [];
  return toSignature({
    name: dnsLabel(name),
    sha256,
    inputs: inputs.map(toPort),
    outputs: outputs.map(toPort),
    file: source,
    producer: platform ?? "",
    ...(version !== undefined && secondVersion === undefined && String(version) !== "" && { version: String(version) }),
  });
}

/** The port that a tensor's metadata describes. */
export function toPort({ name, datatype, shape }: z.infer<typeof tensorMetadata>): Port {
  return openInferencePort(name, datatype, shape);
}

/** A port of an Open Inference datatype. Size -1 is unknown. */
export function openInferencePort(name: string, datatype: string, shape: readonly number[]): Port {
  const dims = shape.map((size): Dim => (size >= 0 ? size : null));
  const dtype = dtypeOf(datatype);
  if (dtype !== undefined) return { name, dtype, shape: dims };
  return {
    name,
    dtype: datatype,
    shape: dims,
    unsupported: `a tensor of ${datatype}: serve it as a supported type, such as FP32`,
  };
}
