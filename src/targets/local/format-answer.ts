import type { Inference } from "../../engine/engine.js";
import { noChoice, type Choice } from "../../tensors/column-selection.js";
import type { ResultBatch, RowsMetadata } from "../../tensors/result.js";
import { asColumns, asRecords, asTable } from "../../tensors/format-result.js";
import type { TensorData } from "../../tensors/tensor-data.js";

const copyTensors = (tensors: ReadonlyMap<string, TensorData>) =>
  new Map(Array.from(tensors, ([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));

const shapes: {
  readonly [F in Inference["form"]]: (batch: ResultBatch & Partial<RowsMetadata>, choice: Choice) => unknown;
} = { records: asRecords, columns: asColumns, table: asTable };

/** An inference in the form of its input, with the columns that were chosen. */
export function formatAnswer(inference: Inference, choice: Choice, version: number): unknown {
  const batch = copyIfShared(inference);
  return shapes[inference.form](choice === noChoice ? batch : withMetadata(batch, inference, version), choice);
}

/** An answer that is the caller's alone: a table takes the tensors as they are, and challengers may still read these. */
function copyIfShared({ form, batch, deferred }: Inference): ResultBatch {
  return form === "table" && deferred.length > 0
    ? { ...batch, inputs: copyTensors(batch.inputs), outputs: copyTensors(batch.outputs) }
    : batch;
}

/** An answer with what the log will say of its rows. */
function withMetadata(
  batch: ResultBatch,
  { metadata, lastModel, elapsedNs, notes }: Inference,
  version: number,
): ResultBatch & RowsMetadata {
  const all = <T>(value: T): T[] => new Array<T>(batch.rows).fill(value);
  return {
    ...batch,
    version,
    lastModel: all(lastModel),
    elapsed: all(elapsedNs),
    requests: all(metadata.size === 0 ? null : Object.fromEntries(metadata)),
    notes: new Map(Array.from(notes, ([challenger, note]) => [challenger, all(note)])),
  };
}
