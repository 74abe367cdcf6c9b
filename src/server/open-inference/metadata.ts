import type { ServerContext } from "../context.js";
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

/**
 * Whether a model or pipeline takes requests; loads its models unless they are loaded.
 *
 * @param version default: the one that is deployed
 * @throws TargetError SL6007, SL6012
 */
export async function modelReadiness(
  { host, isReady }: Pick<ServerContext, "host" | "isReady">,
  name: string,
  version?: string,
): Promise<{ readonly name: string; readonly ready: boolean }> {
  const served = await host.findVersion(name, version);
  let ready = isReady();
  if (ready) await served.start().catch(() => (ready = false));
  return { name: served.name, ready };
}

function tensorOf({ name, datatype, shape }: TensorMetadata): TensorMetadata {
  return { name, datatype, shape };
}
