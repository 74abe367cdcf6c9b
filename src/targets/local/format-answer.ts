import type { Table } from "apache-arrow";
import type { Inference } from "../../engine/engine.js";
import { allColumns, type ColumnSelection } from "../../tensors/column-selection.js";
import type { ResultBatch, RowsMetadata } from "../../tensors/result.js";
import { toColumns, toRecords } from "../../tensors/format-result.js";
import { recordTypes, type ResultTypes } from "../../tensors/record-types.js";
import type { RowsTensor } from "../../tensors/tensor-data.js";

const copyTensors = (tensors: ReadonlyMap<string, RowsTensor>) =>
  new Map(Array.from(tensors, ([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));

const shapes: {
  readonly [F in Inference["form"]]: (batch: ResultBatch & Partial<RowsMetadata>, choice: ColumnSelection) => unknown;
} = { records: toRecords, columns: toColumns, table: answerTable };

/** Loads apache-arrow for the first table: it takes longer to load than the rest of the engine. */
async function answerTable(batch: ResultBatch & Partial<RowsMetadata>, choice: ColumnSelection): Promise<Table> {
  const { toTable } = await import("../../tensors/arrow/to-table.js");
  return toTable(batch, choice);
}

/** Formats an answer like its input (records, columns or the promise of a table), with the selected columns. */
export function formatAnswer(inference: Inference, choice: ColumnSelection, version: number): unknown {
  return shapes[inference.form](answerBatch(inference, choice, version), choice);
}

/** As `formatAnswer`, with the types of the columns. */
export async function formatWithTypes(
  inference: Inference,
  choice: ColumnSelection,
  version: number,
): Promise<TypedAnswer> {
  const batch = answerBatch(inference, choice, version);
  const answer: unknown = await shapes[inference.form](batch, choice);
  return { form: inference.form, answer, types: recordTypes(batch, choice), version: String(version) };
}

/** An answer, for servers: JSON does not say which type a value has. */
export interface TypedAnswer {
  readonly form: Inference["form"];
  readonly answer: unknown;
  readonly types: ResultTypes;
  readonly version: string;
}

/** The batch of an answer, with the metadata columns unless all is selected. */
export function answerBatch(
  inference: Inference,
  choice: ColumnSelection,
  version: number,
): ResultBatch & Partial<RowsMetadata> {
  const batch = copyIfShared(inference, choice);
  return choice === allColumns ? batch : withMetadata(batch, inference, version);
}

/** Copies the tensors of a table or of typed values if challengers may still read them: the caller owns its answer. */
function copyIfShared({ form, batch, deferred }: Inference, { typed = false }: ColumnSelection): ResultBatch {
  return (form === "table" || typed) && deferred.length > 0
    ? { ...batch, inputs: copyTensors(batch.inputs), outputs: copyTensors(batch.outputs) }
    : batch;
}

/** Adds the metadata columns that the log will hold for these rows. */
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
