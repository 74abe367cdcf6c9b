import { createRequire } from "node:module";
import type { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { dtypes, type DType } from "shapeline";
import { loadRuntime } from "../../src/engine/session/onnx-runtime.js";
import { allocate } from "../../src/tensors/dtypes.js";
import { datatypeOf, dtypeOf } from "../../src/util/open-inference-datatypes.js";
import type { Element, ServerModel, Tensor } from "./protocol-server.js";

const require = createRequire(import.meta.url);

/** Serves an ONNX file as ONNX Runtime describes it: every size that is not fixed is -1. */
export async function onnxModel(path: string): Promise<ServerModel> {
  const { InferenceSession: Session, Tensor: OrtTensor } = await loadRuntime(
    () => require("onnxruntime-node") as typeof import("onnxruntime-node"),
  );
  const session = await Session.create(path);
  const described = (ports: readonly InferenceSession.ValueMetadata[]) =>
    ports.flatMap((port) =>
      port.isTensor && dtypes.includes(port.type as DType)
        ? [
            {
              name: port.name,
              datatype: datatypeOf(port.type as DType),
              shape: port.shape.map((dim) => (typeof dim === "number" ? dim : -1)),
            },
          ]
        : [],
    );
  return {
    inputs: described(session.inputMetadata),
    outputs: described(session.outputMetadata),
    run: async (inputs) => {
      const feeds = Object.fromEntries(
        inputs.map(({ name, datatype, shape, data }) => {
          const dtype = dtypeOf(datatype) ?? "float32";
          return [name, new OrtTensor(dtype as "float32", elements(dtype, data) as Float32Array, [...shape])];
        }),
      );
      const outputs = (await session.run(feeds)) as Readonly<Record<string, OnnxTensor>>;
      return Object.entries(outputs).map(([name, { type, dims, data }]): Tensor => ({
        name,
        datatype: datatypeOf(type as DType),
        shape: [...dims],
        data: type === "bool" ? Array.from(data as Uint8Array, Boolean) : Array.from(data as ArrayLike<Element>),
      }));
    },
  };
}

function elements(dtype: DType, data: readonly Element[]): unknown {
  const into = allocate(dtype, data.length);
  for (const [i, value] of data.entries())
    (into as unknown as unknown[])[i] = dtype.endsWith("int64")
      ? BigInt(value)
      : dtype === "bool"
        ? Number(value)
        : value;
  return into;
}
