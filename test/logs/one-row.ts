import type { LogLayout } from "../../src/logs/pipeline-log.js";
import type { ResultBatch } from "../../src/tensors/result.js";

export const fraudLayout: LogLayout = {
  pipeline: "fraud",
  version: 1,
  inputs: [{ name: "dense_input", dtype: "float32", shape: ["N", 29] }],
  outputs: [{ name: "dense_1", dtype: "float32", shape: ["N", 1] }],
  challengers: [],
  validations: ["amt"],
};

export const rowMeta = { lastModel: "ccfraud", elapsed: [1000, 2000], metadata: null };

export function oneRow(time: number): ResultBatch {
  return {
    rows: 1,
    time: Float64Array.of(time),
    inputs: new Map([["dense_input", { dtype: "float32", dims: [1, 29], data: new Float32Array(29).fill(0.5) }]]),
    outputs: new Map([["dense_1", { dtype: "float32", dims: [1, 1], data: Float32Array.of(time % 1000) }]]),
    challengers: new Map(),
    failures: new Map([["amt", Uint8Array.of(0)]]),
  };
}

/** Rows that do not compress. */
export function manyRows(rows: number): ResultBatch {
  const values = Float32Array.from({ length: rows * 29 }, (_, i) => Math.sin(i * 1.7));
  return {
    ...oneRow(0),
    rows,
    time: new Float64Array(rows),
    inputs: new Map([["dense_input", { dtype: "float32", dims: [rows, 29], data: values }]]),
    outputs: new Map([["dense_1", { dtype: "float32", dims: [rows, 1], data: new Float32Array(rows) }]]),
    failures: new Map([["amt", new Uint8Array(rows)]]),
  };
}
