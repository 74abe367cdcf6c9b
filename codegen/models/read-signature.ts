import { nameUnnamedPorts } from "./formats/description-file.js";
import { findReader } from "./readers.js";
import type { ModelSignature } from "./signature.js";

/**
 * Reads what a model file, or a file or server that describes a model, says of it. Weights are not loaded.
 *
 * @param source an ONNX file, an Arrow schema, MLflow's `MLmodel`, a Triton `config.pbtxt`, an MLServer `model-settings.json`, Open Inference metadata
 * (`metadata.json`, or the URL of a running server's model), or a signature in JSON
 * @throws ModelError SL3000 to SL3012, SL3016, SL3054 and SL3055; a port of a type that cannot be used is no error but says so in `unsupported`
 * @example
 * const { name, inputs } = await readSignature("models/ccfraud.onnx");
 */
export async function readSignature(source: string): Promise<ModelSignature> {
  return nameUnnamedPorts(await readSource(source));
}

/** The same as the source has it: a lone port may be without a name. */
export async function readSource(source: string): Promise<ModelSignature> {
  return await findReader(source).read(source);
}
