import { InferenceSession } from "onnxruntime-node";
import type { Port } from "../../../../codegen/models/signature.js";

type RuntimePort = InferenceSession.ValueMetadata;
export interface PlainPort {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string | null)[];
}

/** A model's ports as ONNX Runtime reports them; a dimension without a name is unknown. */
export async function runtimePorts(model: string | Uint8Array): Promise<{ inputs: PlainPort[]; outputs: PlainPort[] }> {
  const options: InferenceSession.SessionOptions = {
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
    graphOptimizationLevel: "disabled",
  };
  const session =
    typeof model === "string"
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(model, options);
  const plain = (port: RuntimePort): PlainPort => {
    if (!port.isTensor) return { name: port.name, dtype: "none", shape: [] };
    const shape = port.shape.map((dim) => (dim === "" || /^unk__\d+$/.test(String(dim)) ? null : dim));
    return { name: port.name, dtype: port.type, shape };
  };
  const ports = { inputs: session.inputMetadata.map(plain), outputs: session.outputMetadata.map(plain) };
  await session.release();
  return ports;
}

/**
 * Our ports, as `readSource` returns them, in the same form. ONNX Runtime reports an unknown rank as an empty shape,
 * and no input with a default.
 */
export function plainPorts(ports: readonly Port[]): PlainPort[] {
  const needed = ports.filter(({ optional }) => optional !== "default");
  return needed.map(({ name, dtype, shape, unsupported }) =>
    unsupported === undefined ? { name, dtype, shape: shape ?? [] } : { name, dtype: "none", shape: [] },
  );
}
