import { withoutUntakenPorts } from "../../util/onnx/without-untaken-ports.js";

/** What the runtime opens: the bytes of a model, or its path. */
export type ModelSource = Uint8Array | string;

/**
 * What the runtime opens for a model file. A model with data files is opened by its path, because the runtime looks for
 * them beside the model, and they may be larger than memory allows to copy.
 */
export function modelSource(path: string, bytes: Uint8Array, dataFiles: readonly string[]): ModelSource {
  if (dataFiles.length > 0) return path;
  try {
    return withoutUntakenPorts(bytes, path);
  } catch {
    // A damaged file: the runtime says what is wrong with it.
    return bytes;
  }
}
