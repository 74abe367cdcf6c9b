import type { ModelHost } from "../models/model-host.js";
import type { ModelMetadata, TensorMetadata } from "./protocol.js";
import { servedPorts } from "./served-ports.js";

/**
 * The metadata of a model or pipeline. Validations are not among the outputs: requests ask for them.
 *
 * @param version default: the one that is deployed
 * @throws TargetError SL6007, SL6012
 */
export async function modelMetadata(host: ModelHost, name: string, version?: string): Promise<ModelMetadata> {
  const served = await host.findVersion(name, version);
  const { inputs, outputs } = servedPorts(served.config);
  return {
    name: served.name,
    versions: await host.versions(name),
    platform: served.kind === "model" ? "onnx" : "shapeline",
    inputs: inputs.map(tensorOf),
    outputs: outputs.map(tensorOf),
  };
}

function tensorOf({ name, datatype, shape }: TensorMetadata): TensorMetadata {
  return { name, datatype, shape };
}
