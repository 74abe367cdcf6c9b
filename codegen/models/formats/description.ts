import { errorMessage } from "../../../src/util/error-message.js";
import { createHash } from "node:crypto";
import { ModelError } from "../../../dsl/errors.js";
import { type Dim, type DType } from "../../../dsl/tensor.js";
import { sha256Of, withModelFile } from "../model-file.js";
import type { ModelSignature, Port } from "../signature.js";

/** More than any description of a model needs. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The text of a file that describes a model, and its digest. */
export async function readDescription(
  file: string,
  most = MAX_BYTES,
): Promise<{ readonly text: string; readonly sha256: string }> {
  return await withModelFile(file, async (handle, size) => {
    if (size > most) throw badDescription(file, `it is larger than ${most / 2 ** 20} MB`);
    const bytes = Buffer.alloc(size);
    await handle.read(bytes, 0, size, 0);
    return { text: bytes.toString("utf8").replace(/^\ufeff/, ""), sha256: await sha256Of(handle, size, file) };
  });
}

/** The JSON value of a description. */
export function parseDescription(text: string, source: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw badDescription(source, `it is not JSON: ${errorMessage(cause)}`);
  }
}

export function sha256OfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** SL3054: a file or answer that should describe a model and does not. */
export function badDescription(source: string, what: string): ModelError {
  return new ModelError("SL3054", `'${source}' does not describe a model: ${what}`, { source });
}

/** The parts of a signature that only a model file has are empty. A lone port may be `unnamed`: `withNames` gives it a name. */
export function described(
  parts: Pick<ModelSignature, "name" | "sha256" | "inputs" | "outputs" | "file"> & Partial<ModelSignature>,
  lone: "named" | "unnamed" = "named",
): ModelSignature {
  for (const side of ["inputs", "outputs"] as const) {
    if (lone === "named" || parts[side].length > 1)
      requireDistinct(parts.file ?? parts.name, side === "inputs" ? "input" : "output", parts[side]);
  }
  return { opset: {}, irVersion: 0, producer: "", doc: "", metadata: {}, ...parts };
}

function requireDistinct(source: string, side: "input" | "output", ports: readonly Port[]): void {
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
export function withNames(signature: ModelSignature): ModelSignature {
  const named = (ports: readonly Port[], name: string): readonly Port[] =>
    ports[0]?.name === "" ? [{ ...ports[0], name }] : ports;
  return { ...signature, inputs: named(signature.inputs, "input"), outputs: named(signature.outputs, "output") };
}

/** Open Inference datatypes. */
const datatypes: Readonly<Record<string, DType>> = {
  BOOL: "bool",
  UINT8: "uint8",
  UINT16: "uint16",
  UINT32: "uint32",
  UINT64: "uint64",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FP16: "float16",
  FP32: "float32",
  FP64: "float64",
  BYTES: "string",
  STRING: "string",
};

/** A port of an Open Inference datatype; -1 is an open size, and the first dimension, when open, is the batch. */
export function openInferencePort(name: string, datatype: string, shape: readonly number[]): Port {
  const dims = shape.map((size, axis): Dim => (size >= 0 ? size : axis === 0 ? "batch" : null));
  const dtype = Object.hasOwn(datatypes, datatype) ? datatypes[datatype] : undefined;
  if (dtype !== undefined) return { name, dtype, shape: dims };
  return {
    name,
    dtype: datatype,
    shape: dims,
    unsupported: `a tensor of ${datatype}: serve it as a type that runtimes take, such as FP32`,
  };
}
