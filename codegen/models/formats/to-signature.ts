import { ModelError } from "../../../dsl/errors.js";
import type { ModelSignature, Port } from "../signature.js";

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

function requireDistinctNames(source: string, side: "input" | "output", ports: readonly Port[]): void {
  const names = ports.map(({ name }) => name);
  const duplicate = names.find((name, i) => name === "" || names.indexOf(name) !== i);
  if (duplicate === undefined) return;
  const what = duplicate === "" ? `one of its ${side}s has no name` : `two of its ${side}s are called '${duplicate}'`;
  throw new ModelError("SL3016", `'${source}' cannot be used: ${what}. Give every ${side} a name of its own.`, {
    source,
    side,
    name: duplicate,
  });
}
