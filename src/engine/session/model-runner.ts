import { showTensor } from "../../../dsl/shapes/fits.js";
import { InputError, ModelError, TargetError } from "../../../dsl/errors.js";
import { nameInFile } from "../../../dsl/renamed-ports.js";
import type { Port } from "../../../dsl/tensor.js";
import type { ModelConfig } from "../../config/schema.js";
import { allocate } from "../../tensors/dtypes.js";
import { rowSize, type TensorData, type TensorElements } from "../../tensors/tensor-data.js";
import type { RequestDeadline } from "../request-deadline.js";

export type Feeds = Readonly<Record<string, TensorData>>;

/** Uses a model's outputs. A callback, because a second promise would cost time in every run. */
export type UseOutputs<T> = (outputs: TensorData[]) => T | Promise<T>;

/**
 * Runs a model: one tensor for each output of its config. `limit` bounds the time; its type depends on where the model
 * runs.
 */
export type Run<L> = <T>(feeds: Feeds, rows: number, limit: L, use: UseOutputs<T>) => Promise<T>;

export type RunModel = Run<RequestDeadline>;

/** Runs a challenger; the limit is the latest start, by `Date.now()`. */
export type RunChallenger = Run<number>;

/** Runs one batch of a size that the model accepts. */
export type RunBatch<L> = <T>(feeds: Feeds, fetches: readonly string[], limit: L, use: UseOutputs<T>) => Promise<T>;

/**
 * Creates a model's runner. A model of fixed batch size runs larger batches in parts. Every output is checked against
 * the model's signature.
 *
 * @throws ModelError SL3026 if an input has no batch dimension
 */
export function modelRunner<L>(model: ModelConfig, runBatch: RunBatch<L>): Run<L> {
  const ports = model.outputs;
  const fetches = ports.map((port) => nameInFile(model, "outputs", port.name));
  const runFile = withFileNames(model, runBatch);
  const fixed = fixedBatch(model);
  const check = (outputs: TensorData[], rows: number): void => {
    for (let i = 0; i < ports.length; i++) {
      const port = ports[i];
      const output = outputs[i];
      if (port !== undefined && (output === undefined || !fits(port, output, rows)))
        throw mismatch(model, port, output, rows);
    }
  };
  return (feeds, rows, limit, use) => {
    const checked: typeof use = (outputs) => {
      check(outputs, rows);
      return use(outputs);
    };
    if (fixed === null || fixed === rows) return runFile(feeds, fetches, limit, checked);
    return runInParts(model, (part) => runFile(part, fetches, limit, (outputs) => outputs), feeds, rows, fixed).then(
      checked,
    );
  };
}

/** Renames the inputs to the file's names. */
function withFileNames<L>(model: ModelConfig, runBatch: RunBatch<L>): RunBatch<L> {
  if (model.renamed?.inputs === undefined) return runBatch;
  const names = model.inputs.map(({ name }) => [name, nameInFile(model, "inputs", name)] as const);
  return (feeds, fetches, limit, use) => {
    const renamed: Record<string, TensorData> = {};
    for (const [name, file] of names) {
      const tensor = feeds[name];
      if (tensor !== undefined) renamed[file] = tensor;
    }
    return runBatch(renamed, fetches, limit, use);
  };
}

/** The batch size that a model's inputs require; null if any is accepted. */
function fixedBatch(model: ModelConfig): number | null {
  let fixed: number | null = null;
  for (const { name, dtype, shape } of model.inputs) {
    if (shape === null) continue;
    const [batch] = shape;
    if (batch === undefined || batch === 0) {
      throw new ModelError(
        "SL3026",
        `model '${model.name}' input '${name}' is ${showTensor({ dtype, shape })}, which has no dimension for the rows; export it with a batch dimension first`,
        { model: model.name, input: name },
      );
    }
    if (typeof batch === "number") fixed = batch;
  }
  return fixed;
}

async function runInParts(
  model: ModelConfig,
  run: (part: Feeds) => Promise<TensorData[]>,
  feeds: Feeds,
  rows: number,
  size: number,
): Promise<TensorData[]> {
  if (rows % size !== 0) {
    throw new InputError(
      "SL5016",
      `model '${model.name}' runs batches of exactly ${size} rows, and ${rows} ${rows === 1 ? "row" : "rows"} cannot be split into such batches`,
      { model: model.name, rows, size },
    );
  }
  const parts: TensorData[][] = [];
  for (let from = 0; from < rows; from += size) {
    const part: Record<string, TensorData> = {};
    for (const [name, tensor] of Object.entries(feeds)) part[name] = slice(tensor, from, size);
    parts.push(await run(part));
  }
  return model.outputs.map((_, i) => concatenate(parts.flatMap((part) => part[i] ?? [])));
}

function slice({ dtype, dims, data }: TensorData, from: number, rows: number): TensorData {
  const size = rowSize(dims);
  return { dtype, dims: [rows, ...dims.slice(1)], data: data.slice(from * size, (from + rows) * size) };
}

function concatenate(parts: readonly TensorData[]): TensorData {
  const [first] = parts;
  if (first === undefined) return { dtype: "float32", dims: [0], data: new Float32Array(0) };
  const rows = parts.reduce((sum, part) => sum + (part.dims[0] ?? 0), 0);
  const total = parts.reduce((sum, part) => sum + part.data.length, 0);
  const data = allocate(first.dtype, total);
  let at = 0;
  for (const part of parts) {
    copyInto(data, part.data, at);
    at += part.data.length;
  }
  return { dtype: first.dtype, dims: [rows, ...first.dims.slice(1)], data };
}

function copyInto(target: TensorElements, source: TensorElements, at: number): void {
  if (Array.isArray(target)) for (let i = 0; i < source.length; i++) target[at + i] = source[i];
  else (target as Float64Array).set(source as Float64Array, at);
}

function fits(port: Port, { dtype, dims, data }: TensorData, rows: number): boolean {
  if (dtype !== port.dtype || dims[0] !== rows) return false;
  if (data.length !== rows * rowSize(dims)) return false;
  if (port.shape === null) return true;
  if (dims.length !== port.shape.length) return false;
  for (let axis = 1; axis < dims.length; axis++) {
    const dim = port.shape[axis];
    if (typeof dim === "number" && dim !== dims[axis]) return false;
  }
  return true;
}

function mismatch(model: ModelConfig, port: Port, output: TensorData | undefined, rows: number): TargetError {
  const expected = showTensor({
    dtype: port.dtype,
    shape: port.shape === null ? null : [rows, ...port.shape.slice(1)],
  });
  const got = output === undefined ? "nothing" : showTensor({ dtype: output.dtype, shape: output.dims });
  const why = output !== undefined && output.dims[0] !== rows ? "; its first dimension is not the number of rows" : "";
  return new TargetError(
    "SL6003",
    `model '${model.name}' output '${port.name}' should be ${expected} for ${rows} ${rows === 1 ? "row" : "rows"} but is ${got}${why}`,
    {
      model: model.name,
      output: port.name,
    },
  );
}
