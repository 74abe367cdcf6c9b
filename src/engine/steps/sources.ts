import { TargetError } from "../../../dsl/errors.js";
import type { ConstantData } from "../../../dsl/constant.js";
import type { SourceConfig } from "../../config/steps/model.js";
import { constantElements } from "../../util/constant-elements.js";
import type { StepConfig } from "../../config/schema.js";
import { rowSize, type TensorData } from "../../tensors/tensor-data.js";
import { allocate } from "../../tensors/dtypes.js";
import { elementTypes } from "../input/elements.js";
import type { FixedInputs } from "../session/made-up-rows.js";
import type { Execution, Tensors } from "./execution.js";

// Sources of a model's inputs other than current outputs.

/** Finds the column of a source in a request; undefined if a challenger did not produce it. */
export type ReadSource = (execution: Execution) => ReturnType<Tensors["get"]>;

/**
 * Compiles a source, once per deployment.
 *
 * @param isStacked whether the model stacks the rows of the input: then a constant is repeated for each row
 */
export function readSource(source: SourceConfig, isStacked: boolean): ReadSource {
  if ("constant" in source) {
    const row = constantRow(source.constant);
    const column = isStacked ? repeated(row) : () => row;
    return ({ rows }) => column(rows);
  }
  if ("column" in source) return ({ inputs }) => inputs.get(source.column);
  return ({ earlier }) => earlier.get(source.model)?.get(source.output);
}

/** The models whose outputs a later step reads by name. */
export function modelsReadLater(steps: readonly StepConfig[]): ReadonlySet<string> {
  const read = steps.flatMap((step) => (step.kind === "model" ? Object.values(step.sources ?? {}) : []));
  return new Set(read.flatMap((source) => ("model" in source ? [source.model] : [])));
}

/** The constants of a model's inputs, without a row axis: those of the first step that runs the model. */
export function constantInputs(steps: readonly StepConfig[], model: string): FixedInputs {
  const step = steps.find((candidate) => candidate.kind === "model" && candidate.model === model);
  const sources = step?.kind === "model" ? Object.entries(step.sources ?? {}) : [];
  return new Map(
    sources.flatMap(([input, source]) => {
      if (!("constant" in source)) return [];
      const row = constantRow(source.constant);
      return [[input, { ...row, dims: row.dims.slice(1) }] as const];
    }),
  );
}

/** A constant as one row. */
export function constantRow(constant: ConstantData): TensorData {
  const { dtype, shape } = constant;
  const elements = constantElements(constant);
  const data = allocate(dtype, elements.length);
  elementTypes[dtype].putAll(data, elements, 0, elements.length);
  return { dtype, dims: [1, ...shape], data };
}

/** A row repeated for each row of a request. The column of the last row count is kept: most requests have the same. */
function repeated(row: TensorData): (rows: number) => TensorData {
  let last = row;
  const size = rowSize(row.dims);
  return (rows) => {
    if (last.dims[0] === rows) return last;
    const data = allocate(row.dtype, rows * size);
    if (ArrayBuffer.isView(data)) {
      const into = data as Uint8Array;
      for (let at = 0; at < into.length; at += size) into.set(row.data as Uint8Array, at);
    } else {
      const into = data as string[];
      for (let at = 0; at < into.length; at++) into[at] = (row.data as readonly string[])[at % size] ?? "";
    }
    return (last = { dtype: row.dtype, dims: [rows, ...row.dims.slice(1)], data });
  };
}

/** Keeps a model's outputs for the later steps that read them. */
export function keepOutputs(execution: Execution, model: string, outputs: Tensors): void {
  execution.earlier = new Map(execution.earlier).set(model, outputs);
}

/** The error for a source that a challenger did not produce. */
export function missingSource(execution: Execution, index: number, model: string, source: SourceConfig): TargetError {
  const challenger = "model" in source ? source.model : "";
  const why = execution.notes.get(challenger);
  return new TargetError(
    "SL6002",
    `step ${index} (model '${model}') reads an output of challenger '${challenger}', which has no answer${why === undefined ? "" : `: ${why}`}`,
    { step: index, model, challenger },
  );
}
