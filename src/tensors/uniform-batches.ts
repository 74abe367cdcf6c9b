import type { ResultBatch } from "./result.js";
import { sliceColumns, uniformRanges } from "./row-ranges.js";
import type { RowsTensor } from "./tensor-data.js";

/** A batch of inferred rows whose columns may be ragged. */
export type RowsBatch = ResultBatch<RowsTensor>;

/**
 * Splits a batch into batches in which every column has one shape, in order. Formats and the log take those. A batch
 * without a ragged column is returned as it is.
 */
export function uniformBatches(batch: RowsBatch): readonly ResultBatch[] {
  const ranges = batch.rows === 1 ? null : uniformRanges(columnsOf(batch), batch.rows);
  if (ranges === null) return [batch as ResultBatch];
  return ranges.map(([from, to]) => ({
    rows: to - from,
    time: batch.time.subarray(from, to),
    inputs: sliceColumns(batch.inputs, from, to),
    outputs: sliceColumns(batch.outputs, from, to),
    challengers: new Map(
      Array.from(batch.challengers, ([name, { outputs, answered }]) => [
        name,
        { outputs: sliceColumns(outputs, from, to), answered: answered.subarray(from, to) },
      ]),
    ),
    failures: new Map(Array.from(batch.failures, ([name, failed]) => [name, failed.subarray(from, to)])),
  }));
}

function* columnsOf({ inputs, outputs, challengers }: RowsBatch): Generator<RowsTensor> {
  yield* inputs.values();
  yield* outputs.values();
  for (const challenger of challengers.values()) yield* challenger.outputs.values();
}
