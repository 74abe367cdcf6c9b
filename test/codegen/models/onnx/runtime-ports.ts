import { InferenceSession } from "onnxruntime-node";
import type { Port } from "../../../../codegen/models/signature.js";

type RuntimePort = InferenceSession.ValueMetadata;
export interface PlainPort {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string | null)[];
}

/** A model's ports as ONNX Runtime reports them, with an independent implementation of the rule for dimensions. */
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
  const all = [...session.inputMetadata, ...session.outputMetadata];
  const batch = new Set(
    all.flatMap((port) => (port.isTensor ? port.shape.slice(0, 1) : [])).filter((dim) => typeof dim === "string"),
  );
  const plain = (port: RuntimePort): PlainPort => {
    if (!port.isTensor) return { name: port.name, dtype: "none", shape: [] };
    const shape = port.shape.map((dim, axis) => {
      if (typeof dim === "number") return dim;
      if (axis === 0) return "batch";
      if (dim === "" || /^unk__\d+$/.test(dim)) return null;
      return batch.has(dim) ? "batch" : dim;
    });
    return { name: port.name, dtype: port.type, shape };
  };
  const ports = { inputs: session.inputMetadata.map(plain), outputs: session.outputMetadata.map(plain) };
  await session.release();
  return ports;
}

/** Our ports in the same form. ONNX Runtime reports an unknown rank as an empty shape. */
export function plainPorts(ports: readonly Port[]): PlainPort[] {
  return ports.map(({ name, dtype, shape, unsupported }) =>
    unsupported === undefined ? { name, dtype, shape: shape ?? [] } : { name, dtype: "none", shape: [] },
  );
}
