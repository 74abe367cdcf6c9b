import { nameUnnamedPorts } from "./name-unnamed-ports.js";
import { findReader } from "./readers.js";
import { withoutOptional } from "./inputs/optional-inputs.js";
import { decideRows } from "./rows/decide-rows.js";
import type { ModelSignature } from "./signature.js";

/**
 * Reads the signature of a model from its file, or from a file or server that describes it. Weights are not loaded.
 * A port with an unsupported type is not an error: its `unsupported` field has the reason.
 *
 * @param source an ONNX file, an Arrow schema, MLflow's `MLmodel`, a Triton `config.pbtxt`, an MLServer
 *   `model-settings.json`, Open Inference metadata (`metadata.json`, or the URL of a model on a running server), or a
 *   signature in JSON
 * @throws ModelError SL3000 to SL3012, SL3016, SL3054 and SL3055
 * @example
 * const { name, inputs } = await readSignature("models/ccfraud.onnx");
 */
export async function readSignature(source: string): Promise<ModelSignature> {
  return decideRows(nameUnnamedPorts(withoutOptional(await readSource(source))));
}

/**
 * Like `readSignature`, but the shapes are the source's, before the rows are decided, inputs that may be left out are
 * listed, and a model's only input or output may have the name "".
 */
export async function readSource(source: string): Promise<ModelSignature> {
  return await findReader(source).read(source);
}
