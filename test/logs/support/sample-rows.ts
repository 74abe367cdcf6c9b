/**
 * Layouts and rows for tests of the log. This file is also bundled into child processes, so it does not import vitest.
 */
import type { Port } from "../../../dsl/tensor.js";
import type { LogLayout } from "../../../src/logs/pipeline-log.js";
import type { ResultBatch } from "../../../src/tensors/result.js";
import type { TensorData } from "../../../src/tensors/tensor-data.js";

export const noon = Date.UTC(2026, 0, 31, 12);

export const port = (name: string, dtype: Port["dtype"], ...shape: NonNullable<Port["shape"]>): Port => ({
  name,
  dtype,
  shape,
});

/** One input of three numbers, one output, one challenger, one validation. */
export const fraudLayout: LogLayout = {
  pipeline: "fraud",
  version: 1,
  inputs: [port("dense_input", "float32", "N", 3)],
  outputs: [port("dense_1", "float32", "N", 1)],
  challengers: [{ name: "rf", outputs: [port("variable", "float32", "N", 1)] }],
  validations: ["amt"],
};

/** One input of 29 numbers, as of the real fraud model; no challenger. */
export const wideLayout: LogLayout = {
  ...fraudLayout,
  inputs: [port("dense_input", "float32", "N", 29)],
  challengers: [],
};

export const rowMeta = { lastModel: "ccfraud", elapsed: [12_000, 46_000], metadata: null };

export function floats(dims: readonly number[], ...values: number[]): TensorData {
  return { dtype: "float32", dims, data: Float32Array.from(values) };
}

/** Rows of `fraudLayout`, one per score and 1 ms apart, starting at `start`. Scores of 1 and above fail `amt`. */
export function scoredRows(start: number, ...scores: number[]): ResultBatch {
  return {
    rows: scores.length,
    time: Float64Array.from(scores, (_, i) => start + i),
    inputs: new Map([
      ["dense_input", floats([scores.length, 3], ...scores.flatMap((score) => [score, score + 1, score + 2]))],
    ]),
    outputs: new Map([["dense_1", floats([scores.length, 1], ...scores)]]),
    challengers: new Map(),
    failures: new Map([["amt", Uint8Array.from(scores, (score) => (score >= 1 ? 1 : 0))]]),
  };
}

/** The scores of batches, in the order read. */
export function scoresOf(batches: readonly ResultBatch[]): number[] {
  return batches.flatMap((batch) => Array.from((batch.outputs.get("dense_1")?.data ?? []) as Float32Array));
}

/** One row of `wideLayout`. */
export function wideRow(time: number): ResultBatch {
  return {
    rows: 1,
    time: Float64Array.of(time),
    inputs: new Map([["dense_input", { dtype: "float32", dims: [1, 29], data: new Float32Array(29).fill(0.5) }]]),
    outputs: new Map([["dense_1", floats([1, 1], time % 1000)]]),
    challengers: new Map(),
    failures: new Map([["amt", Uint8Array.of(0)]]),
  };
}

/** Rows of `wideLayout` that do not compress, all with the time 0. */
export function wideRows(rows: number): ResultBatch {
  const values = Float32Array.from({ length: rows * 29 }, (_, i) => Math.sin(i * 1.7));
  return {
    ...wideRow(0),
    rows,
    time: new Float64Array(rows),
    inputs: new Map([["dense_input", { dtype: "float32", dims: [rows, 29], data: values }]]),
    outputs: new Map([["dense_1", { dtype: "float32", dims: [rows, 1], data: new Float32Array(rows) }]]),
    failures: new Map([["amt", new Uint8Array(rows)]]),
  };
}
