import { createHash } from "node:crypto";
import { ModelError } from "../../../dsl/errors.js";
import { hashFile, withModelFile } from "../model-file.js";
import type { ModelSignature, Port } from "../signature.js";
import { errorMessage } from "../../../src/util/error-message.js";

/** Size limit of a description file in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Reads a file that describes a model: its text and digest. */
export async function readDescription(
  file: string,
  most = MAX_BYTES,
): Promise<{ readonly text: string; readonly sha256: string }> {
  return await withModelFile(file, async (handle, size) => {
    if (size > most) throw descriptionError(file, `it is larger than ${most / 2 ** 20} MB`);
    const bytes = Buffer.alloc(size);
    await handle.read(bytes, 0, size, 0);
    return { text: bytes.toString("utf8").replace(/^\ufeff/, ""), sha256: await hashFile(handle, size, file) };
  });
}

/** Parses a description as JSON. */
export function parseDescription(text: string, source: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw descriptionError(source, `it is not JSON: ${errorMessage(cause)}`);
  }
}

export function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** SL3054: a file or response that is not a valid description of a model. */
export function descriptionError(source: string, what: string): ModelError {
  return new ModelError("SL3054", `'${source}' does not describe a model: ${what}`, { source });
}

/**
 * Completes a signature; the fields that only a model file has stay empty.
 *
 * @param onlyPort `unnamed` allows an only port without a name; `nameUnnamedPorts` names it later
 */
export function toSignature(
  parts: Pick<ModelSignature, "name" | "sha256" | "inputs" | "outputs" | "file"> & Partial<ModelSignature>,
  onlyPort: "named" | "unnamed" = "named",
): ModelSignature {
  for (const side of ["inputs", "outputs"] as const) {
    if (onlyPort === "named" || parts[side].length > 1)
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

/** Names an only port without a name `input` or `output`. */
export function nameUnnamedPorts(signature: ModelSignature): ModelSignature {
  const named = (ports: readonly Port[], name: string): readonly Port[] =>
    ports[0]?.name === "" ? [{ ...ports[0], name }] : ports;
  return { ...signature, inputs: named(signature.inputs, "input"), outputs: named(signature.outputs, "output") };
}
