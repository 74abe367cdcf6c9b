import { requireDistinctNames } from "../distinct-names.js";
import type { ModelSignature } from "../signature.js";

/**
 * Completes the signature of a model that has a description instead of an ONNX file. Fields without a value are empty.
 *
 * @param singlePort `unnamed` accepts a single input or output without a name; `nameUnnamedPorts` names it later
 */
export function toSignature(
  parts: Pick<ModelSignature, "name" | "sha256" | "inputs" | "outputs" | "file"> & Partial<ModelSignature>,
  singlePort: "named" | "unnamed" = "named",
): ModelSignature {
  for (const side of ["inputs", "outputs"] as const) {
    if (singlePort === "named" || parts[side].length > 1)
      requireDistinctNames(parts.file ?? parts.name, side === "inputs" ? "input" : "output", parts[side]);
  }
  return { opset: {}, irVersion: 0, producer: "", doc: "", metadata: {}, ...parts };
}
