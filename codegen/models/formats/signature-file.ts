import * as z from "zod";
import { dtypes } from "../../../dsl/tensor.js";
import { formatIssue } from "../../../src/config/format-issue.js";
import { descriptionError, parseDescription, readDescription } from "./description-file.js";
import { toSignature } from "./to-signature.js";
import { dnsLabel } from "../model-name.js";
import type { ModelSignature } from "../signature.js";

const dim = z.union([z.int().min(0), z.string().min(1), z.null()]);
const port = z.strictObject({ name: z.string().min(1), dtype: z.enum(dtypes), shape: z.array(dim).nullable() });
const signature = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1),
  version: z.string().min(1).optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits")
    .optional(),
  inputs: z.array(port).default([]),
  outputs: z.array(port).default([]),
  batchSize: z.int().min(1).max(1_000_000).optional(),
  rows: z.enum(["batched", "whole"]).optional(),
  producer: z.string().default(""),
  doc: z.string().default(""),
  labels: z.record(z.string(), z.array(z.string()).min(1)).optional(),
});

/** The JSON Schema of a signature file. */
export function signatureJsonSchema(): unknown {
  return z.toJSONSchema(signature, { io: "input" });
}

/**
 * Reads a signature in JSON: `{ name, version?, sha256?, inputs: [{ name, dtype, shape }], outputs, … }`. `rows` says
 * that `"batch"` in the shapes is the row axis (`batched`) or that the model is `whole`; without it, the rows are
 * decided as for an ONNX file. Without `sha256`, the digest is that of the JSON file.
 *
 * @throws ModelError SL3000, SL3016, SL3054
 */
export async function readSignatureFile(file: string): Promise<ModelSignature> {
  const { text, sha256 } = await readDescription(file);
  const data = parseDescription(text, file);
  const parsed = signature.safeParse(data);
  if (!parsed.success)
    throw descriptionError(file, parsed.error.issues.map((issue) => formatIssue(issue, data)).join("; "));
  const { name, version, sha256: own, inputs, outputs, producer, doc, labels, batchSize, rows } = parsed.data;
  return toSignature({
    name: dnsLabel(name),
    sha256: own ?? sha256,
    inputs: rows === "batched" ? inputs.map(statedPort) : inputs,
    outputs: rows === "batched" ? outputs.map(statedPort) : outputs,
    file,
    producer,
    doc,
    ...(batchSize !== undefined && { batchSize }),
    ...(rows === "whole" && { rows: { by: "source" } }),
    ...(version !== undefined && { version }),
    ...(labels !== undefined && { labels }),
  });
}

/** A port whose `"batch"` is its row axis. */
function statedPort<P extends z.infer<typeof port>>(tensor: P): P & { readonly rowAxis?: number } {
  const axis = tensor.shape?.indexOf("batch") ?? -1;
  return axis < 0 ? tensor : { ...tensor, rowAxis: axis };
}
