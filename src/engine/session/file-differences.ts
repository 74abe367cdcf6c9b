import type { InferenceSession } from "onnxruntime-node";
import type { Port } from "../../../dsl/tensor.js";
import { portDifferences, tensorsByName } from "../../config/port-differences.js";
import type { ModelConfig } from "../../config/schema.js";
import { openSession, type ModelSession } from "./onnx-runtime.js";

/**
 * What a model's file has otherwise than its config, in the words of `shapeline generate --check`. Empty where only weights differ,
 * and where the file does not load.
 */
export async function fileDifferences(
  model: ModelConfig,
  sha256: string,
  bytes: Uint8Array,
  path: string,
): Promise<readonly string[]> {
  let session: ModelSession;
  try {
    session = await openSession(model.name, sha256, bytes, path);
  } catch {
    // Why it does not load is said where it is deployed; here it is only the wrong file.
    return [];
  }
  const side = (name: "input" | "output", config: readonly Port[], file: readonly InferenceSession.ValueMetadata[]) =>
    portDifferences(
      model.name,
      name,
      tensorsByName(config),
      tensorsByName(file.map((port) => asConfigPort(port, config, nameInConfig(model, name, port.name)))),
    );
  const differences = [
    ...side("input", model.inputs, session.inputs),
    ...side("output", model.outputs, session.outputs),
  ];
  await session.release();
  return differences;
}

/** Names of dimensions are the config's to choose: an open one is called as there. */
function asConfigPort(
  port: InferenceSession.ValueMetadata,
  config: readonly Port[],
  called: string,
): { name: string; dtype: string; shape: Port["shape"] } {
  if (!port.isTensor) return { name: called, dtype: "no tensor", shape: null };
  const shape = config.find(({ name }) => name === called)?.shape ?? [];
  const open = (axis: number) =>
    typeof shape[axis] === "number" || shape[axis] === undefined ? (axis === 0 ? "batch" : null) : shape[axis];
  return {
    name: called,
    dtype: port.type,
    shape: port.shape.map((dim, axis) => (typeof dim === "number" ? dim : open(axis))),
  };
}

/** What the config calls a port of the file; one that now has a name which the config gave to another is told apart from it. */
function nameInConfig(model: ModelConfig, side: "input" | "output", file: string): string {
  const names = Object.entries(model.renamed?.[`${side}s`] ?? {});
  const [here] = names.find(([, own]) => own === file) ?? [];
  return here ?? (names.some(([name]) => name === file) ? `${file} (in the file)` : file);
}
