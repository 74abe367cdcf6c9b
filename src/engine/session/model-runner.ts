import { showTensor } from "../../../dsl/shapes/fits.js";
import { InputError, ModelError, TargetError } from "../../../dsl/errors.js";
import { nameInFile } from "../../../dsl/renamed-ports.js";
import type { Port } from "../../../dsl/tensor.js";
import type { ModelConfig } from "../../config/schema.js";
import { allocate } from "../../tensors/dtypes.js";
import { rowSize, type TensorData, type TensorElements } from "../../tensors/tensor-data.js";
import type { RequestDeadline } from "../request-deadline.js";

export type Feeds = Readonly<Record<string, TensorData>>;

/** What is made of a model's outputs: handed in with a run, it costs no promise of its own. */
export type UseOutputs<T> = (outputs: TensorData[]) => T | Promise<T>;

/** A model ready to run: rows in, one tensor for each output of its config. `when` is whatever says how long that may take. */
export type Run<W> = <T>(feeds: Feeds, rows: number, when: W, use: UseOutputs<T>) => Promise<T>;

export type RunModel = Run<RequestDeadline>;

/** The same of a challenger, which knows until when (by `Date.now()`) it may begin. */
export type RunChallenger = Run<number>;

/** Runs one batch of a size that the model takes. */
export type RunBatch<W> = <T>(feeds: Feeds, fetches: readonly string[], when: W, use: UseOutputs<T>) => Promise<T>;

/**
 * Makes a model of fixed batch size run any batch, in parts, and holds each output to the model's signature.
 *
 * @throws ModelError SL3026 when an input has no batch dimension
 */
export function modelRunner<W>(model: ModelConfig, runBatch: RunBatch<W>): Run<W> {
  const ports = model.outputs;
  const fetches = ports.map((port) => nameInFile(model, "outputs", port.name));
  const runFile = feedingFile(model, runBatch);
  const fixed = fixedBatch(model);
  const check = (outputs: TensorData[], rows: number): void => {
    for (let i = 0; i < ports.length; i++) {
      const port = ports[i];
      const output = outputs[i];
      if (port !== undefined && (output === undefined || !fits(port, output, rows)))
        throw unlike(model, port, output, rows);
    }
  };
  return (feeds, rows, when, use) => {
    const checked: typeof use = (outputs) => {
      check(outputs, rows);
      return use(outputs);
    };
    if (fixed === null || fixed === rows) return runFile(feeds, fetches, when, checked);
    return inParts(model, (part) => runFile(part, fetches, when, (outputs) => outputs), feeds, rows, fixed).then(
      checked,
    );
  };
}

/** The file's inputs have the file's names. */
function feedingFile<W>(model: ModelConfig, runBatch: RunBatch<W>): RunBatch<W> {
  if (model.renamed?.inputs === undefined) return runBatch;
  const names = model.inputs.map(({ name }) => [name, nameInFile(model, "inputs", name)] as const);
  return (feeds, fetches, when, use) => {
    const given: Record<string, TensorData> = {};
    for (const [name, file] of names) {
      const tensor = feeds[name];
      if (tensor !== undefined) given[file] = tensor;
    }
    return runBatch(given, fetches, when, use);
  };
}

/** The batch size that a model's inputs demand, null where any will do. */
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

async function inParts(
  model: ModelConfig,
  run: (part: Feeds) => Promise<TensorData[]>,
  feeds: Feeds,
  rows: number,
  size: number,
): Promise<TensorData[]> {
  if (rows % size !== 0) {
    throw new InputError(
      "SL5016",
      `model '${model.name}' runs batches of exactly ${size} rows, and ${rows} ${rows === 1 ? "row is" : "rows are"} no whole number of them`,
      { model: model.name, rows, size },
    );
  }
  const parts: TensorData[][] = [];
  for (let from = 0; from < rows; from += size) {
    const part: Record<string, TensorData> = {};
    for (const [name, tensor] of Object.entries(feeds)) part[name] = slice(tensor, from, size);
    parts.push(await run(part));
  }
  return model.outputs.map((_, i) => joined(parts.flatMap((part) => part[i] ?? [])));
}

function slice({ dtype, dims, data }: TensorData, from: number, rows: number): TensorData {
  const size = rowSize(dims);
  return { dtype, dims: [rows, ...dims.slice(1)], data: data.slice(from * size, (from + rows) * size) };
}

function joined(parts: readonly TensorData[]): TensorData {
  const [first] = parts;
  if (first === undefined) return { dtype: "float32", dims: [0], data: new Float32Array(0) };
  const rows = parts.reduce((sum, part) => sum + (part.dims[0] ?? 0), 0);
  const total = parts.reduce((sum, part) => sum + part.data.length, 0);
  const data = allocate(first.dtype, total);
  let at = 0;
  for (const part of parts) {
    put(data, part.data, at);
    at += part.data.length;
  }
  return { dtype: first.dtype, dims: [rows, ...first.dims.slice(1)], data };
}

function put(target: TensorElements, source: TensorElements, at: number): void {
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

function unlike(model: ModelConfig, port: Port, output: TensorData | undefined, rows: number): TargetError {
  const expected = showTensor({
    dtype: port.dtype,
    shape: port.shape === null ? null : [rows, ...port.shape.slice(1)],
  });
  const got = output === undefined ? "nothing" : showTensor({ dtype: output.dtype, shape: output.dims });
  const why = output !== undefined && output.dims[0] !== rows ? "; its first dimension is not the rows'" : "";
  return new TargetError(
    "SL6003",
    `model '${model.name}' output '${port.name}' should be ${expected} for ${rows} ${rows === 1 ? "row" : "rows"} but is ${got}${why}`,
    {
      model: model.name,
      output: port.name,
    },
  );
}
