import type { InferenceSession } from "onnxruntime-node";
import { showTensor } from "../../../dsl/shapes/fits.js";
import { ModelError } from "../../../dsl/errors.js";
import { nameInFile } from "../../../dsl/renamed-ports.js";
import type { DType, Port } from "../../../dsl/tensor.js";
import type { ModelConfig } from "../../config/schema.js";
import type { ModelSession } from "./onnx-runtime.js";

/**
 * Checks a loaded model against its config. The file may have more outputs, and optional inputs that the config leaves
 * out. The shapes of outputs are checked on what the model really answers: the config may correct what the file
 * declares.
 *
 * @throws ModelError SL3024 if a port is missing, has another dtype, or if an input has another rank or size
 */
export function checkSignature(model: ModelConfig, session: Pick<ModelSession, "inputs" | "outputs">): void {
  for (const port of model.inputs) checkPort(model, "input", port, session.inputs);
  for (const port of model.outputs) checkPort(model, "output", port, session.outputs);
  const unfed = session.inputs.find(
    ({ name, isTensor }) =>
      isTensor &&
      !Object.hasOwn(model.constants ?? {}, name) &&
      !model.inputs.some((port) => nameInFile(model, "inputs", port.name) === name),
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
  // The runtime reports no type for an optional input, and takes a tensor for it.
  if (role === "input" && !there.isTensor) return;
  const agrees = there.isTensor && there.type === port.dtype && (role === "output" || takes(there.shape, port, model));
  if (agrees) return;
  const text = !there.isTensor
    ? "no tensor"
    : showTensor({ dtype: there.type as DType, shape: there.shape.map((dim) => (dim === "" ? null : dim)) });
  throw differs(model, `its ${role} ${called} is ${text} in the file and ${configText(model, port)} in the config`);
}

/** Whether a file's input takes what the config feeds to it. */
function takes(file: readonly (number | string)[], { shape }: Port, { batchSize }: ModelConfig): boolean {
  if (shape === null) return true;
  if (file.length !== shape.length) return false;
  return file.every((dim, axis) => {
    const own = shape[axis];
    if (typeof dim !== "number") return true;
    return own === "batch" ? dim === batchSize : typeof own !== "number" || dim === own;
  });
}

/** `float32[batch, 3] in runs of 4 rows`. */
function configText({ batchSize }: ModelConfig, port: Port): string {
  if (batchSize === undefined || port.shape?.includes("batch") !== true) return showTensor(port);
  return `${showTensor(port)} in runs of ${batchSize} ${batchSize === 1 ? "row" : "rows"}`;
}

function differs(model: ModelConfig, what: string): ModelError {
  return new ModelError(
    "SL3024",
    `model '${model.name}': ${what}; run 'shapeline generate' and build the pipeline again`,
    { model: model.name },
  );
}
