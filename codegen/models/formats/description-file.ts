import { errorMessage } from "../../../src/util/error-message.js";
import { createHash } from "node:crypto";
import { ModelError } from "../../../dsl/errors.js";
import { hashFile, withModelFile } from "../model-file.js";
import type { ModelSignature, Port } from "../signature.js";

/** More than any description of a model needs. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The text of a file that describes a model, and its digest. */
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

/** The JSON value of a description. */
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

/** SL3054: a file or answer that should describe a model and does not. */
export function descriptionError(source: string, what: string): ModelError {
  return new ModelError("SL3054", `'${source}' does not describe a model: ${what}`, { source });
}

/** The parts of a signature that only a model file has are empty. A lone port may be `unnamed`: `withNames` gives it a name. */
export function toSignature(
  parts: Pick<ModelSignature, "name" | "sha256" | "inputs" | "outputs" | "file"> & Partial<ModelSignature>,
  lone: "named" | "unnamed" = "named",
): ModelSignature {
  for (const side of ["inputs", "outputs"] as const) {
    if (lone === "named" || parts[side].length > 1)
      requireDistinctNames(parts.file ?? parts.name, side === "inputs" ? "input" : "output", parts[side]);
  }
  return { opset: {}, irVersion: 0, producer: "", doc: "", metadata: {}, ...parts };
}

function requireDistinctNames(source: string, side: "input" | "output", ports: readonly Port[]): void {
  const names = ports.map(({ name }) => name);
  const twice = names.find((name, i) => name === "" || names.indexOf(name) !== i);
  if (twice === undefined) return;
  const what = twice === "" ? `one of its ${side}s has no name` : `two of its ${side}s are called '${twice}'`;
  throw new ModelError("SL3016", `'${source}' cannot be used: ${what}. Give every ${side} a name of its own.`, {
    source,
    side,
    name: twice,
  });
}

/** A signature whose lone ports without a name are called `input` and `output`. */
export function nameUnnamedPorts(signature: ModelSignature): ModelSignature {
  const named = (ports: readonly Port[], name: string): readonly Port[] =>
    ports[0]?.name === "" ? [{ ...ports[0], name }] : ports;
  return { ...signature, inputs: named(signature.inputs, "input"), outputs: named(signature.outputs, "output") };
}
