import type { InferenceSession } from "onnxruntime-node";
import { showTensor } from "../../../dsl/shapes/fits.js";
import { ModelError } from "../../../dsl/errors.js";
import { nameInFile } from "../../../dsl/renamed-ports.js";
import type { DType, Port } from "../../../dsl/tensor.js";
import type { ModelConfig } from "../../config/schema.js";
import { allocate } from "../../tensors/dtypes.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { errorSummary } from "../../util/error-message.js";
import type { Feeds } from "./model-runner.js";
import type { ModelSession } from "./onnx-runtime.js";

/**
 * Holds a loaded model to what its config says of it.
 *
 * @throws ModelError SL3024 when a port is missing, or has another dtype, rank or size
 */
export function checkSignature(model: ModelConfig, session: Pick<ModelSession, "inputs" | "outputs">): void {
  for (const port of model.inputs) checkPort(model, "input", port, session.inputs);
  for (const port of model.outputs) checkPort(model, "output", port, session.outputs);
  const unfed = session.inputs.find(
    ({ name }) => !model.inputs.some((port) => nameInFile(model, "inputs", port.name) === name),
  );
  if (unfed !== undefined) throw differs(model, `the file also needs an input '${unfed.name}'`);
}

/** Once to see that it runs, once more to see how fast: the first run of a session is slower. */
const WARM_UPS = 2;

/**
 * Runs a model on zeros, so that one that cannot run is found before it is deployed; on two rows where it takes any number
 * of them, so that an output which does not follow the rows is found too. Where a size is open there is no telling which
 * sizes the model takes, and nothing is run.
 *
 * @throws ModelError SL3025 when the run fails or its outputs are not the config's
 */
export async function warmUp(model: ModelConfig, run: (feeds: Feeds, rows: number) => Promise<unknown>): Promise<void> {
  const feeds: Record<string, TensorData> = {};
  const rows = model.inputs.map((port) => port.shape?.[0]).find((dim) => typeof dim === "number") ?? 2;
  for (const { name, dtype, shape } of model.inputs) {
    const sizes = shape?.slice(1).filter((dim) => typeof dim === "number");
    if (shape === null || sizes?.length !== shape.length - 1) return;
    feeds[name] = {
      dtype,
      dims: [rows, ...sizes],
      data: allocate(
        dtype,
        sizes.reduce((product, dim) => product * dim, rows),
      ),
    };
  }
  try {
    for (let i = 0; i < WARM_UPS; i++) await run(feeds, rows);
  } catch (cause) {
    throw new ModelError(
      "SL3025",
      `model '${model.name}' does not run on zeros of its own signature: ${errorSummary(cause)}`,
      { model: model.name },
      { cause },
    );
  }
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
    `model '${model.name}': ${what}; run 'shapeline generate' again and build the pipeline anew`,
    { model: model.name },
  );
}
