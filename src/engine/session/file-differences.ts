import type { Port } from "../../../dsl/tensor.js";
import { portDifferences, tensorsByName } from "../../config/port-differences.js";
import type { ModelConfig } from "../../config/schema.js";
import { modelPorts, type FilePort } from "../../util/onnx/model-ports.js";

/**
 * Lists how a model's file differs from its config, in the words of `shapeline generate --check`. Empty if only weights
 * differ, or if the file is damaged. The runtime does not open the file, because its digest is not the config's.
 */
export function fileDifferences(model: ModelConfig, bytes: Uint8Array, path: string): readonly string[] {
  let ports: ReturnType<typeof modelPorts>;
  try {
    ports = modelPorts(bytes, path);
  } catch {
    // Deploying the file reports what is wrong with it; here it is only the wrong file.
    return [];
  }
  const side = (name: "input" | "output", config: readonly Port[], file: readonly FilePort[]) =>
    portDifferences(
      model.name,
      name,
      tensorsByName(config),
      tensorsByName(
        file.map((port) => asConfigPort(port, config, nameInConfig(model, name, port.name), model.batchSize)),
      ),
    );
  return [...side("input", model.inputs, ports.inputs), ...side("output", model.outputs, ports.outputs)];
}

/** A port of the file with the config's names for its open dimensions, which the config may choose. */
function asConfigPort(
  port: FilePort,
  config: readonly Port[],
  name: string,
  batchSize: number | undefined,
): { name: string; dtype: string; shape: Port["shape"] } {
  if (port.dtype === null) return { name, dtype: "no tensor", shape: null };
  const shape = config.find((own) => own.name === name)?.shape ?? [];
  const open = (axis: number) =>
    typeof shape[axis] === "number" || shape[axis] === undefined ? (axis === 0 ? "batch" : null) : shape[axis];
  const isRowAxis = (axis: number, dim: number) => shape[axis] === "batch" && dim === batchSize;
  return {
    name,
    dtype: port.dtype,
    shape: port.shape.map((dim, axis) => (typeof dim === "number" && !isRowAxis(axis, dim) ? dim : open(axis))),
  };
}

/** The config's name for a port of the file. If the config uses the file's name for another port, the name says so. */
function nameInConfig(model: ModelConfig, side: "input" | "output", file: string): string {
  const names = Object.entries(model.renamed?.[`${side}s`] ?? {});
  const [here] = names.find(([, own]) => own === file) ?? [];
  return here ?? (names.some(([name]) => name === file) ? `${file} (in the file)` : file);
}
