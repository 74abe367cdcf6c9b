import * as z from "zod";
import { formatIssue } from "../../../src/config/format-issue.js";
import { descriptionError, parseDescription, readDescription } from "./description-file.js";
import { toSignature } from "./to-signature.js";
import { dnsLabel } from "../model-name.js";
import { tensorMetadata, toPort } from "./open-inference.js";
import type { ModelSignature } from "../signature.js";

const settings = z.object({
  name: z.string().min(1),
  implementation: z.string().nullish(),
  platform: z.string().nullish(),
  inputs: z.array(tensorMetadata).nullish(),
  outputs: z.array(tensorMetadata).nullish(),
  parameters: z.object({ version: z.string().min(1).nullish() }).nullish(),
});

/**
 * Reads MLServer's `model-settings.json`, which KServe's MLServer runtime uses too. Inputs and outputs
 * are empty if the file does not list them.
 *
 * @throws ModelError SL3000, SL3016, SL3054
 */
export async function readModelSettings(file: string): Promise<ModelSignature> {
  const { text, sha256 } = await readDescription(file);
  const data = parseDescription(text, file);
  const parsed = settings.safeParse(data);
  if (!parsed.success)
    throw descriptionError(file, parsed.error.issues.map((issue) => formatIssue(issue, data)).join("; "));
  const { name, implementation, platform, inputs, outputs, parameters } = parsed.data;
  return toSignature({
    name: dnsLabel(name),
    sha256,
    inputs: (inputs ?? []).map(toPort),
    outputs: (outputs ?? []).map(toPort),
    file,
    producer: platform ?? implementation ?? "",
    ...(typeof parameters?.version === "string" && { version: parameters.version }),
  });
}
