import type { InferenceSession } from "onnxruntime-node";
import { showTensor } from "../../../dsl/shapes/fits.js";
import { ModelError } from "../../../dsl/errors.js";
import { nameInFile } from "../../../dsl/renamed-ports.js";
import type { DType, Port } from "../../../dsl/tensor.js";
import type { ModelConfig } from "../../config/schema.js";
import type { ModelSession } from "./onnx-runtime.js";

/**
 * Checks a loaded model against its config.
 *
 * @throws ModelError SL3024 if a port is missing or has another dtype, rank or size
 */
export function checkSignature(model: ModelConfig, session: Pick<ModelSession, "inputs" | "outputs">): void {
  for (const port of model.inputs) checkPort(model, "input", port, session.inputs);
  for (const port of model.outputs) checkPort(model, "output", port, session.outputs);
  const unfed = session.inputs.find(
    ({ name }) => !model.inputs.some((port) => nameInFile(model, "inputs", port.name) === name),
  );
  if (unfed !== undefined) throw differs(model, `the file also needs an input '${unfed.name}'`);
}

function checkPort(
  model: ModelConfig,
  role: "input" | "output",
  port: Port,
  found: readonly InferenceSession.ValueMetadata[],
): void {
  const own = nameInFile(model, role === "input" ? "inputs" : "outputs", port.name);
  const called = own === port.name ? `'${own}'` : `'${own}' (called '${port.name}' here)`;
  const there = found.find(({ name }) => name === own);
  if (there === undefined) {
    throw differs(model, `the file has no ${role} ${called} but ${found.map(({ name }) => `'${name}'`).join(", ")}`);
  }
  const same =
    there.isTensor &&
    there.type === port.dtype &&
    (port.shape === null ||
      (there.shape.length === port.shape.length && there.shape.every((dim, axis) => agrees(dim, port.shape?.[axis]))));
  if (same) return;
  const text = !there.isTensor
    ? "no tensor"
    : showTensor({ dtype: there.type as DType, shape: there.shape.map((dim) => (dim === "" ? null : dim)) });
  throw differs(model, `its ${role} ${called} is ${text} in the file and ${showTensor(port)} in the config`);
}

function agrees(file: number | string, config: number | string | null | undefined): boolean {
  return typeof file !== "number" || typeof config !== "number" || file === config;
}

function differs(model: ModelConfig, what: string): ModelError {
  return new ModelError(
    "SL3024",
    `model '${model.name}': ${what}; run 'shapeline generate' and build the pipeline again`,
    { model: model.name },
  );
}
