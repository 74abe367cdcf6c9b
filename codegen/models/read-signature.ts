import { readOnnxSignature } from "./onnx.js";
import type { ModelSignature } from "./signature.js";

/**
 * Reads what a model file says about itself, without loading its weights.
 *
 * @param path a model file; today always an ONNX file
 * @throws ModelError SL3000 to SL3012 and SL3016; a port of a type that cannot be used is no error but says so in `unsupported`
 * @example
 * const { name, inputs } = await readSignature("models/ccfraud.onnx");
 */
export async function readSignature(path: string): Promise<ModelSignature> {
  return await readOnnxSignature(path);
}
